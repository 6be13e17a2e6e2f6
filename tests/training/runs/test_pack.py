"""Several runs trained at once: each has its own files, its own end and its own errors."""

import pytest
import torch

from tests.training.few_images import few_sprites
from training.model.losses import LossTerms
from training.runs import checkpoint, history
from training.runs.callbacks import Observer
from training.runs.pack import Member, stack_pays, stacks, train_pack
from training.runs.pipeline import callbacks_of
from training.runs.run_config import resolve
from training.runs.run_state import TrainingStopped
from training.runs.trainer import Trainer

SMALL = {"dataset": "dsprites", "latents": 3, "batch_size": 4, "steps": 6, "log_every": 2, "checkpoint_every": 2}


class StopAt(Observer):
    """Observer that requests the end of a run after a step."""

    def __init__(self, trainer, step):
        self.trainer, self.step = trainer, step

    def should_stop(self):
        return self.trainer.step >= self.step


def make_trainer(out, seed, **values):
    config = resolve({**SMALL, "objective": "vae", "seed": seed, "film_frames": 2, **values})
    return Trainer(config, out, few_sprites())


def member(trainer, ended, stop_at=100):
    return Member(
        trainer,
        [StopAt(trainer, stop_at)],
        callbacks_of(trainer),
        lambda end: ended.__setitem__(trainer.config.seed, end),
    )


def totals(folder):
    return [row["parts"]["total"] for row in history.read(folder)]


def test_a_pack_gives_each_run_what_it_gets_alone(tmp_path):
    for seed in (0, 1):
        make_trainer(tmp_path / f"alone-{seed}", seed).train()
    ended = {}
    settings = ({}, {}, {"learning_rate": 1e-3, "steps": 4}, {"objective": "beta_vae"})
    runs = [make_trainer(tmp_path / str(seed), seed, **values) for seed, values in enumerate(settings)]
    train_pack([member(run, ended, stop_at=3 if run.config.seed == 3 else 100) for run in runs])
    assert ended == {0: True, 1: True, 2: True, 3: False}
    assert [checkpoint.steps_in(run.out)[-1] for run in runs] == [6, 6, 4, 3]
    for seed in (0, 1):
        assert totals(tmp_path / str(seed)) == pytest.approx(totals(tmp_path / f"alone-{seed}"), rel=1e-4)
        assert (tmp_path / str(seed) / "film.npz").exists()
        assert runs[seed].cpu_seconds > 0


def test_a_run_stopped_in_a_pack_is_finished_alone(tmp_path):
    make_trainer(tmp_path / "whole", 0).train()
    ended = {}
    pair = [make_trainer(tmp_path / str(seed), seed) for seed in (0, 1)]
    train_pack([member(pair[0], ended, stop_at=3), member(pair[1], ended)])
    resumed = make_trainer(tmp_path / "0", 0)
    resumed.restore(checkpoint.latest(tmp_path / "0"))
    assert resumed.step == 3
    assert resumed.train()
    assert totals(tmp_path / "0") == pytest.approx(totals(tmp_path / "whole"), rel=1e-4)


def test_a_run_that_fails_keeps_its_last_checkpoint_and_spares_the_others(tmp_path):
    ended = {}
    runs = [make_trainer(tmp_path / str(seed), seed) for seed in (0, 1, 2)]
    sound = runs[1].objective.forward

    def poisoned(images, logits, posterior, latent, step):
        terms = sound(images, logits, posterior, latent, step)
        return LossTerms(terms.total * (float("nan") if step == 3 else 1.0), terms.parts)

    runs[1].objective.forward = poisoned
    train_pack([member(run, ended) for run in runs])
    assert (ended[0], ended[2]) == (True, True)
    assert isinstance(ended[1], TrainingStopped)
    assert "step 3 (part: total;" in str(ended[1])
    assert checkpoint.steps_in(tmp_path / "1") == [2]
    assert all(
        torch.isfinite(tensor).all() for tensor in runs[0].snapshot().tensors.values() if tensor.is_floating_point()
    )


def test_an_error_of_the_common_step_ends_every_run_with_it(tmp_path, monkeypatch):
    ended = {}
    monkeypatch.setattr("training.runs.pack.train_step", lambda *_: (_ for _ in ()).throw(RuntimeError("no memory")))
    train_pack([member(make_trainer(tmp_path / str(seed), seed), ended) for seed in (0, 1)])
    assert {seed: str(error) for seed, error in ended.items()} == {0: "no memory", 1: "no memory"}


def test_runs_of_other_shapes_are_stacked_apart(tmp_path):
    values = (
        {},
        {"objective": "beta_vae"},
        {"latents": 4},
        {"objective": "factor_vae", "objective_settings": {"units": 4}},
    )
    members = [member(make_trainer(tmp_path, seed, **each), {}) for seed, each in enumerate(values)]
    assert [[each.trainer.config.seed for each in stack] for stack in stacks(members)] == [[0, 1], [2], [3]]


def test_stacks_take_turns_so_that_no_run_waits_for_the_end_of_another(tmp_path):
    steps = []

    class Recorder(Observer):
        def __init__(self, seed):
            self.seed = seed

        def should_stop(self):
            steps.append(self.seed)
            return False

    runs = [make_trainer(tmp_path / str(seed), seed, latents=3 + seed, steps=3, film_frames=0) for seed in (0, 1)]
    train_pack([Member(run, [Recorder(run.config.seed)], [], lambda _: None) for run in runs])
    assert steps == [0, 1] * 3


def test_on_the_cpu_runs_are_trained_one_after_the_other():
    assert not stack_pays("cpu")
    assert stack_pays("auto") == stack_pays("cuda") == torch.cuda.is_available()
