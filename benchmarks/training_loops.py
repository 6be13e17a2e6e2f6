"""Loops that `benchmarks/training.py` compares, one per process: `python -m benchmarks.training_loops NAME`."""

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

BATCH, LATENTS, SHAPE = 64, 10, (64, 64, 1)
STEPS, WARM_UP = 40, 5


def rate(step: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    """Return the images per second of ``clock``, by default of CPU time, of ``step``, which processes one batch."""
    for _ in range(WARM_UP):
        step()
    begun = clock()
    for _ in range(STEPS):
        step()
    return STEPS * BATCH / (clock() - begun)


def clock_of(device) -> Callable[[], float]:
    """Return the clock that times work on ``device``: CPU time, or on a GPU wall time."""
    return time.perf_counter if str(device) != "cpu" else time.process_time


def make_trainer(folder: str, **values):
    """Return the trainer as `axiscope train` makes it."""
    from training.runs.process import configure_process

    configure_process()
    from training.data.local import open_dataset
    from training.runs.run_config import resolve
    from training.runs.trainer import Trainer

    config = resolve({"dataset": "dsprites", "objective": "vae", "latents": LATENTS, **values})
    return Trainer(config, Path(folder), open_dataset(config.dataset, config.dataset_settings, Path(folder)))


def some_images():
    """Return images for the other loops: float32 (n, 1, 64, 64) in [0, 1]."""
    import numpy as np

    from training.runs.batches import to_tensor

    with tempfile.TemporaryDirectory() as folder:
        from training.data.local import open_dataset

        dataset = open_dataset("dsprites", {}, Path(folder))
        indices = np.random.default_rng(0).choice(len(dataset), (STEPS + WARM_UP) * BATCH, replace=False)
        return to_tensor(dataset.images(indices), "cpu").contiguous()


def axiscope(**values) -> dict[str, float]:
    """Measure the step of the trainer, logging included, and the share of loading in it."""
    from training.runs.batches import to_tensor

    with tempfile.TemporaryDirectory() as folder:
        trainer = make_trainer(folder, **values)
        trainer.dataset.images(trainer.batches.indices(0))

        def step() -> None:
            trainer.train_step()
            if trainer.step % trainer.config.log_every == 0:
                trainer.read_losses()

        speed = rate(step)
        begun = time.process_time()
        for number in range(STEPS):
            to_tensor(trainer.dataset.images(trainer.batches.indices(number)), trainer.device)
        loading = (time.process_time() - begun) / STEPS
    return {"rate": speed, "loading": loading * speed / BATCH}


def pythae(device="cpu") -> dict[str, float]:
    """Measure one epoch of pythae's trainer, without saving of models."""
    import contextlib
    import logging

    import torch
    from pythae.data.datasets import BaseDataset
    from pythae.models import VAE, VAEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder
    from pythae.trainers import BaseTrainer, BaseTrainerConfig

    from training.architectures.conv64 import build

    logging.disable(logging.INFO)
    down, up = build(SHAPE, LATENTS)

    class Encoder(BaseEncoder):
        def __init__(self) -> None:
            super().__init__()
            self.net = down

        def forward(self, x):
            mean, logvar = self.net(x)
            return ModelOutput(embedding=mean, log_covariance=logvar)

    class Decoder(BaseDecoder):
        def __init__(self) -> None:
            super().__init__()
            self.net = up

        def forward(self, z):
            return ModelOutput(reconstruction=torch.sigmoid(self.net(z)))

    images = some_images()
    settings = VAEConfig(input_dim=(1, 64, 64), latent_dim=LATENTS, reconstruction_loss="bce")
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(sys.stderr):
        config = BaseTrainerConfig(output_dir=folder, per_device_train_batch_size=BATCH, no_cuda=str(device) == "cpu")
        model = VAE(settings, encoder=Encoder(), decoder=Decoder())
        labels = torch.zeros(len(images))
        trainer = BaseTrainer(model, BaseDataset(images, labels), training_config=config)
        trainer.prepare_training()
        trainer.train_step(1)
        clock = clock_of(device)
        begun = clock()
        trainer.train_step(2)
        return {"rate": len(images) / (clock() - begun)}


def plain(architecture: str = "conv64", device="cpu") -> dict[str, float]:
    """Measure the loop of the tutorials: DataLoader, default Adam."""
    import torch
    from torch.nn import functional
    from torch.utils.data import DataLoader, TensorDataset

    from training.registry import ARCHITECTURES

    encoder, decoder = (half.to(device) for half in ARCHITECTURES.load(architecture).build(SHAPE, LATENTS))
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=1e-4)
    batches = iter(DataLoader(TensorDataset(some_images()), batch_size=BATCH, shuffle=True))

    def step() -> float:
        images = next(batches)[0].to(device)
        mean, logvar = encoder(images)
        latent = mean + torch.exp(0.5 * logvar) * torch.randn_like(mean)
        logits = decoder(latent)
        error = functional.binary_cross_entropy_with_logits(logits, images, reduction="sum")
        loss = (error - 0.5 * torch.sum(1 + logvar - mean.pow(2) - logvar.exp())) / len(images)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return {"rate": rate(step, clock_of(device))}


def disvae() -> dict[str, float]:
    """Measure a loop with images loaded and converted one by one, loss on probabilities, default Adam."""
    import torch
    from torch.nn import functional
    from torch.utils.data import DataLoader, Dataset

    from training.architectures.conv64 import build

    encoder, decoder = build(SHAPE, LATENTS)
    images = some_images().permute(0, 2, 3, 1).mul(255).to(torch.uint8).numpy()

    class OneByOne(Dataset):
        def __len__(self) -> int:
            return len(images)

        def __getitem__(self, index: int):
            return torch.from_numpy(images[index]).permute(2, 0, 1).float().div(255), 0

    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=5e-4)
    batches = iter(DataLoader(OneByOne(), batch_size=BATCH, shuffle=True))

    def step() -> float:
        data, _ = next(batches)
        mean, logvar = encoder(data)
        latent = mean + torch.exp(0.5 * logvar) * torch.randn_like(mean)
        loss = functional.binary_cross_entropy(torch.sigmoid(decoder(latent)), data, reduction="sum") / len(data)
        kl = 0.5 * (-1 - logvar + mean.pow(2) + logvar.exp()).mean(dim=0)
        loss = loss + kl.sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return {"rate": rate(step)}


def ceiling() -> dict[str, float]:
    """Measure every layer of conv64 alone, forward and backward, in its best memory layout."""
    from training.runs.process import configure_process

    configure_process()
    import torch
    from torch import nn

    from training.architectures.conv64 import build

    seconds = 0.0
    encoder, decoder = build(SHAPE, LATENTS)
    for half, given in ((encoder, torch.rand(BATCH, 1, 64, 64)), (decoder, torch.randn(BATCH, LATENTS))):
        first, value = half is encoder, given
        for layer in half:
            if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
                seconds += min(layer_seconds(layer, value, layout, first) for layout in _layouts(value))
                first = False
            with torch.no_grad():
                value = layer(value)
    return {"rate": BATCH / seconds}


def _layouts(value):
    import torch

    return (torch.contiguous_format, torch.channels_last) if value.dim() == 4 else (torch.contiguous_format,)


def layer_seconds(layer, value, layout, first: bool) -> float:
    """Return the best CPU seconds of a forward and backward pass; the input of the first layer has no gradient."""
    import copy

    layer = copy.deepcopy(layer).to(memory_format=layout)
    given = value.detach().clone().contiguous(memory_format=layout).requires_grad_(not first)
    times = []
    for _ in range(12):
        layer.zero_grad(set_to_none=True)
        given.grad = None
        begun = time.process_time()
        out = layer(given)
        middle = time.process_time()
        gradient = out.detach()
        again = time.process_time()
        out.backward(gradient)
        times.append(middle - begun + time.process_time() - again)
    return min(times)


def memory() -> dict[str, float]:
    """Measure memory growth, MiB, while more than an epoch of dSprites is read, and CPU seconds of the first."""
    import numpy as np

    from training.registry import DATASETS

    plugin = DATASETS.load("dsprites")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory() as folder:
        dataset = plugin.load(plugin.Config(), Path(folder))
        order = np.random.default_rng(0).permutation(len(dataset))
        begun = time.process_time()
        for start in range(0, len(order), 4096):
            dataset.images(order[start : start + 4096])
        seconds = time.process_time() - begun
        dataset.images(order[:4096])  # from the second epoch on the set lies packed in memory
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {"mib": grown / 1024, "seconds": seconds}


LOOP_OF: dict[str, Callable[[], dict[str, float]]] = {
    "axiscope": axiscope,
    "axiscope_mlp1200": lambda: axiscope(architecture="mlp1200"),
    "axiscope_factor_vae": lambda: axiscope(objective="factor_vae"),
    "pythae": pythae,
    "plain": plain,
    "plain_mlp1200": lambda: plain("mlp1200"),
    "disvae": disvae,
    "ceiling": ceiling,
    "memory": memory,
}


if __name__ == "__main__":
    import torch

    torch.set_num_threads(1)
    print(json.dumps(LOOP_OF[sys.argv[1]]()))
