"""A model of one's own images: they are opened with the model's settings, wherever the service was started."""

import io
import json

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from typer.testing import CliRunner

from backend.app import create_app
from backend.cli import app as command
from backend.settings import Settings
from models_zoo.catalog import read_zoo_model
from tests.service.test_import import SIDE, decoder, encoder

N = 40
RNG = np.random.default_rng(3)
IMAGES = RNG.integers(0, 256, (N, SIDE, SIDE), np.uint8)
LABELS = np.stack([RNG.permutation(N) % 8, RNG.integers(0, 3, N)], 1)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home with the model `mine`, imported from the folder of the images by a relative path."""
    monkeypatch.setenv("AXISCOPE_HOME", str(tmp_path / "home"))
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    names = np.array(["size", "colour"])
    np.savez(pictures / "dots.npz", images=IMAGES, labels=LABELS, label_names=names)
    encoder(pictures / "e.onnx")
    decoder(pictures / "d.onnx")
    monkeypatch.chdir(pictures)
    run("import", "--dataset", "own", "--data-set", "path=dots.npz", "--data-set", f"side={SIDE}", "--name", "Mine")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


def run(first, *words, code=0):
    done = CliRunner().invoke(command, [first, "--encoder", "e.onnx", "--decoder", "d.onnx", *words])
    assert (done.exit_code or 0) == code, done.output
    return done


@pytest.fixture
def client(home):
    settings = Settings(home=home, bundled_zoo=home / "none", device="cpu")
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as opened:
        yield opened


def wait_for_images(client):
    """Repeat a 503 as a client does: a child process opens the images of `mine`."""
    while client.get("/api/v1/datasets/own?model=mine").status_code == 503:
        pass


def test_the_manifest_has_the_absolute_path_of_the_images(home, tmp_path):
    manifest = read_zoo_model(home / "zoo" / "mine").manifest
    assert manifest.dataset_settings["path"] == str(tmp_path / "pictures" / "dots.npz")
    assert (manifest.statistics_of, manifest.statistics_rows) == ("data set", N)
    assert manifest.factor_names == ("size", "colour")


def test_images_of_the_model_are_those_that_it_was_trained_on(client):
    wait_for_images(client)
    links = client.get("/api/v1/models/mine").json()["links"]
    assert links["images"] == "/api/v1/datasets/own/images?model=mine"
    shown = client.get(links["images"] + "&index=7").content
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(shown)).convert("L")), IMAGES[7])


def test_the_nearest_image_to_a_combination_of_factors_is_named_with_its_factors(client):
    wait_for_images(client)
    links = client.get("/api/v1/datasets/own?model=mine").json()["links"]
    found = client.get(links["locate"] + "&factors=3,1").json()
    assert found["factors"] == LABELS[found["index"]].tolist()
    assert found["factors"][0] == 3
    assert client.get(links["locate"] + "&index=5").json() == {"index": 5, "factors": LABELS[5].tolist()}
    assert client.get(links["images"] + "&factors=3,1").json()["detail"].endswith("use /locate for the nearest image")


def test_the_page_gets_the_data_set_of_the_model(client):
    wait_for_images(client)
    page = client.get("/explore/mine").text
    boot = json.loads(page.split('id="boot">')[1].split("</script>")[0])
    assert boot["dataset"]["n_images"] == N
    assert boot["dataset"]["links"]["images"] == "/api/v1/datasets/own/images?model=mine"
    assert "/data/own?model=mine" in page


def test_the_settings_of_a_model_of_another_data_set_are_refused(client):
    answer = client.get("/api/v1/datasets/dsprites/images?index=0&model=mine")
    assert answer.status_code == 422
    assert "trained on own; allowed: models of dsprites" in answer.json()["detail"]


def test_a_model_of_a_plain_data_set_shares_its_address(client, home, demo_zoo):
    (home / "zoo" / "demo-disc").symlink_to(demo_zoo / "demo-disc")
    assert client.get("/api/v1/models/demo-disc").json()["links"]["images"] == "/api/v1/datasets/dsprites/images"


def test_settings_without_a_data_set_are_refused(home, monkeypatch):
    monkeypatch.chdir(home.parent / "pictures")
    done = run("import", "--data-set", "path=dots.npz", "--name", "No set", code=1)
    assert "--dataset own" in str(done.exception)


def test_a_model_without_data_is_measured_on_images_of_its_own(home, monkeypatch):
    monkeypatch.chdir(home.parent / "pictures")
    run("import", "--name", "Nobody knows")
    manifest = read_zoo_model(home / "zoo" / "nobody-knows").manifest
    assert manifest.dataset is None
    assert (manifest.statistics_of, manifest.statistics_rows) == ("own samples", 5000)
    assert len(manifest.statistics) == manifest.latents
    assert all(latent.std > 0.1 and latent.best_factor is None for latent in manifest.statistics)


def test_scores_of_a_model_without_data_are_refused_before_they_are_queued(client, home, monkeypatch):
    monkeypatch.chdir(home.parent / "pictures")
    run("import", "--name", "Nobody knows")
    answer = client.post("/api/v1/jobs", json={"kind": "evaluate", "spec": {"model": "nobody-knows"}})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/spec/model"
    assert "names no data set" in answer.json()["detail"]
    for figure in ("pcc", "pcc?measure=by_kind"):
        assert client.get(f"/api/v1/models/nobody-knows/figures/{figure}").status_code == 404
    assert client.get("/api/v1/models/nobody-knows/figures/kl").status_code == 200
    wait_for_images(client)
    assert client.post("/api/v1/jobs", json={"kind": "evaluate", "spec": {"model": "mine"}}).status_code == 201


def test_the_score_table_shows_why_a_model_without_data_has_no_scores(client, home, monkeypatch):
    monkeypatch.chdir(home.parent / "pictures")
    run("import", "--name", "Nobody knows")
    rows = {row["id"]: row for row in client.get("/api/v1/scores").json()["rows"]}
    assert rows["mine"]["cells"] == {}
    cell = rows["nobody-knows"]["cells"]["mig"]
    assert (cell["state"], cell["score"]) == ("ready", None)
    assert "names no data set" in cell["reason"]
