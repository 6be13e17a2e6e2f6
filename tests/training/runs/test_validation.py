from types import SimpleNamespace

import numpy as np
import pytest
import torch

from models_zoo.errors import InvalidInput, NotFound
from tests.training.few_images import few_sprites
from training.runs import checkpoint, history
from training.runs.export import choose_checkpoint
from training.runs.history import EVALUATIONS
from training.runs.pipeline import callbacks_of
from training.runs.run_config import resolve
from training.runs.step import SingleNetworks
from training.runs.trainer import Trainer
from training.runs.validation import Validation, best_row

EVALUATED = {"evaluate_every": 2, "evaluate_images": 64, "evaluate_metrics": ["cbd"], "held_out": 0.3}


def result_of(score):
    return SimpleNamespace(metric="cbd", score=score, details={"modularity": 0.5, "pcc": [[0.1]]})


def make_trainer(out, objective="vae", **values):
    small = {"dataset": "dsprites", "objective": objective, "latents": 3, "batch_size": 8, "checkpoint_every": 2}
    config = resolve({**small, "steps": 6, "learning_rate": 1e-3, "film_frames": 0, **values})
    return Trainer(config, out, few_sprites())


def test_a_held_out_image_is_never_trained_on(tmp_path):
    trainer = make_trainer(tmp_path, held_out=0.9)
    seen = np.concatenate([trainer.batches.indices(step) for step in range(200)])
    assert not np.isin(seen, trainer.held_out).any()
    assert trainer.objective.task.dataset_size == len(trainer.rows)


def test_evaluations_are_logged_every_so_many_steps(tmp_path):
    trainer = make_trainer(tmp_path, **EVALUATED)
    trainer.train(callbacks=callbacks_of(trainer))
    rows = history.read(tmp_path, EVALUATIONS)
    assert [row["step"] for row in rows] == [2, 4, 6]
    for row in rows:
        assert 0 <= row["metrics"]["cbd"] <= 1
        parts = row["held_out"]
        assert parts["total"] == pytest.approx(parts["reconstruction"] + parts["kl"], rel=1e-5)
    assert rows[-1]["held_out"]["total"] < rows[0]["held_out"]["total"]


@pytest.mark.parametrize("objective", ["control_vae", "factor_vae", "beta_tcvae", "sigma_vae"])
def test_evaluating_moves_nothing_of_the_run(tmp_path, objective):
    settings = {"layers": 2, "units": 64} if objective == "factor_vae" else {}
    plain = make_trainer(tmp_path / "a", objective, steps=3, held_out=0.3, objective_settings=settings)
    plain.train()
    evaluated = make_trainer(tmp_path / "b", objective, steps=3, **EVALUATED, objective_settings=settings)
    evaluated.train(callbacks=callbacks_of(evaluated))
    expected, actual = plain.snapshot().tensors, evaluated.snapshot().tensors
    assert [name for name in expected if not torch.equal(expected[name], actual[name])] == []


def test_batch_norm_is_evaluated_by_its_running_statistics(tmp_path):
    trainer = make_trainer(tmp_path, architecture="conv64_bn", **EVALUATED)
    trainer.train_step()
    before = trainer.snapshot().tensors
    Validation(trainer).measure()
    assert trainer.model.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in trainer.snapshot().tensors.items())


def test_the_best_checkpoint_is_kept_beside_the_last(tmp_path, monkeypatch):
    scores = iter([0.2, 0.9, 0.4])
    found = (
        SimpleNamespace(metric="cbd", score=score, details={"modularity": 0.5, "pcc": [[0.1]]}) for score in scores
    )
    monkeypatch.setattr(Validation, "_results", lambda self: [next(found)])
    trainer = make_trainer(tmp_path, **EVALUATED, keep_best="cbd")
    trainer.train(callbacks=callbacks_of(trainer))
    assert [row["details"] for row in history.read(tmp_path, EVALUATIONS)] == [{"cbd": {"modularity": 0.5}}] * 3
    assert choose_checkpoint(tmp_path, "best").step == 4
    assert choose_checkpoint(tmp_path, "last").step == 6
    fresh = make_trainer(tmp_path, **EVALUATED, keep_best="cbd")
    fresh.restore(checkpoint.load(checkpoint.best_path(tmp_path)))
    assert fresh.step == 4


def test_a_loss_is_best_where_it_is_lowest():
    rows = [{"step": s, "held_out": {"total": loss}, "metrics": {}} for s, loss in [(1, 3.0), (2, 1.0), (3, 2.0)]]
    assert best_row(rows, "held_out.total")["step"] == 2
    with pytest.raises(InvalidInput, match=r"held_out.tc'; allowed: held_out.total"):
        best_row(rows, "held_out.tc")


def test_a_metric_that_could_not_be_measured_is_never_best():
    rows = [{"step": 1, "held_out": {}, "metrics": {"cbd": None}}]
    assert best_row(rows, "cbd") is None
    rows.append({"step": 2, "held_out": {}, "metrics": {"cbd": 0.1}})
    assert best_row(rows, "cbd")["step"] == 2


def test_a_run_stops_early_when_patience_is_at_its_end_and_stays_stopped(tmp_path, monkeypatch):
    scores = iter([0.2, 0.9, 0.4, 0.5, 0.95])
    found = (
        SimpleNamespace(metric="cbd", score=score, details={"modularity": 0.5, "pcc": [[0.1]]}) for score in scores
    )
    monkeypatch.setattr(Validation, "_results", lambda self: [next(found)])
    values = {**EVALUATED, "keep_best": "cbd", "patience": 2, "steps": 20}
    trainer = make_trainer(tmp_path, **values)
    assert trainer.train(callbacks=callbacks_of(trainer)) is True
    assert trainer.step == 8
    assert checkpoint.latest(tmp_path).step == 8
    again = make_trainer(tmp_path, **values)
    again.restore(checkpoint.latest(tmp_path))
    assert again.train(callbacks=callbacks_of(again)) is True
    assert again.step == 8


def test_without_patience_a_run_goes_to_its_end(tmp_path, monkeypatch):
    monkeypatch.setattr(Validation, "_results", lambda self: [result_of(1 / self.trainer.step)])
    trainer = make_trainer(tmp_path, **EVALUATED, keep_best="cbd")
    trainer.train(callbacks=callbacks_of(trainer))
    assert trainer.step == 6


def test_a_resumed_run_writes_the_same_evaluations(tmp_path):
    whole = make_trainer(tmp_path / "whole", steps=4, **EVALUATED)
    whole.train(callbacks=callbacks_of(whole))
    first = make_trainer(tmp_path / "parts", steps=4, **EVALUATED)

    class StopAtThree:
        def on_row(self, row): ...
        def on_checkpoint(self, step, path): ...
        def should_stop(self):
            return first.step >= 3

    assert first.train((StopAtThree(),), callbacks_of(first)) is False
    second = make_trainer(tmp_path / "parts", steps=4, **EVALUATED)
    second.restore(checkpoint.latest(tmp_path / "parts"))
    second.train(callbacks=callbacks_of(second))
    assert history.read(tmp_path / "whole", EVALUATIONS) == history.read(tmp_path / "parts", EVALUATIONS)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"evaluate_metrics": ["cbd"]}, "without evaluate_every"),
        ({"evaluate_every": 4, "keep_best": "cbd"}, "keep_best: got 'cbd'; allowed: nothing yet"),
        ({"evaluate_every": 4, "keep_best": "held_out.total"}, "set evaluate_metrics or held_out"),
        ({"evaluate_every": 4, "evaluate_metrics": ["cbd"], "patience": 3}, "patience without keep_best"),
        ({"held_out": 1.0}, "held_out: got 1.0"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(values, message):
    with pytest.raises(InvalidInput, match=message):
        resolve({"dataset": "dsprites", "objective": "vae", **values})


def test_an_unknown_metric_is_refused_with_those_there_are():
    with pytest.raises(NotFound, match=r"metric 'cdb'; allowed: .*; did you mean 'cbd'"):
        resolve({"dataset": "dsprites", "objective": "vae", "evaluate_every": 4, "evaluate_metrics": ["cdb"]})


def test_mixed_precision_is_refused_on_the_cpu(tmp_path):
    with pytest.raises(InvalidInput, match="amp: got true on the CPU"):
        make_trainer(tmp_path, amp=True, device="cpu")


def test_mixed_precision_hands_the_loss_single_precision(tmp_path):
    # no CUDA here: the same autocast on the CPU, past the refusal
    trainer = make_trainer(tmp_path)
    trainer.networks = SingleNetworks(trainer.model, trainer.device, amp=True)
    images = torch.rand(4, 1, 64, 64)
    (posterior,) = trainer.networks.encode(images[None])
    (logits,) = trainer.networks.decode([posterior.mean])
    assert {tensor.dtype for tensor in (*posterior, logits)} == {torch.float32}
    assert trainer.train_step().total.isfinite()
    exact = make_trainer(tmp_path).model.encode(images).mean
    assert not torch.equal(posterior.mean, exact)
    torch.testing.assert_close(posterior.mean, exact, atol=0.02, rtol=0.1)


def test_a_best_checkpoint_that_was_never_kept_is_said_to_be_missing(tmp_path):
    with pytest.raises(NotFound, match="no best checkpoint"):
        choose_checkpoint(tmp_path, "best")
