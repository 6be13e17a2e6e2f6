"""Runs of one architecture together: stacked by vmap, or as grouped convolutions, against one run after the other.

Encoder and decoder of K runs, forward and backward, batches of 64 images, fp32: images per second of CPU time, one
thread. The ways take turns; the figure is the best of the rounds. `benchmarks/gpu.py` measures packs on a GPU.
"""

import time

from benchmarks.table import Row

SIZES = (1, 2, 4, 8)
ARCHITECTURES = ("conv64", "mlp1200")
BATCH, LATENTS, SHAPE = 64, 10, (64, 64, 1)
ROUNDS = 3


def modules(architecture: str, count: int):
    """Return the encoders and the decoders of ``count`` runs."""
    from training.registry import ARCHITECTURES as PLUGINS

    pairs = [PLUGINS.load(architecture).build(SHAPE, LATENTS) for _ in range(count)]
    return tuple(list(half) for half in zip(*pairs, strict=True))


def one_by_one(halves):
    """Return a function that applies every module to its entry of (runs, batch, ...)."""
    import torch

    def apply(half, given):
        outputs = [module(each) for module, each in zip(halves[half], given, strict=True)]
        return torch.stack([output[0] if isinstance(output, tuple) else output for output in outputs])

    return apply


def stacked(halves):
    """Return the same by `training.runs.stack`."""
    from training.runs.stack import StackedModule

    stacks = [StackedModule(half) for half in halves]

    def apply(half, given):
        output = stacks[half](given)
        return output[0] if isinstance(output, tuple) else output

    return apply


def grouped(halves):
    """Return the same with one grouped convolution or batched product a layer; runs lie side by side as channels."""
    import torch
    from torch import nn
    from torch.nn import functional

    runs = len(halves[0])
    layers = [[(each[0], *_weights(each)) for each in zip(*half, strict=True)] for half in halves]

    def apply(half, given):
        value = given
        for layer, weight, bias in layers[half]:
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                across = value.transpose(0, 1).flatten(1, 2)
                convolve = functional.conv2d if isinstance(layer, nn.Conv2d) else functional.conv_transpose2d
                out = convolve(across, weight.flatten(0, 1), bias.flatten(), 2, 1, groups=runs)
                value = out.unflatten(1, (runs, -1)).transpose(0, 1)
            elif isinstance(layer, nn.Linear):
                value = torch.baddbmm(bias.unsqueeze(1), value, weight.transpose(1, 2))
            elif isinstance(layer, nn.ReLU):
                value = value.relu()
            elif isinstance(layer, nn.Flatten):
                value = value.flatten(2)
            elif isinstance(layer, nn.Unflatten):
                value = value.unflatten(2, layer.unflattened_size)
            else:
                value = value.chunk(2, dim=2)[0]
        return value

    return apply


def _weights(layers):
    import torch

    if not hasattr(layers[0], "weight"):
        return None, None
    stacked_weights = (torch.stack([getattr(each, name).detach() for each in layers]) for name in ("weight", "bias"))
    return tuple(each.requires_grad_() for each in stacked_weights)


def seconds(apply, runs: int) -> float:
    """Return the seconds of one forward and backward pass of all runs."""
    import torch

    images = (torch.rand(runs, BATCH, 1, 64, 64) > 0.9).float()
    points = torch.randn(runs, BATCH, LATENTS)
    begun = time.process_time()
    total = apply(0, images).square().sum() + apply(1, points).square().sum()
    total.backward()
    return time.process_time() - begun


def run() -> list[Row]:
    from training.runs.process import configure_process

    configure_process()
    import torch

    torch.set_num_threads(1)
    ways = {"one after the other": one_by_one, "vmap": stacked, "grouped": grouped}
    rows = []
    for architecture in ARCHITECTURES:
        for count in SIZES:
            best: dict[str, float] = {}
            applied = {name: way(modules(architecture, count)) for name, way in ways.items()}
            for _ in range(1 + ROUNDS):
                for name, apply in applied.items():
                    best[name] = min(best.get(name, float("inf")), seconds(apply, count))
            rate = {name: count * BATCH / each for name, each in best.items()}
            for name in ways:
                ratio = rate[name] / rate["one after the other"]
                what = f"{architecture}, {count} runs, {name}"
                rows.append(Row(what, rate[name], "images/s", "one after the other", ratio))
    return rows
