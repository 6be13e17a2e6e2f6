"""`axiscope evaluate` stores its results, `axiscope doctor` reports faults and how to fix them, `--version`."""

import json
import subprocess
import sys
from importlib.metadata import version

import pytest
from typer.testing import CliRunner

from backend.cli import app as command
from backend.commands import doctor_checks
from backend.settings import Settings
from models_zoo.codec import CUDA
from tests.demo_zoo import write_entry, write_zoo


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("AXISCOPE_HOME", str(tmp_path))
    monkeypatch.setenv("AXISCOPE_BUNDLED_ZOO", str(tmp_path / "none"))
    monkeypatch.delenv("AXISCOPE_DATABASE_URL", raising=False)
    return tmp_path


def evaluate(*arguments):
    done = CliRunner().invoke(command, ["evaluate", "demo-disc", "--rows", "600", "--json", *arguments])
    assert done.exit_code == 0, (done.exception, done.stderr)
    return json.loads(done.stdout)["metrics"]


def test_a_stored_value_is_not_computed_again_until_something_changed(home):
    write_entry(home / "zoo", "demo-disc")
    first = evaluate("--metrics", "mig,cbd")
    assert [first[name]["cached"] for name in ("mig", "cbd")] == [False, False]
    assert first["cbd"]["score"] is not None
    again = evaluate("--metrics", "mig,cbd,modularity")
    assert [again[name]["cached"] for name in ("mig", "cbd", "modularity")] == [True, True, False]
    assert again["mig"]["score"] == first["mig"]["score"]
    for change in (["--seed", "1"], ["--set", "mig.bins=10"], ["--mode", "parity"], ["--rows", "500"], ["--again"]):
        assert evaluate("--metrics", "mig", *change)["mig"]["cached"] is False
    write_entry(home / "zoo", "demo-disc", mixing=0.3)
    assert evaluate("--metrics", "mig")["mig"]["cached"] is False


def test_evaluating_a_model_that_is_not_there_names_what_there_is(home):
    write_entry(home / "zoo", "demo-disc")
    done = CliRunner().invoke(command, ["evaluate", "demo-disk"])
    assert done.exit_code != 0
    assert "demo-disc" in str(done.exception)


def test_the_doctor_finds_the_broken_model_and_names_the_remedy(home):
    write_zoo(home / "zoo")
    done = CliRunner().invoke(command, ["doctor", "--json"])
    report = json.loads(done.stdout)
    faults = [each for each in report["findings"] if each["state"] == "fault" and each["area"] == "zoo"]
    assert done.exit_code == 1
    assert ["demo-truncated" in each["detail"] for each in faults] == [True]
    assert "export it again" in faults[0]["mend"]
    areas = {each["area"] for each in report["findings"]}
    assert areas == {"versions", "devices", "database", "zoo", "data", "plugins", "queue", "page"}


def test_the_doctor_survives_a_database_that_is_not_there(home, monkeypatch):
    monkeypatch.setenv("AXISCOPE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing?connect_timeout=2")
    done = CliRunner().invoke(command, ["doctor"])
    assert done.exit_code == 1
    assert "FAULT database" in done.stdout
    assert "AXISCOPE_DATABASE_URL" in done.stdout


def test_the_doctor_finds_no_fault_in_an_unused_home(home, monkeypatch):
    monkeypatch.delenv("AXISCOPE_BUNDLED_ZOO")
    done = CliRunner().invoke(command, ["doctor", "--json"])
    report = json.loads(done.stdout)
    assert (done.exit_code, report["faults"]) == (0, 0)
    notes = {each["area"]: each["detail"] for each in report["findings"] if each["state"] == "note"}
    assert "no queue yet" in notes["queue"]
    assert "celeba" in notes["data"]


def test_the_doctor_finds_a_data_set_whose_file_was_cut_short(home):
    (home / "data" / "shapes3d").mkdir(parents=True)
    (home / "data" / "shapes3d" / "3dshapes.h5").write_bytes(b"far from whole")
    done = CliRunner().invoke(command, ["doctor"])
    assert done.exit_code == 1
    assert "FAULT data      shapes3d" in done.stdout
    assert "axiscope data check shapes3d" in done.stdout


def test_the_version_is_that_of_the_installed_distribution():
    done = CliRunner().invoke(command, ["--version"])
    assert (done.exit_code, done.stdout) == (0, f"axiscope {version('axiscope')}\n")


@pytest.mark.parametrize(
    ("module", "extra", "database"),
    [
        ("onnxruntime", "axiscope[cpu]", None),
        ("psycopg", "axiscope[postgres]", "postgresql+psycopg://user@localhost/x"),
    ],
)
def test_a_library_that_is_not_installed_is_named_with_its_extra(module, extra, database, home, monkeypatch):
    if database:
        monkeypatch.setenv("AXISCOPE_DATABASE_URL", database)
    program = f"import sys; sys.modules['{module}'] = None; import backend.cli; backend.cli.main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "up", "--port", "0"], check=False, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 2
    assert (done.stderr.count("\n"), extra in done.stderr) == (1, True)


def test_the_doctor_tries_a_graph_where_there_is_a_gpu(tmp_path, monkeypatch):
    smi = tmp_path / "nvidia-smi"
    smi.write_text("#!/bin/sh\necho 'GPU 0: NVIDIA H200'\n")
    smi.chmod(0o755)
    monkeypatch.setattr(doctor_checks.shutil, "which", lambda _: str(smi))
    monkeypatch.setattr(doctor_checks.onnxruntime, "get_available_providers", lambda: [CUDA, "CPUExecutionProvider"])
    for problem in (None, "libcublasLt.so.13: cannot open shared object file"):
        monkeypatch.setattr(doctor_checks, "cuda_problem", lambda problem=problem: problem)
        faults = [each for each in doctor_checks.devices(Settings(home=tmp_path)) if each.state == "fault"]
        assert [each.detail for each in faults] == ([f"ONNX Runtime cannot use the GPU: {problem}"] if problem else [])
        assert all("onnxruntime-gpu[cuda,cudnn]" in each.mend for each in faults)
