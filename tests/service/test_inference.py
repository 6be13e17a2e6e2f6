"""Encode, decode, traverse, reconstruct: right answers in every format."""

import base64
import io
import zlib

import numpy as np
import pytest
from PIL import Image

from tests.service.inference_calls import POINT, ZERO, decode, images, npy, png


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


def test_a_png_names_weights_and_latents(client):
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


def test_png_chunks_have_right_checksums(client):
    data = decode(client, [ZERO], "image/png").content
    place = 8
    while place < len(data):
        length = int.from_bytes(data[place : place + 4], "big")
        chunk = data[place + 4 : place + 8 + length]
        assert zlib.crc32(chunk) == int.from_bytes(data[place + 8 + length : place + 12 + length], "big")
        place += 12 + length
