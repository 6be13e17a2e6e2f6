"""A home with one model whose stored figures are true, for the tests of `axiscope verify`."""

import shutil

import pytest
from sqlalchemy import update

from backend.db.engine import Database
from backend.db.tables import MetricResult
from backend.models.registry import Registry
from backend.scores import score_figures
from backend.scores.verification import Verifier
from backend.settings import Settings
from models_zoo import statistics
from models_zoo.codec import Codec
from models_zoo.manifest import (
    CHECKSUMS,
    EVALUATION,
    MANIFEST,
    SAMPLE,
    START,
    read_manifest,
    record_files,
    write_manifest,
)
from models_zoo.statistics import sample_indices, write_sample
from tests.demo_zoo import write_entry
from training.data.local import open_dataset
from training.evaluation.networks.loading import load_network
from training.evaluation.zoo_model import evaluate_zoo_model, write_evaluation
from training.runs.export import FILES

MODEL = "disc"
ROWS = 600
METRICS = ("cbd", "mig", "sap", "udr")
NAMES = (*FILES, EVALUATION, MANIFEST, CHECKSUMS)
"""Files of a model."""


@pytest.fixture(scope="module", autouse=True)
def few_images():
    """Samples and scores of few images keep the tests short."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(statistics, "SAMPLE_IMAGES", 400)
        patch.setattr(statistics, "RECONSTRUCTION_IMAGES", 100)
        patch.setattr(score_figures, "ROWS", ROWS)
        yield


@pytest.fixture(scope="module")
def made(few_images, tmp_path_factory):
    """A home whose model has true figures: sample, statistics and scores come from its graphs."""
    home = tmp_path_factory.mktemp("home")
    folder = write_entry(home / "zoo", MODEL)
    dataset = open_dataset("dsprites", {}, home / "data")
    indices = sample_indices(len(dataset))
    images, labels = dataset.images(indices), dataset.labels(indices)
    (folder / START).write_bytes(b"weights that the run started from")
    described = write_sample(folder, Codec(folder, device="cpu"), indices, images, labels, dataset.factors.names)
    manifest = read_manifest(folder)
    files = {**manifest.files, **record_files(folder, (SAMPLE, START))}
    write_manifest(folder, type(manifest).model_validate({**manifest.model_dump(), **described, "files": files}))
    cache = home / "cache"
    results = evaluate_zoo_model(folder, dataset, METRICS, networks=load_network, rows=ROWS, cache=cache)
    write_evaluation(folder, results)
    shutil.rmtree(cache)
    with Database(f"sqlite:///{home / 'axiscope.db'}") as database:
        database.migrate()
    return home


@pytest.fixture
def settings(made, tmp_path, monkeypatch):
    """Settings of a copy of the home."""
    monkeypatch.delenv("AXISCOPE_DATABASE_URL", raising=False)
    home = tmp_path / "home"
    shutil.copytree(made, home)
    monkeypatch.setenv("AXISCOPE_HOME", str(home))
    monkeypatch.setenv("AXISCOPE_BUNDLED_ZOO", str(home / "none"))
    settings = Settings(home=home, bundled_zoo=home / "none", device="cpu")
    with Database(settings.database) as database:
        Registry(settings, database).refresh()
    return settings


def verify(settings):
    with Verifier(settings, networks=load_network) as verifier:
        return verifier.verify(MODEL)


def problems(report):
    return [figure for figure in report.figures if figure.state in {"different", "outdated"}]


def alter(where, **values):
    """Write into the row of mig."""
    with Database(where.database) as database, database.write_session() as session:
        session.execute(update(MetricResult).where(MetricResult.metric == "mig").values(**values))
