"""No absolute path of the machine leaves it: every answer and every file of a site is read for one."""

import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update
from typer.testing import CliRunner

from backend.app import create_app
from backend.cli import app as command
from backend.db import metric_results
from backend.db.tables import MetricResult
from backend.jobs.queue import submit, transitions
from backend.jobs.records import NewJob
from backend.jobs.tables import jobs
from backend.routes.templates import vendor
from backend.settings import Settings
from models_zoo.path_privacy import without_folders, without_paths
from tests.demo_zoo import write_entry
from tests.jobs.rows import add

SECRET = "/srv/hidden-root/people"
MODEL = "demo-disc"


def spoil(folder):
    """Write absolute paths wherever a manifest takes text."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["training"]["start_from"] = f"{SECRET}/runs/first"
    manifest["dataset_settings"] = {}
    manifest["provenance"]["command"] = f"axiscope train --data-set path={SECRET} --out '{SECRET}/My runs/x' --seed 3"
    manifest["provenance"]["note"] = f"continued from {SECRET}/runs/first, see ~/hidden-root/notes.txt"
    path.write_text(json.dumps(manifest))


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    made = tmp_path_factory.mktemp("home") / "hidden-root"
    spoil(write_entry(made / "zoo", MODEL))
    broken = write_entry(made / "zoo", "demo-broken")
    (broken / "decoder.onnx").unlink()
    folder = write_entry(made / "zoo", "demo-own")
    spoil(folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest |= {"dataset": "own", "dataset_settings": {"path": f"{made}/data/faces", "labels": f"{SECRET}/labels.csv"}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AXISCOPE_HOME", str(made))
        yield made


@pytest.fixture(scope="module")
def client(home):
    app = create_app(Settings(home=home, bundled_zoo=home / "none", device="cpu"))
    with TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as client:
        context = app.state.context
        with context.database.write_session() as session:
            result = {"metric": "fid", "settings": {"weights": f"{SECRET}/w.pth"}, "reason": f"no file at {SECRET}/w"}
            metric_results.record(session, MODEL, "v", [result])
            session.execute(update(MetricResult).values(details={"folder": SECRET}))
        spec = {"dataset": "own", "dataset_settings": {"path": f"{home}/data/faces"}, "objective": "vae", "latents": 3}
        queued = NewJob(kind="train", name="run", spec=spec, spec_hash="x", steps=10)
        (job,) = add(context.database, [queued])
        with context.database.write() as connection:
            error = f"No space left on device at {home}/jobs/1/work-1/x.pt"
            result = {"model": MODEL, "folder": SECRET}
            transitions.finish_jobs(
                connection, jobs.c.id == job, "failed", "failed", {"error": error, "result": result}
            )
            spec = {"base": spec, "grid": {"dataset_settings.path": [SECRET]}, "defaults": {}, "pack": 1, "priority": 0}
            sweep = submit.insert_sweep(connection, submit.NewSweep("paths", spec, total=1))
            connection.execute(jobs.update().values(sweep_id=sweep, position=0, attempt=1))
        log = home / "jobs" / str(job) / "1.log"
        log.parent.mkdir(parents=True)
        log.write_text(f'Traceback:\n  File "{home}/x/trainer.py", line 3\nsaved to {SECRET}/runs/first\n')
        yield client


def addresses(client):
    """Every address of the API that is read, with what is there in the place of its parameters."""
    values = {
        "model_id": [MODEL, "demo-own", "demo-broken"],
        "job": ["1"],
        "sweep": ["1"],
        "figure": ["pcc", "history"],
    }
    for path, item in client.get("/openapi.json").json()["paths"].items():
        if "get" not in item or path.endswith("/events"):
            continue
        made = [path]
        for parameter in item["get"].get("parameters", []):
            if parameter["in"] == "path":
                names = values.get(parameter["name"], ["dsprites", "own", "manifest.json", "nothing"])
                made = [each.replace(f"{{{parameter['name']}}}", name) for each in made for name in names]
        yield from made
    yield from ("/", "/jobs", "/scores", "/studies", "/data/own", f"/explore/{MODEL}", "/explore/demo-own", "/sweeps/1")
    yield from (
        "/api/v1/metrics?details=true",
        "/readyz",
        "/-/prometheus",
        "/docs/api",
        "/nothing",
        "/api/v1/jobs/1/events",
    )


def test_no_answer_names_a_folder_of_the_machine(client, home):
    read = 0
    for address in addresses(client):
        for accept in ("application/json", "text/html"):
            answer = client.get(address, headers={"Accept": accept})
            assert "hidden-root" not in answer.text, (address, accept)
            assert str(Path.cwd()) not in answer.text, (address, accept)
            read += answer.status_code == 200
    assert read > 50
    model = client.get("/api/v1/models/demo-own").json()
    assert model["dataset_settings"] == {"path": "faces", "labels": "labels.csv"}
    assert model["provenance"]["command"] == "axiscope train --data-set path=people --out 'x' --seed 3"
    job = client.get("/api/v1/jobs/1").json()
    assert job["error"] == "No space left on device at AXISCOPE_HOME/jobs/1/work-1/x.pt"
    assert job["spec"]["dataset_settings"] == {"path": "faces"}
    assert 'File "AXISCOPE_HOME/x/trainer.py", line 3\nsaved to first' in client.get("/api/v1/jobs/1/log").text


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        ("train", {"dataset": "own", "objective": "vae", "dataset_settings": {"path": "missing"}}),
        ("train", {"dataset": "cars3d", "objective": "vae"}),
        ("evaluate", {"model": "demo-own"}),
        ("evaluate", {"model": "demo-broken"}),
        ("export", {"job": "1"}),
    ],
)
def test_no_refusal_names_a_folder_of_the_machine(client, kind, spec):
    answer = client.post("/api/v1/jobs", json={"kind": kind, "spec": spec})
    assert answer.status_code in (404, 409, 422)
    assert "hidden-root" not in answer.text


def test_no_file_of_a_site_names_a_folder_of_the_machine(client, home, tmp_path):
    if not vendor()["ort"]:
        pytest.skip("the browser libraries are not installed")
    done = CliRunner().invoke(command, ["site", MODEL, "demo-own", "--out", str(tmp_path / "site")])
    assert done.exit_code == 0, (done.exception, done.stderr)
    texts = [path for path in (tmp_path / "site").rglob("*") if path.suffix in {".html", ".json"}]
    assert len(texts) > 6
    for path in texts:
        assert b"hidden-root" not in path.read_bytes(), path


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/a/b/c", "c"),
        ("/h/data/own/x", "own/x"),
        ("/h/zoo/m", "AXISCOPE_HOME/zoo/m"),
        ("/a/My photos/b", "b"),
        ("no path: and/or 3/4 https://x.example/a/b N/A a / b", "no path: and/or 3/4 https://x.example/a/b N/A a / b"),
        ("see /a/b/c.txt, ~/d/e and '/f/My g/h'", "see c.txt, e and 'h'"),
        ("x=/a/b y", "x=b y"),
        ({"p": ["/a/b", 3, None, True]}, {"p": ["b", 3, None, True]}),
    ],
)
def test_the_rule(text, shown):
    assert without_paths(text, Path("/h")) == shown


def test_messages_keep_addresses_of_the_api():
    text = "there is no job 3 at /h/jobs/3; GET /api/v1/jobs lists them, /etc/passwd is refused"
    assert without_folders(text, Path("/h")) == text.replace("/h/", "AXISCOPE_HOME/")
