"""Evaluations in the document of a sweep."""

import pytest
from fastapi.testclient import TestClient

from backend.app import create_app
from backend.jobs.queue import submit, transitions
from backend.jobs.tables import jobs
from backend.settings import Settings
from tests.jobs.test_http import TRAIN, post


@pytest.fixture
def client(tmp_path):
    app = create_app(Settings(home=tmp_path, bundled_zoo=tmp_path / "none", device="cpu"))
    with TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as client:
        yield client


def test_a_sweep_counts_its_evaluations_and_is_not_finished_before_them(client):
    queue = client.app.state.context.database
    base = {**TRAIN, "steps": 7}
    sweep = post(client, "sweep", {"base": base, "grid": {"seed": [0, 1]}}).json()
    assert submit.expand(queue) == 2
    address = f"/api/v1/sweeps/{sweep['id']}"
    trains = [int(cell["job"]) for cell in client.get(f"{address}/cells").json()["cells"]]

    def finish(job, outcome, **more):
        with queue.write() as connection:
            transitions.finish_jobs(connection, jobs.c.id == job, outcome, outcome, more)

    for job in trains:
        finish(job, "succeeded")
    shown = client.get(address).json()
    assert (shown["state"], shown["counts"]["succeeded"], shown["evaluations"]["queued"]) == ("running", 2, 2)
    cells = client.get(f"{address}/cells").json()["cells"]
    first, second = (cell["evaluation"] for cell in cells)
    assert (first["state"], second["error"]) == ("queued", None)
    finish(int(first["job"]), "succeeded")
    finish(int(second["job"]), "failed", error="no room")
    shown = client.get(address).json()
    assert shown["state"] == "finished"
    assert (shown["evaluations"]["succeeded"], shown["evaluations"]["failed"]) == (1, 1)
    listed = client.get("/api/v1/sweeps").json()["items"]
    assert next(each for each in listed if each["id"] == sweep["id"])["evaluations"] == shown["evaluations"]
    cells = client.get(f"{address}/cells").json()["cells"]
    assert [cell["evaluation"]["state"] for cell in cells] == ["succeeded", "failed"]
    assert cells[1]["evaluation"]["error"] == "no room"
