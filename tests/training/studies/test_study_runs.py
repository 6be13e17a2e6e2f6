"""Running a study: signals, starting weights."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from training.runs import checkpoint, history
from training.runs.run_config import read_run
from training.runs.starting_weights import digest, read_weights
from training.studies.runner import run_study
from training.studies.study import Study, StudyRun

# The command line with one more folder of studies: the one that the test writes.
COMMAND = """
import sys
from pathlib import Path
from training.studies import study
from training.cli import app, run
study.FOLDER = Path(sys.argv.pop(1))
run(app)
"""
STUDY = """
title = "Small"
source = "this test"
question = "does it go on?"
metrics = ["mig"]
[run]
dataset = "own"
dataset_settings = {{ path = "{path}" }}
batch_size = 8
latents = 3
steps = {steps}
log_every = 1
film_frames = 0
[grid]
seed = [0]
[[group]]
name = "VAE"
objective = "vae"
"""


def write_images(path: Path) -> Path:
    rng = np.random.default_rng(0)
    labels = np.stack([np.arange(60) % 3, np.arange(60) // 30], axis=1)
    np.savez(path, images=rng.integers(0, 256, (60, 64, 64), np.uint8), labels=labels)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_a_checkpoint_and_the_same_command_goes_on(tmp_path, number):
    path = write_images(tmp_path / "noise.npz")
    out = tmp_path / "results"

    def start(steps: int) -> subprocess.Popen[str]:
        (tmp_path / "small.toml").write_text(STUDY.format(path=path, steps=steps))
        command = [sys.executable, "-c", COMMAND, str(tmp_path), "study", "run", "small", "--out", str(out)]
        environment = {**os.environ, "AXISCOPE_HOME": str(tmp_path / "home"), "PYTHONPATH": str(Path.cwd())}
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    stopped = start(steps=1_000_000)
    run = out / "runs" / "vae-seed-0"
    while stopped.poll() is None and not history.read(run):
        time.sleep(0.02)
    stopped.send_signal(number)
    _, said = stopped.communicate(timeout=300)
    assert stopped.returncode == 130, said
    (step,) = checkpoint.steps_in(run)
    assert step >= 1
    assert not (out / "results.json").exists()

    resumed = start(steps=step + 10)
    _, said = resumed.communicate(timeout=300)
    assert resumed.returncode == 0, said
    assert f"resuming at step {step:,}" in said
    results = json.loads((out / "results.json").read_text())
    assert results["runs"]["vae-seed-0"]["steps"] == step + 10
    assert "mig" in results["runs"]["vae-seed-0"]["scores"]


@pytest.mark.slow
def test_a_run_of_a_study_begins_with_the_weights_of_another(tmp_path, monkeypatch):
    monkeypatch.setenv("AXISCOPE_HOME", str(tmp_path / "home"))
    settings = {
        "dataset": "own",
        "dataset_settings": {"path": str(write_images(tmp_path / "noise.npz"))},
        "batch_size": 8,
        "latents": 3,
        "steps": 10,
        "film_frames": 0,
    }
    runs = (
        StudyRun("first", "VAE", {}, {**settings, "objective": "vae"}),
        StudyRun("second", "beta-VAE", {}, {**settings, "objective": "beta_vae", "start_from": "first"}),
        StudyRun("lost", "beta-VAE", {}, {**settings, "objective": "beta_vae", "start_from": "nowhere"}),
    )
    study = Study("small", "Small", "", "", "", ("mig",), {}, {}, runs)
    results, finished = run_study(study, tmp_path / "out", scale=1.0, only="*")
    assert finished
    first, second = (tmp_path / "out" / "runs" / name for name in ("first", "second"))
    assert read_run(second).start_from_sha256 == digest(read_weights(first))
    assert "nowhere, which does not exist" in results["runs"]["lost"]["problem"]
    assert "scores" in results["runs"]["second"]
