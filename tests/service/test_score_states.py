"""The state of a score is what the queue says: queued, running and failed come from evaluation jobs."""

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete

from backend.app import create_app
from backend.db import metric_results
from backend.db.tables import MetricResult
from backend.jobs.queue import transitions
from backend.jobs.tables import jobs
from backend.settings import Settings
from tests.demo_zoo import write_entry
from tests.jobs.conftest import postgres, postgres_url  # noqa: F401 - fixtures
from training.registry import METRICS

MODEL = "demo-disc"


@pytest.fixture(params=["sqlite", "postgresql"])
def client(request, tmp_path):
    for name in (MODEL, "demo-other"):
        write_entry(tmp_path / "zoo", name)
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    app = create_app(Settings(home=tmp_path, database_url=url, bundled_zoo=tmp_path / "none", device="cpu"))
    with TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as client:
        with app.state.context.database.write_session() as session:
            session.execute(delete(MetricResult))
        yield client


def evaluate(client, metrics, model=MODEL, seed=0):
    spec = {"model": model, "metrics": metrics, "seed": seed}
    answer = client.post("/api/v1/jobs", json={"kind": "evaluate", "spec": spec})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def move(client, job, state, error=None):
    with client.app.state.context.database.write() as connection:
        which = jobs.c.id == int(job)
        if state in ("leased", "running"):
            connection.execute(jobs.update().where(which).values(state=state))
        else:
            transitions.finish_jobs(connection, which, state, state, {"error": error})


def record(client, *metrics, model=MODEL):
    with client.app.state.context.database.write_session() as session:
        metric_results.record(session, model, "v1", [{"metric": name, "score": 0.5} for name in metrics])


def states(client, model=MODEL, **query):
    answer = client.get("/metrics", params={"model": model, **query})
    assert answer.status_code == 200, answer.text
    return [(row["metric"], row["state"], row["reason"]) for row in answer.json()["items"]]


def cell(client, metric):
    rows = client.get("/api/v1/scores", params={"model": MODEL}).json()["rows"]
    return rows[0]["cells"].get(metric)


def test_a_score_is_queued_running_failed_and_ready_as_its_job_is(client):
    job = evaluate(client, ["cbd", "mig"])
    assert states(client) == [("cbd", "queued", None), ("mig", "queued", None)]
    assert client.get("/metrics", params={"model": MODEL}).json()["items"][0]["job"] == job
    assert cell(client, "mig") == {"score": None, "state": "queued"}
    for state in ("leased", "running"):
        move(client, job, state)
        assert states(client, metric="mig") == [("mig", "running", None)]
    assert cell(client, "mig")["state"] == "running"
    assert "mig,,,,,corrected,0,,running,false,," in client.get("/metrics", headers={"Accept": "text/csv"}).text
    move(client, job, "failed", error="no room left")
    assert states(client, metric="mig") == [("mig", "failed", "no room left")]
    assert cell(client, "mig") == {"score": None, "state": "failed", "reason": "no room left"}
    record(client, "mig")
    assert states(client) == [("cbd", "failed", "no room left"), ("mig", "ready", None)]
    assert states(client, mode="parity") == []


def test_a_score_that_is_there_shows_that_it_is_computed_again(client):
    record(client, "mig")
    job = evaluate(client, ["mig"], seed=3)
    assert states(client) == [("mig", "ready", None), ("mig", "queued", None)]
    shown = cell(client, "mig")
    assert (shown["state"], shown["score"]) == ("queued", 0.5)
    move(client, job, "failed", error="lost")
    assert cell(client, "mig")["state"] == "failed"
    move(client, evaluate(client, ["mig"]), "succeeded")
    assert states(client) == [("mig", "ready", None)]
    move(client, evaluate(client, ["mig"]), "cancelled")
    assert states(client) == [("mig", "ready", None)]


def test_a_running_evaluation_goes_before_one_that_waits(client):
    move(client, evaluate(client, ["mig"]), "running")
    evaluate(client, ["mig", "cbd"])
    assert states(client) == [("cbd", "queued", None), ("mig", "running", None)]


def test_an_evaluation_of_all_metrics_marks_each_of_them(client):
    evaluate(client, [])
    assert {name for name, state, _ in states(client) if state == "queued"} == set(METRICS.names())


def test_pages_hold_every_result_and_every_unfinished_score_once(client):
    record(client, "mig", "sap")
    record(client, "cbd", model="demo-other")
    evaluate(client, ["cbd", "mig", "udr"])
    evaluate(client, ["cbd", "sap"], model="demo-other")
    expected = client.get("/metrics").json()["items"]
    assert len(expected) == 8
    found, cursor = [], {}
    for _ in range(9):
        page = client.get("/metrics", params={"limit": 1, **cursor}).json()
        found += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert found == expected


def test_an_evaluation_that_waits_for_its_training_is_of_no_model_yet(client):
    train = {"dataset": "dsprites", "objective": "vae", "steps": 10, "model": MODEL}
    assert client.post("/api/v1/jobs", json={"kind": "train", "spec": train}).status_code == 201
    assert states(client) == []
