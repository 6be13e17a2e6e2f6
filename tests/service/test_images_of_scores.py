"""Scores of one model on and off the distribution of its training: stored, listed, queued and verified side by side."""

import json

import numpy as np
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update
from typer.testing import CliRunner

from backend.app import create_app
from backend.cli import app as command
from backend.db.engine import Database
from backend.db.tables import MetricResult
from backend.models.registry import Registry
from backend.scores import score_figures
from backend.scores.evaluation import EvaluationRequest, evaluate_model
from backend.scores.verification import Verifier
from backend.settings import Settings
from models_zoo import statistics
from models_zoo.errors import InvalidInput
from models_zoo.manifest import EVALUATION, read_manifest, write_manifest
from tests.demo_zoo import write_entry
from training.data.local import open_dataset_of
from training.evaluation.images import CHOICES, ImagePool, pool_of
from training.evaluation.networks.loading import load_network

MODEL, PLAIN = "disc", "plain"
RULES = {"correlations": ["posX~posY:0.2"], "held_out_combinations": ["shape=2&scale=3-5"]}
METRICS = ["mig", "sap"]


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """Settings of a home with a model of correlated and incomplete data, and one of plain data."""
    home = tmp_path_factory.mktemp("home")
    folder = write_entry(home / "zoo", MODEL)
    (folder / EVALUATION).unlink()
    manifest = read_manifest(folder)
    values = {
        "dataset_settings": RULES,
        "training": {**manifest.training, "held_out": 0.1},
        "files": {name: file for name, file in manifest.files.items() if name != EVALUATION},
    }
    write_manifest(folder, manifest.model_copy(update=values))
    write_entry(home / "zoo", PLAIN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(statistics, "SAMPLE_IMAGES", 100)
        patch.setattr(statistics, "RECONSTRUCTION_IMAGES", 50)
        patch.setattr(score_figures, "ROWS", 600)
        patch.delenv("AXISCOPE_DATABASE_URL", raising=False)
        patch.setenv("AXISCOPE_HOME", str(home))
        patch.setenv("AXISCOPE_BUNDLED_ZOO", str(home / "none"))
        settings = Settings(home=home, bundled_zoo=home / "none", device="cpu")
        with Database(settings.database) as database:
            database.migrate()
            Registry(settings, database).refresh()
        for images in CHOICES:
            split = (400, 200) if images == "held_out" else None
            request = EvaluationRequest(metrics=METRICS, rows=600, images=images, split=split)
            evaluate_model(settings, MODEL, request, networks=load_network)
        yield settings


def rows(settings, **values):
    with Database(settings.database) as database, database.read_session() as session:
        found = session.scalars(select(MetricResult).filter_by(model_id=MODEL, **values)).all()
        return {(row.metric, row.images): (row.headline, row.score, row.split) for row in found}


def test_each_choice_draws_the_images_that_it_names(settings):
    manifest = read_manifest(settings.home / "zoo" / MODEL)
    dataset = open_dataset_of(manifest, settings.home)
    drawn = {choice: pool_of(manifest, dataset, choice).choose(20_000, seed=1) for choice in CHOICES}
    labels = {choice: dataset.labels(indices) for choice, indices in drawn.items()}

    def share_held_out(choice):
        return np.mean((labels[choice][:, 0] == 2) & (labels[choice][:, 1] >= 3))

    def correlation(choice):
        return np.corrcoef(labels[choice][:, 3], labels[choice][:, 4])[0, 1]

    assert [share_held_out(choice) for choice in ("training", "held_out", "held_out_combinations")] == [0, 0, 1]
    assert share_held_out("all") == pytest.approx(1 / 6, abs=0.01)
    assert correlation("training") > 0.7
    assert abs(correlation("all")) < 0.03
    assert abs(correlation("held_out_combinations")) < 0.03
    whole = ImagePool(np.arange(7)).choose(None, seed=0)
    assert whole.tolist() == list(range(7))


def test_scores_of_all_choices_stand_side_by_side_and_tables_show_one(settings):
    found = rows(settings)
    for metric in METRICS:
        of_metric = {images: row for (name, images), row in found.items() if name == metric}
        assert set(of_metric) == set(CHOICES)
        assert len({score for _, score, _ in of_metric.values()}) == len(CHOICES)
        assert [images for images, (headline, _, _) in of_metric.items() if headline] == ["held_out"]  # the newest
        assert of_metric["held_out"][2] == [400, 200]


def test_the_interface_names_the_images_of_each_row(settings):
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as client:
        items = client.get("/metrics", params={"model": MODEL, "metric": "sap"}).json()["items"]
        assert {row["images"] for row in items} == set(CHOICES)
        text = client.get("/metrics", params={"model": MODEL}, headers={"Accept": "text/csv"}).text
        assert text.splitlines()[0].endswith(",images")
        assert sum(line.endswith(",held_out_combinations") for line in text.splitlines()) == len(METRICS)


def test_every_score_is_verified_on_its_own_images(settings):
    with Verifier(settings, networks=load_network) as verifier:
        report = verifier.verify(MODEL)
    cells = [figure for figure in report.figures if figure.group == "database" and figure.name.endswith(": score")]
    names = {figure.name for figure in cells if figure.state == "equal"}
    for images in ("held_out", "training", "held_out_combinations"):
        assert {f"{metric}, corrected, seed 0, images {images}: score" for metric in METRICS} <= names
    assert {f"{metric}, corrected, seed 0: score" for metric in METRICS} <= {figure.name for figure in cells}


@pytest.mark.parametrize(
    ("values", "named"), [({"images": "training"}, "images training"), ({"split": [300, 300]}, "sap")]
)
def test_an_altered_choice_of_images_is_found(settings, values, named):
    row = {"metric": "sap", "images": "held_out", "model_id": MODEL}
    key = {"seed": 77} if "images" in values else {}  # another seed: else the key would be that of another row
    with Database(settings.database) as database:
        with database.write_session() as session:
            session.execute(update(MetricResult).filter_by(**row).values(**values, **key))
        with Verifier(settings, networks=load_network) as verifier:
            report = verifier.verify(MODEL)
        with database.write_session() as session:
            changed = {**row, **({"images": "training"} if "images" in values else {}), **key}
            before = {"images": "held_out", "split": [400, 200], "seed": 0}
            session.execute(update(MetricResult).filter_by(**changed).values(**before))
    different = [figure.name for figure in report.figures if figure.state == "different"]
    assert any(named in name for name in different if name.startswith("sap"))


def test_the_command_prints_a_column_for_each_choice(settings):
    options = ["evaluate", MODEL, "--metrics", "mig", "--rows", "600", "--images", "training,all,held_out_combinations"]
    document = json.loads(CliRunner().invoke(command, [*options, "--json"]).stdout)
    assert list(document["images"]) == ["all", "training", "held_out_combinations"]
    stored = rows(settings, metric="mig")
    for images, found in document["images"].items():
        assert found["mig"]["score"] == stored["mig", images][1]
        assert found["mig"]["cached"]
    assert document["metrics"] == document["images"]["all"]
    printed = CliRunner().invoke(command, options).stdout
    assert "held out combinations" in printed
    assert CliRunner().invoke(command, ["evaluate", MODEL, "--images", "some"]).exit_code != 0


def test_a_job_names_the_images_and_wrong_ones_are_refused(settings):
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as client:

        def post(model, images):
            spec = {"model": model, "metrics": ["mig"], "images": images}
            return client.post("/api/v1/jobs", json={"kind": "evaluate", "spec": spec})

        queued = post(MODEL, "held_out_combinations")
        assert (queued.status_code, queued.json()["spec"]["images"]) == (201, "held_out_combinations")
        assert "images" not in post(MODEL, "all").json()["spec"]
        for model, images, message in [
            (MODEL, "some", "all, held_out, training, held_out_combinations"),
            (PLAIN, "training", "all combinations were equally probable"),
            (PLAIN, "held_out", "trained on all images"),
        ]:
            refused = post(model, images)
            (error,) = refused.json()["errors"]
            assert (refused.status_code, error["pointer"]) == (422, "/spec/images")
            assert message in error["detail"]


@pytest.mark.parametrize(
    ("rules", "pointer"),
    [
        ({"correlations": ["posX~posY:0.2", "posX~hue:0.2"]}, "correlations/1"),
        ({"held_out_combinations": ["shape=3"]}, "held_out_combinations/0"),
        ({"held_out_combinations": ["shape=0-2"]}, "held_out_combinations"),
    ],
)
def test_a_training_job_or_sweep_with_a_wrong_rule_is_refused(settings, rules, pointer):
    run = {"dataset": "dsprites", "objective": "vae", "steps": 1}
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as client:
        spec = {**run, "dataset_settings": RULES}
        queued = client.post("/api/v1/jobs", json={"kind": "train", "spec": spec})
        assert (queued.status_code, queued.json()["spec"]["dataset_settings"]) == (201, RULES)
        refused = client.post("/api/v1/jobs", json={"kind": "train", "spec": {**run, "dataset_settings": rules}})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == f"/spec/dataset_settings/{pointer}"
        ((name, value),) = rules.items()
        sweep = {"base": run, "grid": {f"dataset_settings.{name}": [[], value]}}
        refused = client.post("/api/v1/jobs", json={"kind": "sweep", "spec": sweep})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == f"/spec/dataset_settings/{pointer}"


def test_held_out_combinations_of_a_model_that_held_out_none_are_refused(settings):
    manifest = read_manifest(settings.home / "zoo" / MODEL)
    correlated = manifest.model_copy(update={"dataset_settings": {"correlations": RULES["correlations"]}})
    with pytest.raises(InvalidInput, match="held out no combination"):
        pool_of(correlated, open_dataset_of(manifest, settings.home), "held_out_combinations")


def correlations(classes, weights):
    covariance = np.cov(classes, aweights=weights, ddof=0)
    return covariance / np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))


def test_the_distribution_of_a_query_equals_sums_over_all_images(settings):
    query = {
        "correlations": "posX~posY:0.3",
        "held_out_combinations": "shape=1&scale=0-1",
        "pair": "posY,scale",
        "sample": 9,
    }
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as client:
        found = client.get("/api/v1/datasets/dsprites/distribution", params=query).json()
        sizes = (3, 6, 40, 32, 32)
        shape, scale, _, x, y = np.indices(sizes).reshape(5, -1)
        weights = np.exp(-((x / 31 - y / 31) ** 2) / (2 * 0.3**2)) * ~((shape == 1) & (scale < 2))
        weights /= weights.sum()
        joint = np.zeros((32, 6))
        np.add.at(joint, (y, scale), weights)
        assert np.allclose(found["joint"], joint, atol=1e-12)
        assert found["allowed_images"] == round(np.prod(sizes) * (1 - 1 / 3 * 1 / 3))
        assert found["effective_images"] == pytest.approx(1 / (weights**2).sum())
        expected = correlations(np.stack([shape, scale, x, y]), weights)
        names = ("shape", "scale", "posX", "posY")
        at = [found["factors"].index(name) for name in names]
        assert np.allclose(np.array(found["correlation_matrix"])[np.ix_(at, at)], expected, atol=1e-9)
        assert len(found["sample"]) == 9
        assert not ((shape[found["sample"]] == 1) & (scale[found["sample"]] < 2)).any()
        for wrong, pointer in [
            ({"pair": "posX"}, "query/pair"),
            ({"correlations": "posX"}, "/dataset_settings/correlations/0"),
        ]:
            refused = client.get("/api/v1/datasets/dsprites/distribution", params={**query, **wrong})
            assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
