"""Training, export and evaluation on an NVIDIA GPU, against the same on the CPU."""

from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest
import torch

from models_zoo.codec import CUDA, Codec
from training.data.local import open_dataset
from training.runs import checkpoint
from training.runs.captured_step import CapturedStep, SideBySide
from training.runs.graphs import export_graphs
from training.runs.images import DeviceImages, HostImages
from training.runs.run_config import resolve
from training.runs.stack import StackedNetworks
from training.runs.step import train_step, update
from training.runs.trainer import Trainer

pytestmark = pytest.mark.cuda
SMALL = {"dataset": "dsprites", "latents": 3, "batch_size": 8, "steps": 12, "device": "cuda", "tf32": False}
SMALL["cuda_graphs"] = False  # what captured steps are compared with is launched kernel by kernel
OBJECTIVES = ("beta_vae", "control_vae", "annealed_vae", "l_vae", "factor_vae")


@cache
def dataset():
    return open_dataset("dsprites", {}, Path("unused"))


def make_trainer(out, objective="beta_vae", **values):
    return Trainer(resolve({**SMALL, "objective": objective, **values}), out, dataset())


def step_of(runs, compute):
    return [losses.values for losses in train_step(runs, runs[0].images, compute)]


def test_the_data_set_lies_on_the_gpu_and_equals_that_of_the_host(tmp_path):
    trainer = make_trainer(tmp_path)
    host = HostImages(trainer.dataset, trainer.device)
    assert isinstance(trainer.images, DeviceImages)
    for step in (0, 1, 100_000):
        batch = [(trainer.batches, step)]
        assert torch.equal(trainer.images.read(batch), host.read(batch))


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_captured_step_equals_a_computed_one(tmp_path, objective):
    rows = []
    for wrap in (lambda compute: compute, CapturedStep):
        trainer = make_trainer(tmp_path, objective)
        compute = wrap(partial(update, trainer.networks))
        rows.append([step_of([trainer], compute)[0] for _ in range(10)])
    torch.testing.assert_close(torch.stack(rows[0]), torch.stack(rows[1]), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("together", [SideBySide, lambda networks: partial(update, StackedNetworks(networks))])
@pytest.mark.parametrize("objectives", [OBJECTIVES[:-1], ("factor_vae", "factor_vae")])
def test_captured_runs_equal_the_runs_alone(tmp_path, objectives, together):
    alone, runs = ([make_trainer(tmp_path, each, seed=k) for k, each in enumerate(objectives)] for _ in range(2))
    given = [run.networks for run in runs] if together is SideBySide else runs
    compute = CapturedStep(together(given))
    for _ in range(6):
        for found, run in zip(step_of(runs, compute), alone, strict=True):
            torch.testing.assert_close(found, run.train_step().values, rtol=1e-3, atol=1e-3)


def test_no_step_waits_for_the_gpu(tmp_path):
    trainer = make_trainer(tmp_path)
    trainer.train_step()
    torch.cuda.set_sync_debug_mode("error")
    try:
        trainer.train_step()
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_a_run_is_resumed_with_its_noise(tmp_path):
    whole, first = make_trainer(tmp_path / "whole"), make_trainer(tmp_path / "first")
    for _ in range(4):
        whole.train_step()
        first.train_step()
    checkpoint.save(tmp_path / "c.safetensors", first.snapshot())
    second = make_trainer(tmp_path / "second")
    second.restore(checkpoint.load(tmp_path / "c.safetensors"))
    torch.testing.assert_close(second.train_step().values, whole.train_step().values, rtol=1e-4, atol=1e-4)


def test_bfloat16_stays_near_float32(tmp_path):
    exact, mixed = make_trainer(tmp_path).train_step(), make_trainer(tmp_path, amp=True).train_step()
    torch.testing.assert_close(mixed.total, exact.total, rtol=0.02, atol=0.0)


def test_exported_graphs_run_on_the_gpu(tmp_path):
    trainer = make_trainer(tmp_path / "run")
    export_graphs(trainer.model.cpu(), (64, 64, 1), 3, tmp_path)
    on_gpu, on_cpu = Codec(tmp_path, device="cuda"), Codec(tmp_path, device="cpu")
    assert on_gpu.provider == CUDA
    images = trainer.dataset.images(np.arange(0, 700_000, 50_000))
    for found, expected in zip(on_gpu.encode(images), on_cpu.encode(images), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-3)
