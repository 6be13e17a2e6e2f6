"""Timing a step: real steps of the run, and nothing left behind."""

import json
import signal
import subprocess
import sys
from pathlib import Path

from training.commands import step_time
from training.data.local import open_dataset
from training.runs.run_config import resolve
from training.runs.trainer import Trainer

ROOT = Path(__file__).parents[3]
RUN = {"dataset": "dsprites", "objective": "beta_vae", "latents": 4, "batch_size": 4}


def test_a_step_is_timed_within_the_budget_and_nothing_is_written(tmp_path, monkeypatch):
    steps = []
    step = Trainer.train_step
    monkeypatch.setattr(Trainer, "train_step", lambda self: steps.append(1) or step(self))
    config = resolve(RUN)
    dataset = open_dataset(config.dataset, config.dataset_settings, tmp_path)
    found = step_time.seconds_per_step(Trainer(config, tmp_path / "run", dataset), 0.0)
    assert found > 0
    assert len(steps) == step_time.WARM_STEPS + step_time.MIN_STEPS
    assert list(tmp_path.iterdir()) == []


def call(run, *options):
    command = [sys.executable, "-m", "training", "pace", "--budget-seconds", "0", *options]
    return subprocess.run(command, input=json.dumps(run), capture_output=True, text=True, cwd=ROOT, check=False)


def test_the_command_is_ended_by_its_cpu_time_and_not_by_the_clock():
    done = call({**RUN, "batch_size": 256, "architecture": "mlp1200"}, "--cpu-seconds", "1")
    assert done.returncode in (-signal.SIGXCPU, -signal.SIGKILL), done.stderr


def test_the_command_reads_a_run_from_stdin_and_refuses_one_that_is_wrong():
    done = call(RUN)
    assert json.loads(done.stdout)["seconds_per_step"] > 0, done.stderr
    wrong = call({**RUN, "objective": "nothing"})
    assert wrong.returncode == 2
    assert "nothing" in wrong.stderr
