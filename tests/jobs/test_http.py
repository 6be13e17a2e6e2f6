"""Jobs over HTTP: refusals, idempotent creation, lists and streams."""

import json
import threading

import pytest
from fastapi.testclient import TestClient

from backend.app import create_app
from backend.jobs import processes
from backend.jobs.attempt import updates
from backend.jobs.queue import dispatchers, submit
from backend.jobs.queue.leases import claim
from backend.jobs.records import Capacity
from backend.settings import Settings

TRAIN = {"dataset": "dsprites", "objective": "beta_vae", "objective_settings": {"beta": 4}, "steps": 300}


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    app = create_app(Settings(home=home, bundled_zoo=home / "none", device="cpu"))
    with TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def queue(client):
    return client.app.state.context.database


def post(client, kind="train", spec=TRAIN, key=None, **more):
    headers = {"Idempotency-Key": key} if key else {}
    return client.post("/api/v1/jobs", json={"kind": kind, "spec": spec, **more}, headers=headers)


def total(client):
    return sum(client.get("/api/v1/jobs").json()["counts"].values())


def test_a_training_job_is_created_with_its_evaluation_and_all_defaults(client):
    answer = post(client, name="first", priority=3)
    assert answer.status_code == 201, answer.text
    job = answer.json()
    assert answer.headers["location"] == job["links"]["self"]
    assert (job["state"], job["phase"], job["name"], job["priority"]) == ("queued", "waiting", "first", 3)
    assert job["spec"]["batch_size"] == 64
    follower = client.get(f"/api/v1/jobs/{job['followers'][0]}").json()
    assert (follower["kind"], follower["phase"], follower["depends_on"]) == ("evaluate", "blocked", job["id"])
    assert follower["spec"]["model"] == job["spec"]["model"]


@pytest.mark.parametrize(
    ("change", "pointer", "detail"),
    [
        ({"stepps": 5}, "/spec/stepps", "did you mean 'steps'"),
        ({"steps": 0}, "/spec/steps", "at least 1"),
        ({"learning_rate": "fast"}, "/spec/learning_rate", "got 'fast'; allowed: number, more than 0, at most 1"),
        ({"objective": "beta_vea"}, "/spec/objective", "did you mean 'beta_vae'"),
        ({"dataset": "nowhere"}, "/spec/dataset", "got data set 'nowhere'; allowed: "),
        ({"architecture": "conv65"}, "/spec/architecture", "did you mean 'conv64'"),
        ({"objective_settings": {"beta": -1}}, "/spec/objective_settings/beta", "at least 0"),
        ({"objective_settings": {"beta": "x"}}, "/spec/objective_settings/beta", "got 'x'; allowed: number"),
        ({"objective_settings": {"betta": 1}}, "/spec/objective_settings/betta", "did you mean 'beta'"),
        ({"objective_settings": [1]}, "/spec/objective_settings", "got [1]; allowed: object"),
        ({"dataset_settings": {"x": 1}}, "/spec/dataset_settings/x", "got setting 'x'; allowed: "),
        ({"model": "../up"}, "/spec/model", "model id: got"),
        ({"evaluate": ["migg"]}, "/spec/evaluate/0", "did you mean 'mig'"),
        ({"gpus": 1.5}, "/spec/gpus", "whole number"),
    ],
)
def test_a_wrong_field_is_refused_with_its_place_and_what_is_allowed(client, change, pointer, detail):
    before = total(client)
    answer = post(client, spec={**TRAIN, **change})
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["errors"][0]["pointer"] == pointer
    assert detail in problem["detail"]
    assert total(client) == before


def test_a_missing_field_is_named(client):
    answer = post(client, spec={"objective": "vae"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/spec/dataset"


def test_a_sweep_of_a_million_runs_is_refused_at_once(client):
    spec = {"base": TRAIN, "grid": {"seed": list(range(1000)), "latents": list(range(1, 1001))}}
    answer = post(client, "sweep", spec)
    assert answer.status_code == 422
    assert "1,000,000 runs" in answer.json()["detail"]
    assert answer.json()["errors"][0]["pointer"] == "/spec/grid"


@pytest.mark.parametrize(
    ("axes", "pointer"),
    [
        ({}, "/spec/grid"),
        ({"seed": []}, "/spec/grid/seed"),
        ({"seed": [0, -1]}, "/spec/grid/seed/1"),
        ({"objective_settings.beta": [1, 4, -4]}, "/spec/grid/objective_settings.beta/2"),
        ({"objective_settings.gamma": [1]}, "/spec/grid/objective_settings.gamma/0"),
        ({"nothing": [1]}, "/spec/grid/nothing/0"),
        ({"seed.x": [1]}, "/spec/grid/seed.x/0"),
    ],
)
def test_a_wrong_value_of_a_grid_is_refused_before_anything_is_queued(client, axes, pointer):
    before = len(client.get("/api/v1/sweeps").json()["items"])
    answer = post(client, "sweep", {"base": TRAIN, "grid": axes})
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert len(client.get("/api/v1/sweeps").json()["items"]) == before


def test_a_sweep_is_stored_expanded_shown_and_cancelled(client, queue):
    spec = {
        "base": {**TRAIN, "steps": 301},  # no run of another test
        "grid": {"objective_settings.beta": [1, 4.0], "seed": [0, 1, 2]},
        "max_parallel": 2,
        "pack": 3,
    }
    sweep = post(client, "sweep", spec, name="betas", priority=1).json()  # before sweeps of other tests
    assert (sweep["total"], sweep["state"], sweep["max_parallel"]) == (6, "expanding", 2)
    assert submit.expand(queue) == 6
    cells = client.get(f"/api/v1/sweeps/{sweep['id']}/cells").json()["cells"]
    assert [cell["position"] for cell in cells] == list(range(6))
    job = client.get(f"/api/v1/jobs/{cells[4]['job']}").json()
    assert job["name"] == "beta=4.0 seed=1"
    assert (job["spec"]["objective_settings"]["beta"], job["spec"]["seed"]) == (4.0, 1)
    again = post(client, spec=job["spec"]).json()
    assert again["spec"]["model"] == job["spec"]["model"]
    assert client.delete(f"/api/v1/sweeps/{sweep['id']}").json()["counts"]["cancelled"] == 6
    assert client.delete(f"/api/v1/jobs/{again['id']}").json()["state"] == "cancelled"


def test_a_sweep_without_a_name_is_named_by_its_axes_in_words(client):
    spec = {"base": TRAIN, "grid": {"objective_settings.beta": [1, 4], "batch_size": [16, 32]}}
    assert post(client, "sweep", spec).json()["name"] == "sweep over beta, batch size"


def test_the_same_key_and_body_give_the_stored_answer(client):
    first = post(client, key="k1")
    before = total(client)
    second = post(client, key="k1")
    assert (second.status_code, second.json()) == (201, first.json())
    assert total(client) == before
    other = post(client, key="k1", spec={**TRAIN, "seed": 5})
    assert other.status_code == 422
    assert other.json()["errors"][0]["pointer"] == "header/Idempotency-Key"


def test_a_refused_request_releases_its_key(client):
    assert post(client, key="k2", spec={**TRAIN, "steps": 0}).status_code == 422
    assert post(client, key="k2").status_code == 201


def test_of_many_requests_with_one_key_one_creates(client):
    before = total(client)
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(post(client, key="k3"))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert total(client) == before + 2


def test_evaluate_and_export_name_what_is_there(client):
    answer = post(client, "evaluate", {"model": "nothing"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/spec/model"
    assert post(client, "export", {"job": "99999"}).json()["errors"][0]["pointer"] == "/spec/job"
    job = post(client).json()
    assert "no checkpoint yet" in post(client, "export", {"job": job["id"]}).json()["detail"]
    assert "kind evaluate" in post(client, "export", {"job": job["followers"][0]}).json()["detail"]


def test_unknown_jobs_are_404_and_what_cannot_be_done_is_409(client):
    for path in ("/api/v1/jobs/9999", "/api/v1/jobs/x", "/api/v1/jobs/9999/events", "/api/v1/jobs/9999/log"):
        assert client.get(path).status_code == 404
    assert client.get("/api/v1/sweeps/77").status_code == 404
    assert client.delete("/api/v1/jobs/9999").status_code == 404
    job = post(client).json()
    assert client.post(f"/api/v1/jobs/{job['id']}/retry").status_code == 409
    client.delete(f"/api/v1/jobs/{job['id']}")
    assert client.post(f"/api/v1/jobs/{job['id']}/retry").json()["state"] == "queued"


def test_the_list_pages_with_a_cursor_that_carries_its_filters(client):
    for _ in range(3):
        post(client)
    first = client.get("/api/v1/jobs", params={"kind": "train", "state": "queued", "limit": 2}).json()
    assert [job["kind"] for job in first["items"]] == ["train", "train"]
    params = {"kind": "train", "state": "queued", "limit": 2, "cursor": first["next_cursor"]}
    second = client.get("/api/v1/jobs", params=params).json()
    assert int(second["items"][0]["id"]) < int(first["items"][-1]["id"])
    assert client.get("/api/v1/jobs", params={**params, "kind": "export"}).status_code == 400


def finished_job(client, queue):
    """Execute a job by the statements that an attempt uses."""
    job = post(client, spec={**TRAIN, "evaluate": False}, priority=500).json()
    epoch = dispatchers.acquire(queue, "t", "t", processes.identify(), has_exited=lambda _: True, seconds=60)
    (unit,) = claim(queue, "t", epoch, Capacity(1, 0, 1), 60.0)
    (ref,) = unit.refs
    assert ref.job == int(job["id"])
    updates.start(queue, ref, 60.0)
    updates.progress(queue, ref, 60.0, 9, [{"step": step, "parts": {"kl": 1.0}} for step in range(10)])
    updates.finish(queue, ref, "succeeded", {"model": "m"})
    return job["id"]


def read_stream(client, job_id, **headers):
    text = client.get(f"/api/v1/jobs/{job_id}/events", headers=headers).text
    blocks = [block for block in text.replace("\r\n", "\n").split("\n\n") if "event:" in block]
    return [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks]


def test_the_list_names_the_dispatchers_and_lost_clusters(client, queue):
    others = client.get("/api/v1/jobs").json()["workers"]
    me = processes.identify()
    held = {"seconds": 60.0, "healthy": True, "capacity": {"units": 2}}
    for scope, change in (("local:tower:/home/a", {}), ("ray:ray-head:6379", {"healthy": False, "capacity": {}})):
        epoch = dispatchers.acquire(queue, scope, "test", me, has_exited=lambda _: True, seconds=60)
        dispatchers.renew(queue, scope, epoch, **{**held, **change})
    workers = client.get("/api/v1/jobs").json()["workers"]
    dispatchers.release(queue, "local:tower:/home/a", 1)
    dispatchers.release(queue, "ray:ray-head:6379", 1)
    assert [worker for worker in workers if worker not in others] == [
        {"name": "tower", "answers": True, "slots": 2},
        {"name": "Ray at ray-head:6379", "answers": False, "slots": 0},
    ]


def test_events_are_replayed_in_order_and_end_with_done(client, queue):
    job_id = finished_job(client, queue)
    events = read_stream(client, job_id)
    assert [event["event"] for event in events] == [
        "queued",
        "leased",
        "running",
        *["progress"] * 10,
        "succeeded",
        "done",
    ]
    ids = [int(event["id"]) for event in events]
    assert ids[:-1] == sorted(set(ids[:-1]))
    assert json.loads(events[3]["data"])["parts"] == {"kl": 1.0}
    rest = read_stream(client, job_id, **{"Last-Event-ID": events[11]["id"]})
    assert [event["event"] for event in rest] == ["progress", "succeeded", "done"]
    assert client.get(f"/api/v1/jobs/{job_id}/events", headers={"Last-Event-ID": "x"}).status_code == 422


def test_a_live_stream_carries_at_most_four_progress_events_a_second():
    from backend.jobs.queue.events import POLL_SECONDS
    from backend.routes.job_output import MAX_PROGRESS_EVENTS, drop_stale_progress

    flood = [{"seq": i, "kind": "progress"} for i in range(30)] + [{"seq": 30, "kind": "checkpoint"}]
    assert [event["seq"] for event in drop_stale_progress(flood)] == [28, 29, 30]
    assert MAX_PROGRESS_EVENTS / POLL_SECONDS <= 4


def test_a_log_is_read_by_offset_and_a_film_by_step(client, queue):
    job_id = finished_job(client, queue)
    folder = client.app.state.context.settings.home / "jobs" / job_id
    (folder / "film").mkdir(parents=True)
    (folder / "1.log").write_text("first line\nsecond line\n")
    (folder / "film" / "000000100.png").write_bytes(b"\x89PNG")
    answer = client.get(f"/api/v1/jobs/{job_id}/log", params={"limit": 15})
    assert (answer.text, answer.headers["x-log-offset"], answer.headers["x-log-size"]) == ("first line\n", "11", "23")
    assert client.get(f"/api/v1/jobs/{job_id}/log", params={"offset": 11}).text == "second line\n"
    assert client.get(f"/api/v1/jobs/{job_id}/log", params={"attempt": 7}).text == ""
    film = client.get(f"/api/v1/jobs/{job_id}/film").json()
    assert film["frames"] == [{"step": 100, "url": f"/api/v1/jobs/{job_id}/film/100.png"}]
    assert client.get(film["frames"][0]["url"]).content == b"\x89PNG"
    assert client.get(f"/api/v1/jobs/{job_id}/film/7.png").status_code == 404
    assert client.get(f"/api/v1/jobs/{job_id}/film/..%2F1.log").status_code == 404


def test_an_estimate_rests_on_measured_step_times(client, queue):
    from backend.jobs.queue import step_times

    body = {"kind": "train", "spec": {**TRAIN, "objective": "vae", "objective_settings": {}}}
    assert client.post("/api/v1/jobs/estimate", json=body).json()["basis"] == "unknown"
    spec = post(client, spec=body["spec"]).json()["spec"]
    step_times.record(queue, spec, 0.02)
    found = client.post("/api/v1/jobs/estimate", json=body).json()
    assert (found["basis"], found["seconds_per_step"], found["seconds"]) == ("measured", 0.02, pytest.approx(6.0))
    sweep = {"kind": "sweep", "spec": {"base": {**body["spec"], "batch_size": 128}, "grid": {"seed": [0, 1, 2]}}}
    found = client.post("/api/v1/jobs/estimate", json=sweep).json()
    assert (found["basis"], found["runs"]) == ("scaled", 3)
    assert found["seconds"] == pytest.approx(3 * 300 * 0.04 / found["slots"], rel=0.6)
