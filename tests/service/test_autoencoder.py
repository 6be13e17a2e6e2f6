"""An autoencoder has no KL, on every page and in every answer, also where an older version stored numbers."""

import json
import math

import numpy as np
import pytest
from fastapi.testclient import TestClient

from backend.app import create_app
from backend.figures.study.measured import last_losses
from backend.settings import Settings
from models_zoo.manifest import MANIFEST, NOISELESS_LOGVAR
from models_zoo.statistics import defined_history
from tests.demo_zoo import write_entry
from training.evaluation.table import CodeTable

JUNK = 2e8


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    home = tmp_path_factory.mktemp("autoencoder")
    folder = write_entry(home / "zoo", "demo-ae")
    document = json.loads((folder / MANIFEST).read_text())
    for number, latent in enumerate(document["statistics"]):
        latent |= {"kl_nats": JUNK + number, "mean_sigma": math.exp(NOISELESS_LOGVAR / 2), "std": 1 + number % 4}
    document |= {
        "objective": "ae",
        "reconstruction": {"bernoulli_nats": 20.5, "squared_error": 1.0, "kl_nats": JUNK, "elbo_nats": -JUNK},
    }
    (folder / MANIFEST).write_text(json.dumps(document))
    write_entry(home / "zoo", "demo-vae")
    settings = Settings(home=home, bundled_zoo=home / "none", device="cpu")
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as client:
        yield client


def read(client, path):
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_model_has_no_kl_and_its_latents_are_ordered_by_variance(client):
    model = read(client, "models/demo-ae")
    assert [latent["kl_nats"] for latent in model["statistics"]] == [None] * 6
    assert model["reconstruction"] == {"bernoulli_nats": 20.5, "squared_error": 1.0}
    assert [(top["index"], top["kl_nats"]) for top in model["top_latents"]] == [
        (3, None),
        (2, None),
        (1, None),
        (5, None),
    ]


def test_the_search_finds_its_latents_but_not_by_their_kl(client):
    rows = read(client, "latents?q=demo-ae&sort=-kl")["items"]
    assert [row["kl_nats"] for row in rows] == [None] * 6
    found = read(client, "latents?q=kl>=0&limit=100")["items"]
    assert {row["model"] for row in found} == {"demo-vae"}


@pytest.mark.parametrize("figure", ["kl", "kl?over=steps"])
def test_its_figures_of_the_kl_say_that_there_is_none(client, figure):
    answer = client.get(f"/api/v1/models/demo-ae/figures/{figure}")
    assert answer.status_code == 404
    assert "an autoencoder has no KL" in answer.json()["detail"]


def test_its_losses_lack_the_kl_that_an_older_version_logged(client):
    assert "kl" in read(client, "models/demo-vae/figures/history")["layout"]["meta"]["parts"]
    assert read(client, "models/demo-ae/figures/history")["layout"]["meta"]["parts"] == ["reconstruction", "total"]


def test_losses_of_a_study_lack_it_too():
    evaluations = [{"step": 1, "held_out": {"kl": JUNK, "reconstruction": 2.0}}]
    record = {"step": [1], "parts": {"kl": [JUNK], "reconstruction": [3.0]}, "kl": [[JUNK]], "evaluations": evaluations}
    assert last_losses(defined_history(record, "ae")) == {"reconstruction": 2.0}
    assert last_losses(defined_history(record, "vae")) == {"reconstruction": 2.0, "kl": JUNK}


def test_its_card_says_none(client):
    card = client.get("/api/v1/models/demo-ae/card").text
    assert "| none |" in card
    assert "e+08" not in card


def test_a_table_of_codes_without_noise_has_no_kl():
    codes = np.zeros((50, 2))
    assert CodeTable(codes, logvar=np.full_like(codes, NOISELESS_LOGVAR)).kl is None
    assert CodeTable(codes, logvar=np.zeros_like(codes)).kl == pytest.approx([0, 0])
