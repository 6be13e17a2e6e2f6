"""Runs whose networks are computed together: each equals the same run alone."""

import copy
from functools import partial

import pytest
import torch

from tests.training.few_images import few_sprites
from training.registry import ARCHITECTURES
from training.runs.captured_step import SideBySide
from training.runs.run_config import resolve
from training.runs.run_state import TrainingStopped
from training.runs.stack import StackedModule, StackedNetworks
from training.runs.step import train_step, update
from training.runs.trainer import Trainer

OBJECTIVES = ("beta_vae", "control_vae", "l_vae")


def make_runs(out, architecture="conv64", objectives=OBJECTIVES, **values):
    dataset = few_sprites()
    small = {"dataset": "dsprites", "architecture": architecture, "latents": 3, "batch_size": 4, "steps": 9}
    runs = []
    for seed, objective in enumerate(objectives):
        config = resolve({**small, "objective": objective, "seed": seed, **values})
        runs.append(Trainer(config, out / str(seed), dataset))
    return runs


def gradients(run):
    return torch.cat([p.grad.flatten() for p in (*run.model.parameters(), *run.objective.parameters())])


def step_of(runs, networks):
    return [losses.values for losses in train_step(runs, runs[0].images, partial(update, networks))]


@pytest.mark.parametrize("architecture", ARCHITECTURES.names())
def test_stacked_modules_compute_what_each_computes_alone(architecture):
    # in double precision, where rounding cannot hide a mistake: batch norm amplifies it a thousandfold
    for half, shape in ((0, (1, 64, 64)), (1, (3,))):
        alone = [ARCHITECTURES.load(architecture).build((64, 64, 1), 3)[half].double() for _ in range(2)]
        together = copy.deepcopy(alone)
        stack, given = StackedModule(together), torch.rand(2, 4, *shape, dtype=torch.float64)
        outputs = stack(given)
        stacked = torch.stack(list(outputs)) if isinstance(outputs, tuple) else outputs[None]
        stacked.square().sum().backward()
        stack.share_gradients()
        for index, (module, other) in enumerate(zip(alone, together, strict=True)):
            output = module(given[index])
            single = torch.stack(list(output)) if isinstance(output, tuple) else output[None]
            single.square().sum().backward()
            torch.testing.assert_close(stacked[:, index], single, rtol=1e-10, atol=1e-10)
            for name, parameter in module.named_parameters():
                torch.testing.assert_close(other.get_parameter(name).grad, parameter.grad, rtol=1e-9, atol=1e-9)
            for name, buffer in module.named_buffers():
                torch.testing.assert_close(other.get_buffer(name), buffer, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("objectives", [OBJECTIVES, ("factor_vae", "factor_vae")])
def test_runs_side_by_side_equal_the_runs_alone(tmp_path, objectives):
    alone, together = make_runs(tmp_path, objectives=objectives), make_runs(tmp_path, objectives=objectives)
    compute = SideBySide([run.networks for run in together])
    for _ in range(3):
        expected = [run.train_step().values for run in alone]
        found = [losses.values for losses in train_step(together, together[0].images, compute)]
        assert all(torch.equal(*pair) for pair in zip(found, expected, strict=True))


def test_losses_and_gradients_equal_those_of_the_runs_alone(tmp_path):
    alone, together = make_runs(tmp_path), make_runs(tmp_path)
    networks = StackedNetworks(together)
    expected = [run.train_step().values for run in alone]
    for found, values in zip(step_of(together, networks), expected, strict=True):
        torch.testing.assert_close(found, values, rtol=1e-5, atol=1e-5)
    for run, single in zip(together, alone, strict=True):
        assert (gradients(run) - gradients(single)).norm() < 1e-4 * gradients(single).norm()


def test_a_discriminator_of_each_run_learns_as_alone(tmp_path):
    settings = {"objectives": ("factor_vae", "factor_vae"), "objective_settings": {"layers": 2, "units": 16}}
    alone, together = make_runs(tmp_path, **settings), make_runs(tmp_path, **settings)
    networks = StackedNetworks(together)
    for _ in range(2):
        expected = [run.train_step().values for run in alone]
        for found, values in zip(step_of(together, networks), expected, strict=True):
            torch.testing.assert_close(found, values, rtol=1e-4, atol=1e-4)


def test_a_run_taken_out_of_a_stack_goes_on_alone_from_its_snapshot(tmp_path):
    alone, together = make_runs(tmp_path), make_runs(tmp_path)
    networks = StackedNetworks(together)
    for _ in range(3):
        step_of(together, networks)
        for run in alone:
            run.train_step()
    (taken,) = make_runs(tmp_path, objectives=OBJECTIVES[:1])
    taken.restore(together[0].snapshot())
    left = StackedNetworks(together[1:])
    last = [taken.train_step().values, *step_of(together[1:], left)]
    for found, run in zip(last, alone, strict=True):
        torch.testing.assert_close(found, run.train_step().values, rtol=1e-3, atol=1e-3)
    assert [run.step for run in (taken, *together[1:])] == [4, 4, 4]


def test_a_run_whose_loss_is_not_finite_changes_no_bit_of_the_others(tmp_path):
    sound, poisoned = make_runs(tmp_path), make_runs(tmp_path)
    with torch.no_grad():
        next(poisoned[0].model.encoder.parameters()).fill_(float("nan"))
    stacks = [(runs, StackedNetworks(runs)) for runs in (sound, poisoned)]
    for runs, networks in stacks:
        for _ in range(2):
            step_of(runs, networks)
    with pytest.raises(TrainingStopped, match="step 0"):
        poisoned[0].read_losses()
    for run, other in zip(sound[1:], poisoned[1:], strict=True):
        expected, found = run.snapshot().tensors, other.snapshot().tensors
        assert [name for name in expected if not torch.equal(expected[name], found[name])] == []
