"""Published experiments over HTTP: definitions without results."""

import pytest


def test_every_study_is_listed_with_what_was_published(client):
    items = client.get("/api/v1/studies").json()["items"]
    assert {"xu-li-3dshapes", "de-nardin-beta-gamma"} <= {item["name"] for item in items}
    for item in items:
        assert item["runs"] > 0
        assert item["question"]
        assert item["measured"] == []
    detail = client.get("/api/v1/studies/xu-li-3dshapes").json()
    assert detail["scale"] is None
    assert any(row["published"] for row in detail["rows"])
    assert sum(row["runs"] for row in detail["rows"]) == detail["runs"]


def test_an_unknown_study_is_a_404_that_lists_them(client):
    answer = client.get("/api/v1/studies/nobody")
    assert answer.status_code == 404
    assert "xu-li-3dshapes" in answer.text


def test_a_scale_without_results_is_refused(client):
    answer = client.get("/api/v1/studies/xu-li-3dshapes?scale=0.5")
    assert answer.status_code == 422
    assert "none yet" in answer.text


def test_the_missing_runs_are_estimated_and_queued_once(client):
    path, body = "/api/v1/studies/xu-li-3dshapes/runs", {"scale": 0.01}
    before = client.get("/api/v1/sweeps").json()["items"]
    estimate = client.post(path, json={**body, "dry_run": True}).json()
    assert (estimate["runs"], estimate["done"], estimate["active"], estimate["sweep"]) == (4, 0, 0, None)
    assert estimate["steps"] == 4 * round(15 * 45_000 / 64 * 0.01)
    assert estimate["waits_for_gpu"] is False
    assert client.post(path, json={**body, "dry_run": True, "gpus": 0.5}).json()["waits_for_gpu"] is True
    assert client.get("/api/v1/sweeps").json()["items"] == before
    queued = client.post(path, json=body).json()
    assert (queued["runs"], queued["sweep"]["total"]) == (4, 4)
    again = client.post(path, json=body).json()
    assert (again["runs"], again["active"], again["sweep"]) == (0, 4, None)
    other = client.post(path, json={"scale": 0.02, "only": "beta*"}).json()
    assert (other["runs"], other["sweep"]["total"]) == (1, 1)
    for sweep in (queued["sweep"], other["sweep"]):
        assert client.delete(sweep["links"]["self"]).json()["state"] == "cancelled"
    assert client.post(path, json={**body, "dry_run": True}).json()["runs"] == 4


def test_runs_without_their_data_set_are_named_with_the_missing_file(client):
    answer = client.post("/api/v1/studies/de-nardin-beta-gamma/runs", json={"scale": 0.01, "dry_run": True}).json()
    assert answer["runs"] == 14
    (missing,) = answer["unavailable"]
    assert "mpi3d_toy.npz" in missing["reason"]
    assert len(missing["runs"]) == 14


@pytest.mark.parametrize(
    ("name", "body", "status", "field"),
    [
        ("nobody", {}, 404, None),
        ("xu-li-3dshapes", {"scale": 0}, 422, "scale"),
        ("xu-li-3dshapes", {"scale": 2}, 422, "scale"),
        ("xu-li-3dshapes", {"seeds": 0}, 422, "seeds"),
        ("xu-li-3dshapes", {"scale": 0.1, "only": "nothing*"}, 404, "only"),
        ("xu-li-3dshapes", {"steps": 5}, 422, "steps"),
    ],
)
def test_a_wrong_request_for_runs_is_refused_and_queues_nothing(client, name, body, status, field):
    before = client.get("/api/v1/sweeps").json()["items"]
    answer = client.post(f"/api/v1/studies/{name}/runs", json=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert field is None or field in answer.text
    assert client.get("/api/v1/sweeps").json()["items"] == before


def test_nan_is_no_scale(client):
    headers = {"content-type": "application/json"}
    answer = client.post("/api/v1/studies/xu-li-3dshapes/runs", content='{"scale": NaN}', headers=headers)
    assert answer.status_code in {400, 422}


def test_too_many_seeds_are_refused_before_the_runs_are_made(client, monkeypatch):
    monkeypatch.setattr("backend.jobs.api.studies.read_study", lambda *_: pytest.fail("the runs were made"))
    answer = client.post("/api/v1/studies/hartmann-constrained-vaes/runs", json={"seeds": 1000, "dry_run": True})
    assert answer.status_code == 422
    assert "216,000 runs" in answer.json()["detail"]
