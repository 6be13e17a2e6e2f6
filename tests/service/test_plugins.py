"""The service describes plugins from `training/plugins.json`, and names those that do not fit it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.demo_zoo import write_entry
from tests.service.attacked_service import ROOT, Service, running
from training.registry import KINDS

JOB = {"kind": "train", "spec": {"objective": "beta_vae", "dataset": "color_dsprites", "steps": 10}}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the package `training`, compiled as the original is."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "training", folder / "training")
    return folder


@pytest.fixture
def trainer(checkout: Path) -> Iterator[Path]:
    """The copy, whose plugins a test may change: it is whole again after the test."""
    yield checkout / "training"
    shutil.rmtree(checkout / "training")
    shutil.copytree(ROOT / "training", checkout / "training")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plugins")
    write_entry(folder / "zoo", "demo-disc")
    return folder


@pytest.fixture(scope="module")
def service(home: Path, checkout: Path) -> Iterator[Service]:
    """A service that runs on the copy."""
    with running(home, PYTHONPATH=os.pathsep.join([str(checkout), str(ROOT)])) as service:
        yield service


def test_every_plugin_is_described(client):
    document = client.get("/api/v1/schemas").json()
    assert {kind.folder: list(document[kind.folder]) for kind in KINDS} == {
        kind.folder: list(kind.names()) for kind in KINDS
    }
    assert document["objectives"]["beta_vae"]["schema"]["properties"]["beta"]["default"] == 4.0


def test_no_process_is_started_for_the_schemas_and_none_for_checking_a_job(home: Path):
    code = f"""
import sys
from fastapi.testclient import TestClient
from backend.app import create_app
from backend.settings import Settings
started = []
sys.addaudithook(lambda event, given: started.append(given) if event in ("subprocess.Popen", "os.fork") else None)
with TestClient(create_app(Settings()), base_url="http://127.0.0.1:8000") as client:
    before = len(started)
    assert client.get("/api/v1/schemas").status_code == 200
    answer = client.post("/api/v1/jobs", json={JOB})
    assert answer.status_code == 201, answer.text
    assert client.get("/api/v1/scores").status_code == 200
    assert started[before:] == [], started
assert not {{"torch", "rfc3987_syntax"}} & set(sys.modules)
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "AXISCOPE_HOME": str(home), "OMP_NUM_THREADS": "1"}
    environment["AXISCOPE_BUNDLED_ZOO"] = str(home / "none")
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_plugin_without_a_description_is_named_until_it_has_one(service: Service, trainer: Path, home: Path):
    shutil.copyfile(trainer / "objectives/beta_vae.py", trainer / "objectives/mine.py")
    wanted = {**JOB, "spec": {**JOB["spec"], "objective": "mine"}}
    sentence = (
        "got training/plugins.json without the objective 'mine'; allowed: a description of each plugin; run `make docs`"
    )
    for answer in (service.send("GET", "/api/v1/schemas"), service.send("POST", "/api/v1/jobs", wanted)):
        assert (answer[0], answer[1]["detail"]) == (503, sentence)
    assert service.send("GET", "/api/v1/scores")[0] == 200  # a table of metrics needs no objective

    environment = {**os.environ, "PYTHONPATH": f"{trainer.parent}{os.pathsep}{ROOT}", "AXISCOPE_HOME": str(home)}
    environment["AXISCOPE_BUNDLED_ZOO"] = str(home / "none")
    command = [sys.executable, "-m", "backend", "doctor", "--json"]
    done = subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, check=False)
    (found,) = [each for each in json.loads(done.stdout)["findings"] if each["area"] == "plugins"]
    assert (found["state"], found["mend"]) == ("fault", "make docs")
    assert "'mine'" in found["detail"]

    file = trainer / "plugins.json"
    document = json.loads(file.read_bytes())
    document["objectives"]["mine"] = document["objectives"]["beta_vae"]
    file.write_text(json.dumps(document))
    status, known, _ = service.send("GET", "/api/v1/schemas")
    assert (status, "mine" in known["objectives"]) == (200, True)
    assert service.send("POST", "/api/v1/jobs", wanted)[0] == 201


def test_a_metric_without_a_description_is_named_by_the_score_table(service: Service, trainer: Path):
    shutil.copyfile(trainer / "metrics/mig.py", trainer / "metrics/mine.py")
    for path in ("/api/v1/scores", "/api/v1/metrics"):
        status, problem, _ = service.send("GET", path)
        assert (status, "the metric 'mine'" in problem["detail"]) == (503, True), problem


def test_a_description_without_its_plugin_is_named(service: Service, trainer: Path):
    (trainer / "architectures/conv_deep.py").unlink()
    status, problem, _ = service.send("GET", "/api/v1/schemas")
    assert status == 503
    assert problem["detail"] == (
        "got training/plugins.json with the architecture 'conv_deep', which does not exist; allowed: the present "
        "plugins; run `make docs`"
    )


@pytest.mark.parametrize("damage", ["missing", "conflict"])
def test_a_file_that_cannot_be_read_is_named(service: Service, trainer: Path, damage: str):
    file = trainer / "plugins.json"
    if damage == "missing":
        file.unlink()
    else:
        file.write_text("<<<<<<< HEAD\n" + file.read_text())
    status, problem, _ = service.send("GET", "/api/v1/schemas")
    assert status == 503
    assert problem["detail"].startswith("got training/plugins.json, which cannot be read (")
    assert problem["detail"].endswith("run `make docs`")
