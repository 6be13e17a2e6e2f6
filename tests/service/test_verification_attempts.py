"""Verification by a job, from a run folder, and of the shipped models."""
# ruff: noqa: F811 - tests take the fixtures by their names

import json
from dataclasses import replace
from pathlib import Path

from fastapi.testclient import TestClient
from typer.testing import CliRunner

from backend.app import create_app
from backend.cli import app as command
from backend.commands.attempt import handlers
from backend.models import verification_reports
from backend.schemas.verification import Verification
from backend.scores import model_figures
from models_zoo.manifest import (
    CHECKSUMS,
    read_manifest,
)
from tests.service.verified_model import MODEL, alter, few_images, made, settings  # noqa: F401 - fixtures
from training.data.local import open_dataset
from training.runs import checkpoint
from training.runs.export import export_run
from training.runs.run_config import resolve
from training.runs.trainer import Trainer


def test_a_verification_is_queued_like_an_evaluation(settings):
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as client:
        answer = client.post("/api/v1/jobs", json={"kind": "verify", "spec": {"model": MODEL}})
        assert (answer.status_code, answer.json()["kind"]) == (201, "verify")
        unknown = client.post("/api/v1/jobs", json={"kind": "verify", "spec": {"model": "nothing"}})
        assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/spec/model")
        stray = client.post("/api/v1/jobs", json={"kind": "verify", "spec": {"model": MODEL, "seed": 1}})
        assert stray.status_code == 422


class Reported:
    """Context of an attempt that is never stopped; it keeps the progress."""

    def __init__(self):
        self.records = []

    def check(self):
        pass

    def should_stop(self):
        return False

    def progress(self, record):
        self.records.append(record)


def test_the_worker_of_a_job_verifies_and_stores_the_report(settings):
    alter(settings, score=0.25)
    context = Reported()
    handler = handlers(settings)["verify"]
    handler.prepare()
    result = handler.work({"spec": {"model": MODEL}}, settings.home, context)
    report = Verification.model_validate_json(verification_reports.path_of(settings.home, MODEL).read_bytes())
    assert (result["model"], result["state"]) == (MODEL, "differs")
    assert {name: result[name] for name in report.counts.model_dump()} == report.counts.model_dump()
    assert result["different"] == 1
    assert "encoding" in {record["phase"] for record in context.records}


def test_the_run_folder_gives_the_parity_of_the_export(tmp_path, monkeypatch):
    """The weights of the training are those of the model; altered ones are found."""
    home = tmp_path / "home"
    monkeypatch.delenv("AXISCOPE_DATABASE_URL", raising=False)
    monkeypatch.setenv("AXISCOPE_HOME", str(home))
    monkeypatch.setenv("AXISCOPE_BUNDLED_ZOO", str(home / "none"))
    values = {"dataset": "dsprites", "objective": "vae", "architecture": "mlp1200", "latents": 2, "batch_size": 8}
    config = resolve({**values, "steps": 2, "film_frames": 0})
    dataset = open_dataset("dsprites", {}, home / "data")
    run = tmp_path / "run"
    Trainer(config, run, dataset).train()
    export_run(run, home / "zoo", home / "data", model_id="small")

    def parity():
        done = CliRunner().invoke(command, ["verify", "small", "--run", str(run), "--json"])
        (report,) = json.loads(done.stdout)["models"]
        return done.exit_code, {each["name"]: each["state"] for each in report["figures"] if each["group"] == "parity"}

    assert parity() == (0, dict.fromkeys(("mean", "logvar", "image", "images"), "equal"))
    path = checkpoint.path_of(run, 2)
    saved = checkpoint.load(path)
    altered = {name: tensor + 0.05 if "decoder" in name else tensor for name, tensor in saved.tensors.items()}
    checkpoint.save(path, replace(saved, tensors=altered))
    code, states = parity()
    assert (code, states["mean"], states["image"]) == (1, "equal", "different")


def test_files_of_the_shipped_models_have_their_checksums():
    bundled = Path(model_figures.__file__).parents[2] / "models_zoo" / "bundled"
    for folder in sorted(bundled.iterdir()):
        figures = list(model_figures.file_figures(folder, read_manifest(folder)))
        assert {figure.state for figure in figures} == {"equal"}, folder.name
        assert {figure.name for figure in figures} == {path.name for path in folder.iterdir()} - {CHECKSUMS}
