"""A home of version 0.1 (revision 2a55b40) keeps its models, scores and jobs.

`home_of_0_1.tar.gz` is such a home: the model demo-disc, scores of it by an evaluation job, a finished and a cancelled
training. Its caches, data sets and checkpoints were left out, and paths of the machine replaced.
"""

import sqlite3
import tarfile
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from backend.app import create_app
from backend.settings import Settings

ARCHIVE = Path(__file__).with_name("home_of_0_1.tar.gz")


@pytest.fixture
def home(tmp_path):
    with tarfile.open(ARCHIVE) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)  # Python 3.11.4 or newer
        archive.extractall(tmp_path)
    return tmp_path


def rows(home: Path, query: str) -> list[tuple]:
    connection = sqlite3.connect(home / "axiscope.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_a_home_of_version_0_1_keeps_models_scores_and_jobs(home):
    assert rows(home, "SELECT version_num FROM alembic_version") == [("0002",)]
    scores = dict(rows(home, "SELECT metric, score FROM metric_results WHERE state = 'ready'"))
    jobs = dict(rows(home, "SELECT id, state FROM jobs"))
    assert {"mig", "sap"} <= scores.keys()
    settings = Settings(home=home, bundled_zoo=home / "none", device="cpu")
    for _ in range(2):  # the second start finds a home that is up to date
        with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as client:
            (model,) = client.get("/api/v1/models").json()["items"]
            assert (model["id"], model["problem"]) == ("demo-disc", None)
            decoded = client.post("/decode", json={"model": "demo-disc", "latents": [[0.0] * model["latents"]]})
            assert decoded.status_code == 200
            table = client.get("/metrics?model=demo-disc").json()["items"]
            assert {row["metric"]: row["value"] for row in table if row["state"] == "ready"} == scores
            listed = client.get("/api/v1/jobs").json()["items"]
            assert {int(job["id"]): job["state"] for job in listed} == jobs
            assert client.get("/api/v1/jobs/2").json()["name"] == "three steps"
            assert client.get("/api/v1/jobs/1/log").status_code == 200
            assert client.get("/api/v1/jobs/2/film/000000003.png").content[:4] == b"\x89PNG"
    assert rows(home, "SELECT version_num FROM alembic_version") > [("0002",)]
