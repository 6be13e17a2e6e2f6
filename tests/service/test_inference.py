"""Encode, decode, traverse, reconstruct: right answers, every format, and bad input."""

import base64
import io
import json
import zlib

import numpy as np
import pytest
from PIL import Image

ZERO = [0.0] * 6
POINT = [0.5, -0.5, 1.0, 0.0, 0.0, 0.0]


def npy(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def decode(client, latents, accept="application/x-npy", model="demo-disc"):
    return client.post("/decode", json={"model": model, "latents": latents}, headers={"Accept": accept})


def images(client, latents, **more):
    return np.load(io.BytesIO(decode(client, latents, **more).content))


def png(array):
    stream = io.BytesIO()
    Image.fromarray((array * 255).round().astype(np.uint8).squeeze()).save(stream, "PNG")
    return stream.getvalue()


def test_encoding_a_decoded_point_gives_the_point_back(client):
    made = images(client, [POINT])
    assert made.shape == (1, 64, 64, 1)
    answer = client.post("/encode", json={"model": "demo-disc", "images": made.tolist()}).json()
    assert answer["model"] == "demo-disc"
    assert answer["mu"][0][:2] == pytest.approx(POINT[:2], abs=0.02)
    assert len(answer["logvar"][0]) == 6


def test_the_same_answer_at_the_root_and_under_the_api(client):
    body = {"model": "demo-disc", "latents": [POINT]}
    assert client.post("/decode", json=body).json() == client.post("/api/v1/decode", json=body).json()


def test_every_format_of_images_gives_the_same_code(client):
    made = images(client, [POINT])
    sent = (made * 255).round() / 255
    as_lists = client.post("/encode", json={"model": "demo-disc", "images": sent.tolist()}).json()
    text = base64.b64encode(png(made[0])).decode()
    as_base64 = client.post("/encode", json={"model": "demo-disc", "images": [text]}).json()
    as_url = client.post("/encode", json={"model": "demo-disc", "images": [f"data:image/png;base64,{text}"]}).json()
    as_files = client.post("/encode?model=demo-disc", files={"images": ("a.png", png(made[0]), "image/png")}).json()
    raw = npy((made * 255).round().astype(np.uint8))
    headers = {"Content-Type": "application/x-npy"}
    as_npy = client.post("/encode?model=demo-disc", content=raw, headers=headers).json()
    for other in (as_base64, as_url, as_files, as_npy):
        assert other["mu"][0] == pytest.approx(as_lists["mu"][0], abs=1e-4)
    stacked = client.post("/encode?model=demo-disc", content=raw, headers={**headers, "Accept": "application/x-npy"})
    assert np.load(io.BytesIO(stacked.content)).shape == (2, 1, 6)


def test_decode_answers_in_the_accepted_format(client):
    lists = np.array(decode(client, [POINT], "application/json").json()["images"])
    raw = images(client, [POINT])
    picture = decode(client, [POINT], "image/png")
    assert lists == pytest.approx(raw, abs=1e-6)
    assert picture.headers["content-type"] == "image/png"
    assert picture.headers["vary"] == "Accept"
    opened = Image.open(io.BytesIO(picture.content))
    assert np.asarray(opened) == pytest.approx((raw[0, ..., 0] * 255).round(), abs=1)


def test_a_png_tells_weights_and_latents(client):
    version = client.get("/api/v1/models/demo-disc").json()["version"]
    opened = Image.open(io.BytesIO(decode(client, [POINT], "image/png").content))
    assert opened.text["axiscope.version"] == version
    assert opened.text["axiscope.latent"] == "0.5 -0.5 1 0 0 0"


def test_several_points_make_a_sheet(client):
    body = {"model": "demo-room", "latents": [[0.0] * 8] * 6, "columns": 3}
    sheet = client.post("/decode", json=body, headers={"Accept": "image/png"})
    assert Image.open(io.BytesIO(sheet.content)).size == (3 * 66 - 2, 2 * 66 - 2)


def test_npy_latents_are_decoded(client):
    headers = {"Content-Type": "application/x-npy", "Accept": "application/x-npy"}
    answer = client.post("/decode?model=demo-disc", content=npy(np.array([POINT])), headers=headers)
    assert np.array_equal(np.load(io.BytesIO(answer.content)), images(client, [POINT]))


def test_quality_values_decide_and_406_lists_what_is_possible(client):
    assert decode(client, [ZERO], "image/png;q=0.5, application/x-npy").headers["content-type"] == "application/x-npy"
    assert decode(client, [ZERO], "image/*").headers["content-type"] == "image/png"
    refused = decode(client, [ZERO], "image/webp")
    assert refused.status_code == 406
    assert refused.json()["errors"][0]["allowed"] == ["application/json", "image/png", "application/x-npy"]


def test_a_traversal_moves_one_latent_at_a_time(client):
    body = {"model": "demo-disc", "latents": POINT, "dims": [0, 2], "range": [-1, 1], "steps": 5}
    answer = client.post("/api/v1/traverse", json=body).json()
    frames = np.array(answer["frames"])
    assert frames.shape == (2, 5, 64, 64, 1)
    assert answer["values"] == [[-1, -0.5, 0, 0.5, 1]] * 2
    expected = images(client, [[-1.0, *POINT[1:]]])[0]
    assert frames[0, 0] == pytest.approx(expected, abs=1e-5)
    strip = client.post("/api/v1/traverse", json=body, headers={"Accept": "image/png"})
    assert Image.open(io.BytesIO(strip.content)).size == (5 * 66 - 2, 2 * 66 - 2)
    raw = client.post("/api/v1/traverse", json=body, headers={"Accept": "application/x-npy"})
    assert np.load(io.BytesIO(raw.content)).shape == (2, 5, 64, 64, 1)


def test_a_traversal_by_sigma_follows_the_statistics(client):
    model = client.get("/api/v1/models/demo-disc").json()
    answer = client.post("/api/v1/traverse", json={"model": "demo-disc", "sigma": 2, "dims": [1], "steps": 3}).json()
    statistics = model["statistics"][1]
    expected = [statistics["mean"] + k * 2 * statistics["std"] for k in (-1, 0, 1)]
    assert answer["values"][0] == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_a_traversal_begins_at_the_code_of_an_image(client):
    made = images(client, [POINT])[0]
    body = {"model": "demo-disc", "image": made.tolist(), "dims": [3], "steps": 2}
    assert client.post("/api/v1/traverse", json=body).json()["base"][:2] == pytest.approx(POINT[:2], abs=0.02)


def test_a_reconstruction_comes_with_its_error(client):
    made = images(client, [POINT])
    answer = client.post("/api/v1/reconstruct", json={"model": "demo-disc", "images": made.tolist()}).json()
    difference = np.array(answer["reconstruction"]) - np.array(answer["original"])
    assert answer["squared_error"][0] == pytest.approx((difference**2).sum(), rel=1e-3)
    sheet = client.post(
        "/api/v1/reconstruct", json={"model": "demo-disc", "images": made.tolist()}, headers={"Accept": "image/png"}
    )
    assert Image.open(io.BytesIO(sheet.content)).size == (3 * 66 - 2, 64)


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
    """A sound one-bit PNG of 100 megapixels in a few kilobytes."""
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


def test_png_chunks_have_right_checksums(client):
    data = decode(client, [ZERO], "image/png").content
    place = 8
    while place < len(data):
        length = int.from_bytes(data[place : place + 4], "big")
        chunk = data[place + 4 : place + 8 + length]
        assert zlib.crc32(chunk) == int.from_bytes(data[place + 8 + length : place + 12 + length], "big")
        place += 12 + length


def test_an_answer_never_shows_a_trace(client):
    for body in ({"model": "x" * 5000, "latents": [ZERO]}, {"model": "../../etc", "latents": [ZERO]}):
        answer = client.post("/decode", json=body)
        assert answer.status_code == 404
        assert "Traceback" not in answer.text
        assert json.loads(answer.text)["request_id"] == answer.headers["x-request-id"]
