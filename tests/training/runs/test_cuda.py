"""Training, export and evaluation on an NVIDIA GPU, against the same on the CPU."""

import numpy as np
import pytest
import torch

from models_zoo.codec import CUDA, Codec
from training.data.local import open_dataset
from training.runs import checkpoint
from training.runs.captured_step import CapturedStep
from training.runs.graphs import export_graphs
from training.runs.images import DeviceImages, HostImages
from training.runs.run_config import resolve
from training.runs.stack import StackedNetworks
from training.runs.step import train_step, update
from training.runs.trainer import Trainer

pytestmark = pytest.mark.cuda
SMALL = {"dataset": "dsprites", "latents": 3, "batch_size": 8, "steps": 12, "device": "cuda", "tf32": False}
OBJECTIVES = ("beta_vae", "control_vae", "annealed_vae", "l_vae")


def make_trainer(out, objective="beta_vae", **values):
    config = resolve({**SMALL, "objective": objective, **values})
    return Trainer(config, out, open_dataset("dsprites", {}, out))


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
    for compute in (update, CapturedStep()):
        trainer = make_trainer(tmp_path, objective)
        rows.append([train_step([trainer], trainer.networks, trainer.images, compute)[0].values for _ in range(10)])
    torch.testing.assert_close(torch.stack(rows[0]), torch.stack(rows[1]), rtol=1e-4, atol=1e-4)


def test_a_captured_stack_equals_the_runs_alone(tmp_path):
    alone, together = ([make_trainer(tmp_path, each, seed=k) for k, each in enumerate(OBJECTIVES)] for _ in range(2))
    networks, compute = StackedNetworks(together), CapturedStep()
    for _ in range(6):
        found = train_step(together, networks, together[0].images, compute)
        for losses, run in zip(found, alone, strict=True):
            torch.testing.assert_close(losses.values, run.train_step().values, rtol=1e-3, atol=1e-3)


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
