import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from typer.testing import CliRunner

from models_zoo.errors import Conflict, DamagedFile, InvalidInput, NotFound
from tests.training.few_images import few_sprites
from training.cli import app
from training.model.losses import LossTerms
from training.runs import checkpoint, history
from training.runs.batches import to_tensor
from training.runs.run_config import resolve
from training.runs.run_state import TrainingStopped
from training.runs.starting_weights import read_weights
from training.runs.trainer import Trainer

SMALL = {"dataset": "dsprites", "architecture": "conv64", "latents": 4, "batch_size": 8, "log_every": 3}


def make_trainer(out, **values):
    config = resolve({**SMALL, "checkpoint_every": 5, **values})
    return Trainer(config, out, few_sprites())


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.slow
def test_the_history_of_an_autoencoder_has_no_kl(tmp_path):
    make_trainer(tmp_path, objective="ae", steps=3).train()
    (row,) = history.read(tmp_path)
    assert sorted(row["parts"]) == ["reconstruction", "total"]
    assert row["kl"] == []


def test_a_run_killed_with_signal_nine_and_resumed_has_equal_weights(tmp_path, monkeypatch):
    monkeypatch.setenv("AXISCOPE_HOME", str(tmp_path / "home"))
    options = ["train", "--dataset", "dsprites", "--objective", "factor_vae", "--architecture", "conv64"]
    options += ["--set", "layers=1", "--set", "units=64", "--latents", "4", "--batch-size", "4", "--steps", "60"]
    options += ["--checkpoint-every", "10", "--log-every", "5"]
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    command = [sys.executable, "-m", "training", *options, "--out", str(tmp_path / "killed")]
    killed = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 120
    while not checkpoint.steps_in(tmp_path / "killed") and time.monotonic() < deadline:
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    last = max(checkpoint.steps_in(tmp_path / "killed"))
    assert last < 60
    for name, more in (("whole", []), ("killed", ["--resume"])):
        words = [*options, "--out", str(tmp_path / name), "--stop-at", str(last + 10), *more]
        done = CliRunner().invoke(app, words, catch_exceptions=False)
        assert done.exit_code == 0, done.output
    ends = [checkpoint.path_of(tmp_path / name, last + 10) for name in ("whole", "killed")]
    assert same(*(safetensors.torch.load_file(end) for end in ends))
    assert history.read(tmp_path / "whole") == history.read(tmp_path / "killed")


def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_last_good_checkpoint(tmp_path):
    trainer = make_trainer(tmp_path, objective="vae", steps=20)
    sound = trainer.objective.forward

    def poisoned(images, logits, posterior, latent, step):
        terms = sound(images, logits, posterior, latent, step)
        kl = terms.parts["kl"] * (float("nan") if step == 7 else 1.0)
        return LossTerms(terms.total, {**terms.parts, "kl": kl})

    trainer.objective.forward = poisoned
    with pytest.raises(TrainingStopped, match=r"step 7 \(part: kl; learning rate 0.0001\)"):
        trainer.train()
    assert checkpoint.steps_in(tmp_path) == [5]


def test_weights_that_are_not_finite_never_reach_a_checkpoint(tmp_path):
    trainer = make_trainer(tmp_path, objective="vae", steps=5)
    with torch.no_grad():
        next(trainer.model.parameters()).fill_(float("inf"))
    with pytest.raises(InvalidInput, match="not finite"):
        checkpoint.save(tmp_path / "c.safetensors", trainer.snapshot())
    assert not list(tmp_path.iterdir())


def test_a_checkpoint_of_another_run_is_refused_and_the_difference_named(tmp_path):
    make_trainer(tmp_path, objective="vae", steps=5).train()
    other = make_trainer(tmp_path / "other", objective="vae", steps=5, latents=6)
    with pytest.raises(Conflict, match="latents: checkpoint 4, now 6"):
        other.restore(checkpoint.latest(tmp_path))


def test_a_truncated_checkpoint_is_passed_over_for_the_one_before(tmp_path):
    make_trainer(tmp_path, objective="vae", steps=10).train()
    newest = checkpoint.path_of(tmp_path, 10)
    newest.write_bytes(newest.read_bytes()[:-1000])
    assert checkpoint.latest(tmp_path).step == 5
    with pytest.raises(DamagedFile, match="no whole checkpoint"):
        checkpoint.load(newest)


def test_a_newer_schema_is_refused_with_the_version_that_is_read(tmp_path, monkeypatch):
    trainer = make_trainer(tmp_path, objective="vae", steps=5)
    monkeypatch.setattr(checkpoint, "SCHEMA_VERSION", 99)
    checkpoint.save(tmp_path / "c.safetensors", trainer.snapshot())
    monkeypatch.undo()
    with pytest.raises(DamagedFile, match="schema 99; allowed: up to 1"):
        checkpoint.load(tmp_path / "c.safetensors")


def test_a_run_is_not_begun_anew_over_checkpoints_of_a_newer_schema(tmp_path, monkeypatch):
    make_trainer(tmp_path, objective="vae", steps=6).train()
    monkeypatch.setattr(checkpoint, "SCHEMA_VERSION", 0)
    with pytest.raises(DamagedFile, match=r"schema 1; allowed: up to 0; update axiscope"):
        checkpoint.latest(tmp_path)


def test_a_run_whose_checkpoints_are_all_damaged_is_not_begun_anew(tmp_path):
    make_trainer(tmp_path, objective="vae", steps=6).train()
    for step in checkpoint.steps_in(tmp_path):
        checkpoint.path_of(tmp_path, step).write_bytes(b"cut short")
    with pytest.raises(DamagedFile, match="which is no whole checkpoint"):
        checkpoint.latest(tmp_path)


@pytest.mark.parametrize(
    ("setting", "value"), [("architecture", "mlp1200"), ("latents", 5), ("objective", "beta_vae"), ("held_out", 0.5)]
)
def test_a_checkpoint_of_other_networks_or_another_split_is_refused(tmp_path, setting, value):
    make_trainer(tmp_path, objective="vae", steps=1).train()
    other = make_trainer(tmp_path, **{"objective": "vae", "steps": 1, setting: value})
    with pytest.raises(Conflict, match=f"{setting}: checkpoint .*, now {value!r}"):
        other.restore(checkpoint.latest(tmp_path))


def test_a_run_can_begin_with_the_weights_of_another(tmp_path):
    first = make_trainer(tmp_path / "first", objective="vae", steps=5)
    first.train()
    second = make_trainer(tmp_path / "second", objective="beta_vae", steps=5)
    second.load_weights_from(read_weights(tmp_path / "first"))
    assert same(first.model.state_dict(), second.model.state_dict())
    assert second.step == 0
    with pytest.raises(Conflict, match="weights of the same data set, architecture and latents"):
        make_trainer(tmp_path / "third", objective="vae", steps=5, latents=6).load_weights_from(
            read_weights(tmp_path / "first")
        )


def test_output_bias_can_start_at_the_mean_image(tmp_path):
    trainer = make_trainer(tmp_path, objective="vae", steps=5, bias_from_data=True)
    bias = [m for m in trainer.model.decoder.modules() if getattr(m, "bias", None) is not None][-1].bias
    mean_pixel = trainer.dataset.images(np.arange(len(trainer.dataset))).mean() / 255
    assert abs(torch.sigmoid(bias).mean().item() - mean_pixel) < 0.01


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"objective": "beta_vea"}, "did you mean 'beta_vae'"),
        ({"objective": "beta_vae", "objective_settings": {"beta": -1}}, "beta: got -1"),
        ({"objective": "beta_vae", "objective_settings": {"betta": 1}}, "got setting 'betta'"),
        ({"objective": "vae", "latents": 0}, "latents: got 0"),
        ({"objective": "vae", "learning_rate": float("nan")}, "learning_rate"),
    ],
)
def test_wrong_settings_are_refused_by_name(values, message):
    with pytest.raises((InvalidInput, NotFound), match=message):
        resolve({**SMALL, **values})


def test_the_norm_of_the_gradient_is_logged_per_network_and_for_learned_weights(tmp_path):
    trainer = make_trainer(tmp_path, objective="l_vae", steps=3)
    trainer.train()
    (row,) = history.read(tmp_path)
    of_encoder = torch.cat([p.grad.flatten() for p in trainer.model.encoder.parameters()]).norm().item()
    assert row["gradients"]["encoder"] == pytest.approx(of_encoder, rel=1e-3)
    assert set(row["gradients"]) == {"encoder", "decoder", "objective"}
    assert history.as_columns([row])["gradients"]["encoder"] == [row["gradients"]["encoder"]]


def test_a_discriminator_is_not_among_the_gradients_of_the_run(tmp_path):
    make_trainer(tmp_path, objective="factor_vae", steps=3).train()
    (row,) = history.read(tmp_path)
    assert set(row["gradients"]) == {"encoder", "decoder"}


def test_the_discriminator_learns_on_a_second_batch_encoded_by_the_model_just_updated(tmp_path, monkeypatch):
    trainer = make_trainer(tmp_path, objective="factor_vae", steps=3)
    calls = []
    monkeypatch.setattr(
        trainer.objective,
        "adversary_loss",
        lambda first, second: (
            calls.append((first, second))
            or trainer.objective.__class__.adversary_loss(trainer.objective, first, second)
        ),
    )
    monkeypatch.setattr("training.model.losses.Posterior.at", lambda posterior, noise: posterior.mean)
    trainer.train_step()
    ((first, second),) = calls
    images = to_tensor(trainer.dataset.images(trainer.adversary_batches.indices(0)), trainer.device)
    with torch.no_grad():
        assert torch.equal(second, trainer.model.encode(images)[0])
    assert first.shape == second.shape == (8, 4)
    assert not np.isin(trainer.adversary_batches.indices(0), trainer.batches.indices(0)).any()


def test_a_checkpoint_written_before_a_setting_existed_is_resumed_with_its_default(tmp_path):
    trainer = make_trainer(tmp_path, objective="dynamic_vae", steps=3, objective_settings={"v_every": 5})
    saved = trainer.snapshot()
    del saved.state["config"]["objective_settings"]["v_ramp"]
    make_trainer(tmp_path, objective="dynamic_vae", steps=3, objective_settings={"v_every": 5}).restore(saved)


def test_a_checkpoint_of_an_earlier_versions_layers_is_refused_with_what_to_do(tmp_path):
    trainer = make_trainer(tmp_path, objective="vae", steps=3)
    saved = trainer.snapshot()
    saved.tensors["model/decoder.9.weight"] = torch.zeros(3)
    with pytest.raises(Conflict, match="an earlier version wrote it"):
        trainer.restore(saved)


def test_losses_are_read_once_for_many_steps(tmp_path, monkeypatch):
    read = []
    tolist = torch.Tensor.tolist
    monkeypatch.setattr(torch.Tensor, "tolist", lambda tensor: read.append(tuple(tensor.shape)) or tolist(tensor))
    monkeypatch.setattr(torch.Tensor, "item", lambda _: pytest.fail("a step waited for one value"))
    trainer = make_trainer(tmp_path, objective="factor_vae", steps=9, log_every=9, checkpoint_every=9)
    for _ in range(9):
        trainer.train_step()
    assert read == []
    trainer.read_losses()
    assert read == [(9, 8 + 4)]
    assert trainer.window.count == 9
