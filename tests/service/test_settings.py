"""One class of settings: every process reads the same home, whatever way it is written."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import models_zoo.home
from backend.settings import Settings, read_settings
from models_zoo.errors import InvalidInput

ROOT = Path(__file__).parents[2]


def test_a_tilde_in_the_home_is_the_same_folder_for_service_worker_attempt_and_trainer(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AXISCOPE_HOME", "~/axi")
    settings = read_settings()
    assert settings.home == models_zoo.home.home() == tmp_path / "axi"
    assert settings.database == f"sqlite:///{tmp_path}/axi/axiscope.db"
    assert settings.artifacts == f"{tmp_path}/axi/jobs"
    assert settings.environment()["AXISCOPE_HOME"] == str(tmp_path / "axi")
    assert read_settings(home=Path("~/other")).home == tmp_path / "other" == models_zoo.home.home()


def test_a_standalone_worker_works_in_the_home_that_a_tilde_means(tmp_path):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AXISCOPE_")}
    given = {"HOME": str(tmp_path), "AXISCOPE_HOME": "~/axi", "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-m", "backend", "worker"],
        env={**kept, **given},
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if "dispatcher started" in line:
                break
        assert str(tmp_path / "axi") in line
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert (tmp_path / "axi" / "axiscope.db").is_file()
    assert not (tmp_path / "~").exists()


def test_an_empty_variable_is_the_default(monkeypatch):
    for name in ("AXISCOPE_PORT", "AXISCOPE_RUNNER", "AXISCOPE_LEASE_SECONDS", "AXISCOPE_HOME"):
        monkeypatch.setenv(name, "")
    settings = read_settings()
    assert (settings.port, settings.runner, settings.lease_seconds) == (8000, "local", 60)
    assert settings.home == Path.home() / ".axiscope"


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "x"), ("RUNNER", "slurm"), ("LEASE_SECONDS", "0"), ("TRUSTED_HOSTS", "a.example")]
)
def test_a_value_that_is_not_allowed_names_its_variable(monkeypatch, name, value):
    monkeypatch.setenv(f"AXISCOPE_{name}", value)
    with pytest.raises(InvalidInput, match=name if name != "TRUSTED_HOSTS" else "trusted_hosts"):
        read_settings()


def test_each_setting_is_documented_once():
    page = (ROOT / "docs" / "configuration.md").read_text()
    for name in Settings.model_fields:
        assert page.count(f"| `AXISCOPE_{name.upper()}` |") == 1
