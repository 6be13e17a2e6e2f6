"""Training on an NVIDIA GPU: images per second of K runs, against the networks alone, a plain loop and pythae.

K runs of beta-VAE on dSprites, conv64, batches of 64, TF32, wall time. The step of the trainer is measured whole, with
the choice of images, noise, losses, optimiser and log: launched kernel by kernel, as one batched network in a CUDA
graph, and side by side in a CUDA graph, as packs are trained. "The networks alone" are forward and backward passes of
the same convolutions and linear layers, captured side by side, without anything else. pythae is optional:
`pip install --no-deps pythae imageio tqdm`.
"""

import importlib.util
import sys
import time
from functools import partial
from pathlib import Path

from benchmarks.table import Row
from benchmarks.training_loops import BATCH, LATENTS, plain, pythae

RUNS = (1, 8, 32, 64)
WARM_UP, STEPS, SECONDS = 8, 20, 1.5
STUDY_IMAGES = 10_800 * 300_000 * BATCH
"""Images that the 10,800 runs of Locatello et al. 2019 are trained on."""


def rate(step, images: int) -> float:
    """Return the images per second of ``step``, which processes so many of them on the GPU."""
    import torch

    for _ in range(WARM_UP):
        step()
    torch.cuda.synchronize()
    begun, steps = time.perf_counter(), 0
    while time.perf_counter() - begun < SECONDS:
        for _ in range(STEPS):
            step()
        torch.cuda.synchronize()
        steps += STEPS
    return steps * images / (time.perf_counter() - begun)


def trainers(count: int, dataset):
    """Return the trainers of ``count`` runs that differ by their seeds."""
    from training.runs.run_config import resolve
    from training.runs.trainer import Trainer

    base = {"dataset": "dsprites", "objective": "beta_vae", "batch_size": BATCH, "latents": LATENTS, "device": "cuda"}
    return [Trainer(resolve({**base, "seed": seed}), Path("unused"), dataset) for seed in range(count)]


def ways():
    """Return what computes a step of given trainers, by name."""
    from training.runs.captured_step import CapturedStep, SideBySide
    from training.runs.stack import StackedNetworks
    from training.runs.step import update

    def own(runs):
        return SideBySide([run.networks for run in runs])

    def batched(runs):
        return CapturedStep(partial(update, StackedNetworks(runs)))

    return {
        "side by side, captured": (lambda runs: CapturedStep(own(runs)), RUNS),
        "kernel by kernel": (own, (1, 8)),
        "one batched network, captured": (batched, (8, 32)),
    }


def steps_of(compute, runs) -> float:
    """Return the images per second of steps of ``runs``."""
    from training.runs.step import train_step

    images = runs[0].images

    def step() -> None:
        train_step(runs, images, compute)
        if len(runs[0].losses) >= runs[0].config.log_every:
            for run in runs:
                run.read_losses()

    return rate(step, len(runs) * BATCH)


def networks_alone(runs) -> float:
    """Return the images per second of forward and backward passes of the networks, captured side by side."""
    import torch

    device = runs[0].device
    images = runs[0].images.read([(runs[0].batches, 0)])[0]
    points = torch.randn(BATCH, LATENTS, device=device)
    streams = [torch.cuda.Stream(device) for _ in runs]

    def passes() -> None:
        for run, stream in zip(runs, streams, strict=True):
            stream.wait_stream(torch.cuda.current_stream(device))
            with torch.cuda.stream(stream):
                run.optimizer.zero_grad(set_to_none=True)
                outputs = [*run.model.encoder(images), run.model.decoder(points)]
                torch.autograd.backward(outputs, [torch.ones_like(each) for each in outputs])
        for stream in streams:
            torch.cuda.current_stream(device).wait_stream(stream)

    side = torch.cuda.Stream(device)
    side.wait_stream(torch.cuda.current_stream(device))
    with torch.cuda.stream(side):
        for _ in range(3):
            passes()
    torch.cuda.current_stream(device).wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        passes()
    return rate(graph.replay, len(runs) * BATCH)


def run() -> list[Row]:
    import torch

    from training.data.local import open_dataset
    from training.runs.process import configure_process

    configure_process()
    if not torch.cuda.is_available():
        sys.stderr.write("there is no NVIDIA GPU: nothing to measure\n")
        return []
    gpu, dataset = torch.device("cuda"), open_dataset("dsprites", {}, Path("unused"))
    rows: list[Row] = []

    def add(what: str, found: float, baseline: str = "", against: float | None = None, reach: str = "") -> None:
        rows.append(Row(what, found, "images/s", baseline, against and found / against, reach))
        sys.stderr.write(f"{what}: {found:,.0f} images/s\n")

    alone = {count: networks_alone(trainers(count, dataset)) for count in RUNS}
    found = {
        (name, count): steps_of(way(runs), runs)
        for name, (way, counts) in ways().items()
        for count in counts
        for runs in [trainers(count, dataset)]
    }
    loop = plain(device=gpu)["rate"]
    add("plain loop, 1 run", loop)
    if importlib.util.find_spec("pythae"):
        add("pythae's trainer, 1 run", pythae(device=gpu)["rate"], "plain loop", loop)
    for count, each in alone.items():
        add(f"the networks alone, {count} runs", each)
    for (name, count), each in found.items():
        add(f"the trainer, {count} runs, {name}", each, "the networks alone", alone[count], ">= .6")
        rows.append(Row(f"the trainer, {count} runs, {name}", each, "images/s", "plain loop", each / loop))
    best = max(found.values())
    rows.append(Row("10,800 runs of 300,000 steps at the best rate", STUDY_IMAGES / best / 3600, "GPU-hours"))
    return rows
