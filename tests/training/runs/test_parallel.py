import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from models_zoo.errors import AxiscopeError, Conflict, InvalidInput
from training.cli import app
from training.runs import checkpoint, history
from training.runs.parallel import parse_seeds
from training.runs.run_config import read_run

SMALL = ["--dataset", "dsprites", "--objective", "vae", "--latents", "2", "--batch-size", "4", "--log-every", "2"]


def axiscope_train(home, *options):
    command = [sys.executable, "-m", "training", "train", *SMALL, *options, "--json"]
    environment = {**os.environ, "AXISCOPE_HOME": str(home), "PYTHONPATH": str(Path.cwd())}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def train_here(tmp_path, monkeypatch):
    """``train_here(*options)``: `axiscope train` in this process, which has torch already; its runs have their own."""
    monkeypatch.setenv("AXISCOPE_HOME", str(tmp_path))
    return lambda *options: CliRunner().invoke(app, ["train", *SMALL, *options, "--json"])


def test_seeds_are_read_from_a_list():
    assert parse_seeds("0,1000,2000") == (0, 1000, 2000)


@pytest.mark.parametrize("text", ["", "1,,2", "1,1", "-1", "a"])
def test_senseless_seeds_are_refused(text):
    with pytest.raises(InvalidInput, match="different whole numbers from 0"):
        parse_seeds(text)


@pytest.mark.slow
def test_several_seeds_train_side_by_side_and_equal_the_runs_alone(tmp_path, train_here):
    several = train_here("--steps", "6", "--seeds", "3,4", "--parallel", "2", "--out", str(tmp_path / "s"))
    assert several.exit_code == 0, several.output
    runs = json.loads(several.stdout)["runs"]
    assert [(run["seed"], run["step"], run["finished"]) for run in runs] == [(3, 6, True), (4, 6, True)]
    train_here("--steps", "6", "--seed", "4", "--out", str(tmp_path / "alone"))
    assert history.read(tmp_path / "s/seed-4") == history.read(tmp_path / "alone")
    assert read_run(tmp_path / "s/seed-4") == read_run(tmp_path / "alone")

    again = train_here("--steps", "6", "--seeds", "3,4", "--out", str(tmp_path / "s"))
    assert isinstance(again.exception, Conflict)
    assert "which holds a run" in str(again.exception)


@pytest.mark.slow
def test_an_interrupt_reaches_every_run_and_all_go_on_later(tmp_path):
    options = ["--seeds", "0,1,2", "--parallel", "2", "--out", str(tmp_path / "s")]
    several = axiscope_train(tmp_path, "--steps", "100000", *options)
    folders = [tmp_path / f"s/seed-{seed}" for seed in (0, 1)]
    deadline = time.monotonic() + 240
    while not all(history.read(folder) for folder in folders):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    several.send_signal(signal.SIGINT)
    answer, said = several.communicate()
    assert several.returncode == 130, said
    runs = json.loads(answer)["runs"]
    assert not any(run["finished"] for run in runs)
    assert runs[2]["step"] == 0
    steps = [checkpoint.latest(folder).step for folder in folders]
    assert min(steps) >= 2


@pytest.mark.slow
def test_a_failed_run_is_reported_with_its_log(tmp_path, train_here):
    nowhere = ["--start-from", str(tmp_path / "nowhere"), "--seeds", "0", "--out", str(tmp_path / "s")]
    several = train_here("--steps", "6", *nowhere)
    assert isinstance(several.exception, AxiscopeError)
    assert "1 of 1 runs failed" in str(several.exception)
    assert "nowhere, which does not exist" in " ".join((tmp_path / "s/seed-0/train.log").read_text().split())
