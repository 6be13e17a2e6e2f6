"""`axiscope verify`: every stored figure is compared with the weights, and each way to alter one is found and named."""
# ruff: noqa: F811 - tests take the fixtures by their names

import html
import json
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from backend.app import create_app
from backend.cli import app as command
from backend.db.engine import Database
from backend.db.tables import MetricResult, Model
from backend.models import verification_reports
from backend.models.registry import Registry
from models_zoo.manifest import (
    EVALUATION,
    MANIFEST,
    SAMPLE,
    read_manifest,
    record_files,
    write_manifest,
)
from tests.service.verified_model import (  # noqa: F401 - fixtures
    METRICS,
    MODEL,
    NAMES,
    ROWS,
    alter,
    few_images,
    made,
    problems,
    settings,
    verify,
)
from training.data.local import open_dataset
from training.datasets.mnist import FILES
from training.evaluation.networks.loading import load_network
from training.evaluation.zoo_model import evaluate_zoo_model


def test_a_true_model_is_verified_in_every_cell_of_the_score_table(settings):
    report = verify(settings)
    assert report.state == "verified", problems(report)
    names = {figure.name for figure in report.figures if figure.group == "database"}
    assert {f"{name}, corrected, seed 0: score" for name in METRICS} <= names
    assert report.counts.different == report.counts.outdated == 0
    groups = {figure.group for figure in report.figures}
    assert groups >= {"files", "sample", "latents", "reconstruction", "parity", "evaluation.json", "database"}
    assert report.counts.unchecked == 1  # parity without the run folder
    assert verification_reports.path_of(settings.home, MODEL).is_file()
    assert not (settings.home / "cache" / "codes").exists()


def test_codes_of_the_cache_are_not_trusted(settings, monkeypatch):
    folder = settings.home / "zoo" / MODEL
    dataset = open_dataset("dsprites", {}, settings.home / "data")
    evaluate_zoo_model(folder, dataset, ["cbd"], networks=load_network, rows=ROWS)
    (codes,) = (settings.home / "cache" / "codes").glob("*/mean.npy")
    np.save(codes, np.random.default_rng(0).normal(size=np.load(codes).shape).astype(np.float32))
    (poisoned,) = evaluate_zoo_model(folder, dataset, ["cbd"], networks=load_network, rows=ROWS)
    assert poisoned.score < 0.1
    assert verify(settings).state == "verified"


@pytest.mark.parametrize(
    "name",
    NAMES,
)
def test_a_flipped_byte_is_found_in_every_file(settings, name):
    folder = settings.home / "zoo" / MODEL
    assert {path.name for path in folder.iterdir()} == set(NAMES)
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 0xFF
    (folder / name).write_bytes(data)
    report = verify(settings)
    assert report.state == "differs"
    assert name in {figure.name for figure in problems(report)}


def test_a_missing_and_an_added_file_are_named(settings):
    folder = settings.home / "zoo" / MODEL
    (folder / "film.npz").unlink()
    (folder / "notes.txt").write_text("added")
    found = {figure.name: figure for figure in problems(verify(settings))}
    assert found["film.npz"].recomputed == "missing"
    assert found["notes.txt"].stored == "missing"


def edit(path: Path, change):
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda m: m["statistics"][0].update(kl_nats=m["statistics"][0]["kl_nats"] + 0.01), "z0 kl_nats"),
        (lambda m: m["statistics"][1]["correlations"].update(posX=0.999), "z1 correlations"),
        (lambda m: m["statistics"][2]["quantiles"].__setitem__(3, 0.5), "z2 quantiles"),
        (lambda m: m["statistics"][3].update(state="active"), "z3 state"),
        (lambda m: m["reconstruction"].update(kl_nats=1.0), "kl_nats"),
        (lambda m: m["parity"].update(image=0.5), MANIFEST),
        (lambda m: m["provenance"].update(images_seen=7), MANIFEST),
        (lambda m: m["training"].update(steps=7), MANIFEST),
    ],
)
def test_an_edited_number_of_the_manifest_is_named(settings, change, named):
    path = settings.home / "zoo" / MODEL / MANIFEST
    edit(path, change)
    names = {figure.name for figure in problems(verify(settings))}
    assert {named, MANIFEST} <= names


def test_an_edited_statistic_is_found_although_all_checksums_were_written_anew(settings):
    folder = settings.home / "zoo" / MODEL
    edit(folder / MANIFEST, lambda m: m["statistics"][0].update(mean=0.3))
    write_manifest(folder, read_manifest(folder))
    assert {figure.name for figure in problems(verify(settings))} == {"z0 mean"}


def test_an_edited_score_is_found_although_all_checksums_were_written_anew(settings):
    folder = settings.home / "zoo" / MODEL
    edit(folder / EVALUATION, lambda e: e["results"][1].update(score=e["results"][1]["score"] + 0.001))
    manifest = read_manifest(folder)
    files = {**manifest.files, **record_files(folder, (EVALUATION,))}
    write_manifest(folder, manifest.model_copy(update={"files": files}))
    found = problems(verify(settings))
    assert {figure.name for figure in found} == {"mig, corrected, seed 0: score"}
    assert {figure.group for figure in found} == {"evaluation.json", "database"}
    assert all(figure.difference == pytest.approx(0.001) for figure in found)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"score": 0.123}, "score"),
        ({"low": 0.0}, "interval"),
        ({"high": 1.0}, "interval"),
        ({"chance": 0.5}, "chance"),
        ({"n": 599}, "n"),
        ({"seed": 3}, "seed 3"),
        ({"mode": "parity"}, "corrected"),
        ({"reason": "none"}, "reason"),
        ({"details": {"entropy": [1.0]}}, "details"),
        ({"settings": {"bins": 7}}, "settings"),
        ({"settings": {"bins": -7}}, "mig"),
        ({"settings_hash": "0" * 64}, "hash"),
        ({"codes": "0" * 32}, "codes"),
        ({"metric_version": "99"}, "mig"),
        ({"model_version": "0" * 12}, "mig"),
        ({"headline": False}, "results that tables show"),
    ],
)
def test_an_altered_row_of_the_database_is_named(settings, values, named):
    alter(settings, **values)
    report = verify(settings)
    assert report.state == "differs"
    found = [figure.name for figure in problems(report) if figure.group == "database"]
    assert found
    assert any(named in name for name in found)
    assert all("mig" in name for name in found)


def test_a_deleted_row_and_an_altered_description_are_named(settings):
    with Database(settings.database) as database, database.write_session() as session:
        session.query(MetricResult).filter_by(metric="sap").delete()
        model = session.get_one(Model, MODEL)
        model.manifest = {**model.manifest, "reconstruction": {"kl_nats": 0.0}}
    names = {figure.name for figure in problems(verify(settings))}
    assert names == {"sap, corrected, seed 0", "description"}


def test_the_badge_follows_the_report_and_what_changes_afterwards(settings):
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as client:
        path = f"/api/v1/models/{MODEL}"

        def badge():
            return client.get(path).json()["verification"]["state"]

        assert badge() == "not verified"
        missing = client.get(f"{path}/verification")
        assert missing.status_code == 404
        assert "axiscope verify disc" in missing.json()["detail"]
        report = verify(settings)
        assert badge() == "verified"
        answer = client.get(f"{path}/verification").json()
        assert answer["counts"] == report.counts.model_dump()
        (listed,) = client.get("/api/v1/models").json()["items"]
        assert listed["verification"]["state"] == "verified"
        alter(settings, score=0.7)
        assert badge() == "out of date"
        assert client.get(f"{path}/verification").json()["state"] == "out of date"
        verify(settings)
        assert badge() == "differs"
        assert client.get(f"/verification/{MODEL}").status_code == 200


def without_images(settings):
    """Make the model one of MNIST, whose files the home does not have."""
    folder = settings.home / "zoo" / MODEL
    manifest = read_manifest(folder)
    write_manifest(folder, manifest.model_copy(update={"dataset": "mnist", "dataset_settings": {"side": 64}}))
    with Database(settings.database) as database:
        Registry(settings, database).refresh()


def test_a_model_without_its_images_is_unchecked_and_the_report_says_how_to_get_them(settings):
    without_images(settings)
    done = CliRunner().invoke(command, ["verify", MODEL, "--json"])
    document = json.loads(done.stdout)
    (report,) = document["models"]
    assert (done.exit_code, document["verified"], report["state"]) == (1, False, "unchecked")
    assert "got no train-images-idx3-ubyte.gz" in report["reason"]
    assert "axiscope data fetch mnist" in report["reason"]
    assert str(settings.home) not in report["reason"]
    unchecked = {(each["group"], each["name"]) for each in report["figures"] if each["state"] == "unchecked"}
    assert {("database", f"{name}, corrected, seed 0") for name in METRICS} <= unchecked
    assert {group for group, _ in unchecked} >= {"sample", "latents", "reconstruction", "evaluation.json"}
    assert {each["group"] for each in report["figures"] if each["state"] == "equal"} == {"files", "database"}
    done = CliRunner().invoke(command, ["verify", MODEL, "--allow-unchecked"])
    assert (done.exit_code, f"unchecked: {report['reason']}" in done.stdout) == (0, True)
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as client:
        badge = client.get(f"/api/v1/models/{MODEL}").json()["verification"]
        assert (badge["state"], badge["reason"]) == ("unchecked", report["reason"])
        assert report["reason"] in html.unescape(client.get(f"/explore/{MODEL}").text)


def test_an_altered_file_or_row_of_a_model_without_its_images_differs(settings):
    without_images(settings)
    alter(settings, headline=False)
    assert CliRunner().invoke(command, ["verify", MODEL, "--allow-unchecked"]).exit_code == 1
    sample = settings.home / "zoo" / MODEL / SAMPLE
    sample.write_bytes(bytes(len(sample.read_bytes())))
    report = verify(settings)
    assert report.state == "differs"
    assert {figure.name for figure in problems(report)} >= {SAMPLE, "mig: results that tables show"}


def test_a_damaged_data_set_is_no_fault_of_the_model(settings):
    without_images(settings)
    folder = settings.home / "data" / "mnist"
    folder.mkdir(parents=True)
    for source in FILES:
        (folder / source.name).write_bytes(b"no gzip file")
    report = verify(settings)
    assert (report.state, "which is no whole gzip file" in report.reason) == ("unchecked", True)


def test_the_command_prints_both_numbers_and_ends_with_1_where_one_differs(settings):
    done = CliRunner().invoke(command, ["verify", MODEL, "--json"])
    document = json.loads(done.stdout)
    assert (done.exit_code, document["verified"]) == (0, True)
    alter(settings, score=0.25)
    done = CliRunner().invoke(command, ["verify", "--all"])
    assert done.exit_code == 1
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("DIFFERENT")]
    assert "mig, corrected, seed 0: score" in line
    assert "0.25" in line
    assert CliRunner().invoke(command, ["verify"]).exit_code != 0
