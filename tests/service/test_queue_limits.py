"""Attacks on the queue: endless jobs, endless event streams, the largest sweep. Others are served meanwhile."""

import http.client

import pytest

from backend.catalog import plugins
from backend.catalog.data_paths import DataPaths
from backend.jobs.api import validation
from backend.settings import MAX_SWEEP_RUNS
from models_zoo.errors import InvalidInput
from tests.demo_zoo import write_entry
from tests.service.attacked_service import running

TRAIN = {"dataset": "dsprites", "objective": "beta_vae", "objective_settings": {"beta": 4}, "steps": 300}
RUNS = 2000
GROWTH = 300 * 1024**2


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    home = tmp_path_factory.mktemp("queue")
    write_entry(home / "zoo", "demo-disc")
    with running(home, AXISCOPE_QUEUED_JOBS="10", AXISCOPE_EVENT_STREAMS="3", AXISCOPE_SWEEP_RUNS="8") as started:
        yield started


def post(service, kind, spec):
    return service.send("POST", "/api/v1/jobs", {"kind": kind, "spec": spec})


def test_a_full_queue_refuses_a_job_with_a_remedy(service):
    with service.serving_others(GROWTH):
        answers = [post(service, "train", {**TRAIN, "seed": seed}) for seed in range(12)]
    assert [status for status, _, _ in answers] == [201] * 10 + [429] * 2
    problem = answers[-1][1]
    assert (problem["type"], problem["allowed"]) == ("/docs/problems/too-many", 10)
    assert "10 wait" in problem["detail"]
    assert "DELETE /api/v1/jobs/ID" in problem["detail"]
    assert post(service, "sweep", {"base": TRAIN, "grid": {"seed": [1, 2]}})[0] == 429
    for _, job, _ in answers[:3]:
        assert service.send("DELETE", f"/api/v1/jobs/{job['id']}")[0] == 200
    assert post(service, "sweep", {"base": TRAIN, "grid": {"seed": [21, 22, 23]}})[0] == 201
    assert post(service, "train", {**TRAIN, "seed": 30})[0] == 429


def test_a_sweep_beyond_the_setting_is_refused_with_the_setting(service):
    status, problem, _ = post(service, "sweep", {"base": TRAIN, "grid": {"seed": list(range(9))}})
    assert status == 422
    assert "at most 8 runs (AXISCOPE_SWEEP_RUNS); split the grid" in problem["detail"]


def test_event_streams_have_an_end_and_make_room_again(service):
    for waiting in service.send("GET", "/api/v1/jobs?state=queued")[1]["items"]:
        service.send("DELETE", f"/api/v1/jobs/{waiting['id']}")
    job = post(service, "train", {**TRAIN, "seed": 40})[1]["id"]
    path = f"/api/v1/jobs/{job}/events"
    streams = []
    with service.serving_others(GROWTH):
        for _ in range(3):
            connection = http.client.HTTPConnection(service.host, timeout=30)
            connection.request("GET", path)
            answer = connection.getresponse()
            assert (answer.status, answer.readline()[:3]) == (200, b"id:")
            streams.append((connection, answer))
        for _ in range(5):
            status, problem, _ = service.send("GET", path)
            assert (status, problem["allowed"]) == (429, 3)
        assert f"poll GET /api/v1/jobs/{job}" in problem["detail"]
        for connection, answer in streams:
            answer.close()
            connection.close()
        again = 429
        for _ in range(200):
            connection = http.client.HTTPConnection(service.host, timeout=30)
            connection.request("GET", path)
            answer = connection.getresponse()
            again = answer.status
            answer.close()
            connection.close()
            if again == 200:
                break
    assert again == 200


@pytest.fixture(scope="module")
def schemas():
    return plugins.schemas()


@pytest.mark.parametrize(
    ("axis", "values", "wrong"),
    [
        ("seed", list(range(RUNS)), -1),
        ("objective_settings.beta", [1 + n / 1000 for n in range(RUNS)], "x"),
    ],
)
def test_a_large_sweep_is_checked_value_by_value_without_resolving_each_run(
    monkeypatch, schemas, tmp_path, axis, values, wrong
):
    resolved = []
    resolve = validation.resolve
    monkeypatch.setattr(validation, "resolve", lambda *given: resolved.append(1) or resolve(*given))
    arguments = (None, 0, schemas, DataPaths(tmp_path), RUNS)
    made = validation.sweep({"base": TRAIN, "grid": {axis: values}}, *arguments)
    assert (made.total, len(resolved)) == (RUNS, 2)
    with pytest.raises(InvalidInput) as refused:
        validation.sweep({"base": TRAIN, "grid": {axis: [*values[:-1], wrong]}}, *arguments)
    assert refused.value.field == f"/spec/grid/{axis}/{RUNS - 1}"


@pytest.mark.slow
def test_others_are_served_while_the_largest_sweep_is_checked_and_queued(tmp_path):
    home = tmp_path / "home"
    write_entry(home / "zoo", "demo-disc")
    spec = {"base": TRAIN, "grid": {"objective_settings.beta": [1 + n / 1000 for n in range(MAX_SWEEP_RUNS)]}}
    with running(home) as service, service.serving_others(GROWTH):
        assert service.send("POST", "/api/v1/jobs/estimate", {"kind": "sweep", "spec": spec})[0] == 200
        status, sweep, _ = post(service, "sweep", spec)
    assert (status, sweep["total"]) == (201, MAX_SWEEP_RUNS)
