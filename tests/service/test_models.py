"""Models over HTTP: list, description, files, sample."""

import base64
import hashlib
import json

import pytest


def test_the_list_holds_sound_and_broken_entries(client):
    page = client.get("/api/v1/models").json()
    assert page["total"] == 5
    by_id = {item["id"]: item for item in page["items"]}
    assert by_id["demo-disc"]["state"] == "ready"
    assert by_id["demo-truncated"]["state"] == "broken"
    assert "200 bytes" in by_id["demo-truncated"]["problem"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("dataset=shapes3d", ["demo-room", "demo-room-mixed"]),
        ("objective=vae", ["demo-disc-mixed", "demo-room-mixed"]),
        ("q=mixed%20room", ["demo-room-mixed"]),
        ("q=beta%3D4", ["demo-disc", "demo-room"]),
        ("state=broken", ["demo-truncated"]),
        ("sort=-name&state=ready", ["demo-room-mixed", "demo-room", "demo-disc-mixed", "demo-disc"]),
        ("sort=-mig&dataset=dsprites&state=ready", ["demo-disc", "demo-disc-mixed"]),
        ("sort=mig&dataset=dsprites&state=ready", ["demo-disc-mixed", "demo-disc"]),
    ],
)
def test_filters_and_sorting(client, query, expected):
    items = client.get(f"/api/v1/models?{query}").json()["items"]
    assert [item["id"] for item in items if item["id"] != "demo-truncated" or "truncated" in str(expected)] == expected


@pytest.mark.parametrize(
    "sort", ["name", "-name", "created_at", "-created_at", "latents", "-dataset", "mig", "-reconstruction", "-cbd"]
)
def test_pages_hold_every_model_exactly_once(client, sort):
    found, cursor = [], ""
    for _ in range(6):
        page = client.get(f"/api/v1/models?limit=1&sort={sort}{cursor}").json()
        found += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert len(found) == len(set(found)) == 5


def test_a_cursor_used_with_other_filters_is_refused(client):
    cursor = client.get("/api/v1/models?limit=1").json()["next_cursor"]
    answer = client.get(f"/api/v1/models?limit=1&dataset=dsprites&cursor={cursor}")
    assert answer.status_code == 400
    assert "other filters" in answer.json()["detail"]


@pytest.mark.parametrize("cursor", ["x", "e30", "W10", "%00", "WyJhIixbMSwyXV0", "a" * 900])
def test_a_cursor_that_was_never_given_out_is_refused(client, cursor):
    assert client.get(f"/api/v1/models?cursor={cursor}").status_code == 400


@pytest.mark.parametrize(
    ("sort", "value"), [("name", 5), ("latents", "ten"), ("created_at", "today"), ("mig", "high"), ("name", {})]
)
def test_a_cursor_whose_value_was_changed_is_refused(client, sort, value):
    cursor = client.get(f"/api/v1/models?limit=1&sort={sort}").json()["next_cursor"]
    filters, (_, last_id) = json.loads(base64.urlsafe_b64decode(cursor + "=="))
    changed = base64.urlsafe_b64encode(json.dumps([filters, [value, last_id]]).encode()).decode()
    assert client.get(f"/api/v1/models?limit=1&sort={sort}&cursor={changed}").status_code == 400


def test_an_unknown_sort_lists_the_allowed_ones(client):
    answer = client.get("/api/v1/models?sort=beauty")
    assert answer.status_code == 422
    assert "created_at" in answer.json()["errors"][0]["allowed"]


def test_the_document_of_a_model_has_all_fields_of_its_manifest(client):
    model = client.get("/api/v1/models/demo-disc").json()
    assert model["version"]
    assert model["links"]["decoder"].endswith(model["files"]["decoder.onnx"]["sha256"][:12])
    assert [each["state"] for each in model["statistics"]] == ["active"] * 3 + ["dead"] * 3
    assert model["statistics"][0]["best_factor"] == "posX"
    assert model["metrics"]["mig"]["score"] > 0.5
    assert model["limits"] == {
        "body_bytes": 33554432,
        "batch": 512,
        "images": 512,
        "steps": 101,
        "image_pixels": 16777216,
        "values": 16777216,
        "run_seconds": 1.0,
    }


def test_a_broken_model_is_described_with_its_reason(client):
    model = client.get("/api/v1/models/demo-truncated").json()
    assert model["state"] == "broken"
    assert model["statistics"] == []


def test_an_unknown_model_is_a_404_with_the_nearest_name(client):
    answer = client.get("/api/v1/models/demo-disk")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert "'demo-disc'" in answer.json()["detail"]


def test_a_file_is_immutable_when_its_hash_is_named(client):
    model = client.get("/api/v1/models/demo-disc").json()
    answer = client.get(model["links"]["decoder"])
    record = model["files"]["decoder.onnx"]
    assert hashlib.sha256(answer.content).hexdigest() == record["sha256"]
    assert answer.headers["etag"] == f'"{record["sha256"]}"'
    assert "immutable" in answer.headers["cache-control"]
    assert client.get("/api/v1/models/demo-disc/files/decoder.onnx").headers["cache-control"] == "no-cache"


def test_a_file_answers_304_and_ranges(client):
    url = "/api/v1/models/demo-disc/files/decoder.onnx"
    whole = client.get(url)
    assert client.get(url, headers={"If-None-Match": whole.headers["etag"]}).status_code == 304
    part = client.get(url, headers={"Range": "bytes=10-19"})
    assert part.status_code == 206
    assert part.content == whole.content[10:20]
    beyond = client.get(url, headers={"Range": "bytes=99999999-"})
    assert beyond.status_code == 416


@pytest.mark.parametrize("name", ["nothing.onnx", "..%2Fmanifest.json", "%2e%2e", "passwd"])
def test_only_files_of_the_entry_are_sent(client, name):
    assert client.get(f"/api/v1/models/demo-disc/files/{name}").status_code == 404


def test_files_of_a_broken_model_are_refused_with_the_reason(client):
    answer = client.get("/api/v1/models/demo-truncated/files/decoder.onnx")
    assert answer.status_code == 409
    assert "the manifest lists" in answer.json()["detail"]


def test_the_sample_holds_codes_and_factors(client):
    sample = client.get("/api/v1/models/demo-room/sample?limit=7").json()
    assert sample["total"] == 5000
    assert len(sample["indices"]) == len(sample["codes"]) == len(sample["factors"]) == 7
    assert len(sample["codes"][0]) == 8
    assert len(sample["factor_names"]) == len(sample["factors"][0]) == len(sample["factor_sizes"])
