"""Steps that are replayed equal steps that are computed, bit for bit: nothing of the first one is repeated."""

from functools import partial

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from tests.training.few_images import few_sprites
from training.registry import OBJECTIVES
from training.runs import captured_step
from training.runs.captured_step import CapturedStep
from training.runs.run_config import resolve
from training.runs.step import draw, train_step, update
from training.runs.trainer import Trainer

STEPS = captured_step.WARM_STEPS + 4


def make_trainer(out, objective, **values):
    small = {"dataset": "dsprites", "objective": objective, "latents": 3, "batch_size": 4, "steps": 20}
    config = resolve({**small, "warmup_steps": 9, "ema_decay": 0.9, **values})
    return Trainer(config, out, few_sprites())


def snapshot_after(trainer, compute):
    rows = [train_step([trainer], trainer.images, compute)[0].values for _ in range(STEPS)]
    return rows, trainer.snapshot().tensors


@pytest.mark.parametrize(
    ("objective", "settings"),
    [
        ("annealed_vae", {"iteration_threshold": 10}),
        ("control_vae", {"v_every": 2}),
        ("factor_vae", {"layers": 2, "units": 8}),
    ],
)
def test_replayed_steps_equal_computed_ones(tmp_path, objective, settings):
    # without a GPU the "capture" computes on the captured tensors again, which shows that all inputs reach them
    first, second = (make_trainer(tmp_path, objective, objective_settings=settings) for _ in range(2))
    computed = snapshot_after(first, partial(update, first.networks))
    replayed = snapshot_after(second, CapturedStep(partial(update, second.networks), lambda kernels, _: kernels))
    assert all(torch.equal(*rows) for rows in zip(computed[0], replayed[0], strict=True))
    assert [name for name, tensor in computed[1].items() if not torch.equal(tensor, replayed[1][name])] == []


class Operations(TorchDispatchMode):
    """Names of the operations of a block."""

    def __init__(self):
        super().__init__()
        self.names = set()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.names.add(function.name().removeprefix("aten::"))
        return function(*args, **(kwargs or {}))


@pytest.mark.parametrize("objective", OBJECTIVES.names())
def test_no_objective_reads_a_tensor_or_makes_one_of_numbers_in_a_captured_step(tmp_path, objective):
    # a CUDA graph can hold neither: one waits for the device, the other copies from the host
    trainer = make_trainer(tmp_path, objective)
    step = CapturedStep(partial(update, trainer.networks), lambda kernels, _: kernels)
    for _ in range(captured_step.WARM_STEPS + 1):
        train_step([trainer], trainer.images, step)
    first, second = (draw([trainer], trainer.images, [each]) for each in (trainer.batches, trainer.adversary_batches))
    with Operations() as operations:
        step([trainer], first, second if trainer.objective.adversary is not None else None)
    assert operations.names.isdisjoint({"_local_scalar_dense", "lift_fresh", "nonzero", "is_nonzero"})
