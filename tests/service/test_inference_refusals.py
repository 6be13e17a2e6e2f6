"""Encode, decode, traverse, reconstruct: bad input is refused, and the answer says why."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from tests.service.inference_calls import ZERO, decode, npy, png

BAD_DECODES = {
    "too few latents": ({"latents": [[0.0] * 5]}, "/latents"),
    "ragged": ({"latents": [[0.0] * 6, [0.0] * 5]}, "/latents"),
    "empty": ({"latents": []}, "/latents"),
    "a string": ({"latents": [["a"] * 6]}, "/latents/0/0"),
    "beyond the range": ({"latents": [[1e9] + [0.0] * 5]}, "/latents/0/0"),
    "too many": ({"latents": [ZERO] * 513}, "/latents"),
    "unknown field": ({"latents": [ZERO], "colour": 1}, "/colour"),
    "no latents": ({}, "/latents"),
}


@pytest.mark.parametrize("name", BAD_DECODES)
def test_a_bad_decode_is_a_422_that_points_at_the_value(client, name):
    body, pointer = BAD_DECODES[name]
    answer = client.post("/decode", json={"model": "demo-disc", **body})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_a_refusal_of_a_validator_has_no_name_of_an_exception(client):
    answer = client.post("/encode", json={"model": "demo-disc"})
    assert answer.status_code == 422
    assert (
        answer.json()["errors"][0]["detail"]
        == "got both or neither of images and indices; allowed: one of them; send one"
    )
    assert client.get("/api/v1/models/none").json()["title"] == "Not found"


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_not_finite_are_refused(client, value):
    body = f'{{"model": "demo-disc", "latents": [[{value}, 0, 0, 0, 0, 0]]}}'
    answer = client.post("/decode", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    array = np.zeros((1, 6))
    array[0, 2] = np.nan
    answer = client.post("/decode?model=demo-disc", content=npy(array), headers={"Content-Type": "application/x-npy"})
    assert answer.status_code == 422
    assert "/0/2" in answer.json()["detail"]


def test_unknown_and_broken_models_are_named(client):
    assert decode(client, [ZERO], model="nobody").status_code == 404
    broken = decode(client, [ZERO], model="demo-truncated")
    assert broken.status_code == 409
    assert "200 bytes" in broken.json()["detail"]
    assert decode(client, [ZERO]).status_code == 200


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"a"', b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_no_document_is_a_422(client, body):
    for path in ("/decode", "/encode", "/api/v1/traverse", "/api/v1/reconstruct"):
        answer = client.post(path, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422


@pytest.mark.parametrize(
    "body", [b"", b"junk", b"\x93NUMPY\x01\x00\xff\xff", npy(np.array(["a"])), npy(np.zeros((0, 6)))]
)
def test_a_body_that_is_no_numeric_npy_is_a_422(client, body):
    headers = {"Content-Type": "application/x-npy"}
    assert client.post("/decode?model=demo-disc", content=body, headers=headers).status_code == 422


def test_a_pickled_npy_is_refused(client):
    stream = io.BytesIO()
    np.save(stream, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    headers = {"Content-Type": "application/x-npy"}
    answer = client.post("/decode?model=demo-disc", content=stream.getvalue(), headers=headers)
    assert answer.status_code == 422


def test_a_foreign_content_type_is_a_415_that_lists_what_is_read(client):
    answer = client.post("/decode", content=b"a=1", headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 415
    assert "application/x-npy" in answer.json()["errors"][0]["allowed"]


def test_a_body_beyond_the_limit_is_a_413_that_names_it(client):
    def endless():
        for _ in range(40):
            yield b" " * 1024**2

    answer = client.post("/decode", content=endless(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert "33554432" in answer.json()["detail"]


def bomb(side=10_000):
    """A valid one-bit PNG of 100 megapixels in a few kilobytes."""
    stream = io.BytesIO()
    Image.new("1", (side, side)).save(stream, "PNG", compress_level=9)
    return stream.getvalue()


def test_a_picture_of_a_hundred_megapixels_is_refused_before_it_is_unpacked(client):
    data = bomb()
    assert len(data) < 100_000
    text = base64.b64encode(data).decode()
    for answer in (
        client.post("/encode", json={"model": "demo-disc", "images": [text]}),
        client.post("/encode?model=demo-disc", files={"images": ("a.png", data, "image/png")}),
    ):
        assert answer.status_code == 422
        assert "10000 x 10000" in answer.json()["detail"]


def test_pictures_at_fault_are_named(client):
    good = png(np.random.default_rng(0).random((64, 64, 1)))
    cases = {
        "not base64!": 422,
        base64.b64encode(b"no picture").decode(): 415,
        base64.b64encode(good[:2000]).decode(): 422,
    }
    for text, status in cases.items():
        answer = client.post("/encode", json={"model": "demo-disc", "images": [base64.b64encode(good).decode(), text]})
        assert answer.status_code == status
        assert answer.json()["errors"][0]["pointer"] == "/images/1"


def test_a_picture_of_another_size_is_refused_unless_a_fit_is_named(client):
    text = base64.b64encode(png(np.zeros((30, 50, 1)))).decode()
    body = {"model": "demo-disc", "images": [text]}
    refused = client.post("/encode", json=body)
    assert refused.status_code == 422
    assert "50 x 30" in refused.json()["detail"]
    for fit in ("cover", "stretch"):
        assert client.post("/encode", json={**body, "fit": fit}).status_code == 200


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((1, 32, 64, 1)),
        np.zeros((64, 64)),
        np.full((1, 64, 64, 1), 1.5),
        np.full((1, 64, 64, 1), -0.1),
        np.zeros((1, 64, 64, 3)),
    ],
    ids=["shape", "dimensions", "above", "below", "channels"],
)
def test_images_of_a_wrong_shape_or_range_are_a_422(client, pixels):
    answer = client.post("/encode", json={"model": "demo-disc", "images": pixels.tolist()})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        {"dims": [6]},
        {"dims": [-1]},
        {"steps": 102},
        {"steps": 1},
        {"sigma": -1},
        {"range": [0, 1], "sigma": 1},
        {"latents": ZERO, "index": 0},
        {"range": [0]},
        {"latents": [0.0] * 7},
        {"dims": list(range(6)) * 100, "steps": 101},
    ],
)
def test_a_bad_traversal_is_a_422(client, body):
    answer = client.post("/api/v1/traverse", json={"model": "demo-disc", **body})
    assert answer.status_code == 422


def test_an_answer_never_shows_a_trace(client):
    for body in ({"model": "x" * 5000, "latents": [ZERO]}, {"model": "../../etc", "latents": [ZERO]}):
        answer = client.post("/decode", json=body)
        assert answer.status_code == 404
        assert "Traceback" not in answer.text
        assert json.loads(answer.text)["request_id"] == answer.headers["x-request-id"]
