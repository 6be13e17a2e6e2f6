"""Imported results of studies: tables that are taken, tables that are refused, and their figures over HTTP."""

import csv
import io
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import plotly.graph_objects as go
import pytest
from fastapi.testclient import TestClient
from scipy import stats

from backend.app import create_app
from backend.settings import Settings
from benchmarks.studies import METRICS, write_table

STUDY = "hartmann-constrained-vaes"
PATH = f"/api/v1/studies/{STUDY}"
HEAD = "group,dataset,seed,beta,mig,reconstruction"
ROW = "beta-VAE,dsprites,0,4,0.3,25.5"
FIGURES = (
    "scores-by-model",
    "scores-by-data-set",
    "scores-by-seed",
    "scores-over-seeds",
    "score-against-weight",
    "model-against-weight",
    "score-against-reconstruction",
    "metric-correlations",
)


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    settings = Settings(home=home, bundled_zoo=home / "none", device="cpu")
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as client:
        yield client


def post(client, text, study=STUDY, name="results.csv"):
    headers = {"Content-Type": "text/csv"}
    return client.post(f"/api/v1/studies/{study}/imports", params={"file": name}, content=text, headers=headers)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """The generated table with three seeds: its text, and its rows as dictionaries."""
    path = Path(tmp_path_factory.mktemp("table")) / "results.csv"
    write_table(path, seeds=3)
    text = path.read_text()
    return text, list(csv.DictReader(io.StringIO(text)))


@pytest.fixture(scope="module")
def imported(client, table):
    answer = post(client, table[0])
    assert answer.status_code == 201, answer.text
    return answer.json()


def read(client, figure, number, **query):
    return client.get(f"{PATH}/figures/{figure}", params={"import": number, **query})


def of(rows, measure, **where):
    return np.array([float(row[measure]) for row in rows if all(row[key] == value for key, value in where.items())])


def test_an_import_is_listed_by_file_and_deleted(client):
    entry = post(client, f"{HEAD}\n{ROW}\n", name="mine.csv").json()
    assert (entry["name"], entry["runs"]) == ("mine.csv", 1)
    assert entry in client.get(f"{PATH}/imports").json()["items"]
    assert client.delete(f"{PATH}/imports/{entry['id']}").status_code == 204
    assert entry["id"] not in [each["id"] for each in client.get(f"{PATH}/imports").json()["items"]]
    assert client.delete(f"{PATH}/imports/{entry['id']}").status_code == 404
    assert read(client, "scores-by-model", entry["id"]).status_code == 404


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("", 1, "group"),
        (f"{HEAD.replace('mig', 'beauty')}\n{ROW}", 1, "beauty"),
        (f"{HEAD.replace('mig', 'seed')}\n{ROW}", 1, "seed"),
        (f"{HEAD.replace('dataset,', '')}\n{ROW.replace('dsprites,', '')}", 1, "dataset"),
        ("group,dataset,seed,beta\nbeta-VAE,dsprites,0,4", 1, "mig"),
        (f"{HEAD}\n{ROW}\n{ROW.replace('0.3', 'nan').replace(',0,', ',1,')}", 3, "mig"),
        (f"{HEAD}\n{ROW.replace('0.3', 'inf')}", 2, "mig"),
        (f"{HEAD}\n{ROW.replace('25.5', 'twenty')}", 2, "reconstruction"),
        (f"{HEAD}\n{ROW}\n{ROW}", 3, "mig"),
        (f"{HEAD}\n{ROW},7", 2, "1"),
        (f"{HEAD}\n{ROW.replace('beta-VAE', 'gamma-VAE')}", 2, "group"),
        (f"{HEAD}\n{ROW.replace('dsprites', 'sprites')}", 2, "dataset"),
        (f"{HEAD}\n{ROW.replace(',4,', ',,')}", 2, "beta"),
        (f'{HEAD}\n{ROW}\n"beta', 3, "1"),
        (HEAD, 1, "group"),
    ],
)
def test_a_table_is_refused_with_line_and_column_and_nothing_is_kept(client, text, line, column):
    before = client.get(f"{PATH}/imports").json()
    answer = post(client, text)
    assert answer.status_code == 422, answer.text
    detail = answer.json()["detail"]
    assert f"results.csv, line {line}, column '{column}'" in detail
    assert client.get(f"{PATH}/imports").json() == before


def test_bytes_that_are_not_text_and_other_types_are_refused(client):
    answer = post(client, f"{HEAD}\n".encode() + b"\xff\xfe")
    assert "line 2" in answer.json()["detail"]
    assert post(client, HEAD, study="hartmann").status_code == 404
    assert client.post(f"{PATH}/imports?file=a.csv", json={}).status_code == 415
    assert client.get(f"{PATH}/figures/scores-by-model?import=1&scale=0.5").status_code == 422


def test_names_of_the_reference_library_are_understood(client):
    columns = {
        "train_config.model.name": ["'beta_tc_vae'"] * 4,
        "train_config.dataset.name": ["'dsprites_full'"] * 4,
        "train_config.model.random_seed": ["0"] * 4,
        "train_config.beta_tc_vae.beta": ["6.0"] * 4,
        "train_config.vae.beta": [""] * 4,
        "train_config.encoder.num_latent": ["10"] * 4,
        "train_results.reconstruction_loss": ["30.5"] * 4,
        "postprocess_config.postprocess.postprocess_fn": ["@mean_representation"] * 3 + ["@sampled_representation"],
        "evaluation_config.evaluation.evaluation_fn": ["@beta_vae_sklearn", "@factor_vae_score", "@mig", "@mig"],
        "evaluation_results.eval_accuracy": ["0.9", "0.7", "", ""],
        "evaluation_results.discrete_mig": ["", "", "0.25", "0.1"],
    }
    lines = [",".join(columns), *(",".join(row) for row in zip(*columns.values(), strict=True))]
    entry = post(client, "\n".join(lines)).json()
    assert entry["runs"] == 1
    row = client.get(f"{PATH}/tables", params={"import": entry["id"]}).json()["items"][-1]["rows"][0]
    cells = {name: cell["mean"] for name, cell in row["cells"].items()}
    assert row["label"] == "beta-TCVAE · dsprites · beta 6"
    assert {key: cells[key] for key in ("beta_vae", "factor_vae", "mig", "reconstruction")} == {
        "beta_vae": 0.9,
        "factor_vae": 0.7,
        "mig": 0.25,
        "reconstruction": 30.5,
    }


def test_the_study_defines_the_figures_that_are_tested_here(client):
    assert [each["name"] for each in client.get(f"{PATH}/figures").json()["items"]] == list(FIGURES)


@pytest.mark.parametrize("figure", FIGURES)
def test_each_figure_is_valid_plotly_says_what_it_shows_and_is_drawn(client, imported, figure):
    answer = read(client, figure, imported["id"])
    assert answer.status_code == 200, answer.text
    drawn = go.Figure(answer.json())
    note = drawn.layout.meta["note"]
    assert "imported from results.csv" in note
    assert "seed" in note
    assert "steps: unknown" in note
    shown = " ".join(each.text for each in drawn.layout.annotations).replace("<br>", " · ")
    assert note in shown
    svg = client.get(f"{PATH}/figures/{figure}", params={"import": imported["id"]}, headers={"Accept": "image/svg+xml"})
    words = [node.text for node in ElementTree.fromstring(svg.text).iter("{http://www.w3.org/2000/svg}text")]
    assert any("imported from results.csv" in text for text in words)


def test_boxes_are_the_quartiles_of_the_table(client, imported, table):
    document = read(client, "scores-by-model", imported["id"], choice="cars3d").json()
    mig = document["data"][list(METRICS).index("mig")]
    groups = document["layout"]["xaxis"]["ticktext"]
    assert groups[0] == "beta-VAE"  # in the order of the definition
    assert mig["y"][0]  # Plotly draws no box of a trace whose first box has no outliers
    for at, place in enumerate(mig["x"]):
        values = of(table[1], "mig", dataset="cars3d", group=groups[place])
        expected = np.quantile(values, [0.25, 0.5, 0.75])
        assert [mig[key][at] for key in ("q1", "median", "q3")] == pytest.approx(expected, rel=1e-4)
        spread = expected[2] - expected[0]
        inside = values[(values >= expected[0] - 1.5 * spread) & (values <= expected[2] + 1.5 * spread)]
        assert (mig["lowerfence"][at], mig["upperfence"][at]) == pytest.approx((inside.min(), inside.max()), rel=1e-4)
        assert len(mig["y"][at]) == len(values) - len(inside)


def test_lines_are_means_and_whiskers_deviations_over_seeds(client, imported, table):
    query = {"choice": ["DIP-VAE-I"]}
    document = read(client, "model-against-weight", imported["id"], **query).json()
    line = next(each for each in document["data"] if each["name"] == "smallnorb")
    assert document["layout"]["xaxis"]["ticktext"] == ["1", "2", "5", "10", "20", "50"]
    for place, weight in enumerate([1, 2, 5, 10, 20, 50]):
        values = of(table[1], "beta_vae", dataset="smallnorb", group="DIP-VAE-I", l_od=str(weight))
        assert line["y"][place] == pytest.approx(values.mean(), rel=1e-4)
        assert line["error_y"]["array"][place] == pytest.approx(values.std(ddof=1), rel=1e-4)


def test_correlations_of_metrics_are_spearmans(client, imported, table):
    document = read(client, "metric-correlations", imported["id"]).json()
    chosen = document["layout"]["meta"]["choices"][0]["chosen"]
    expected = stats.spearmanr(
        of(table[1], "mig", dataset=chosen), of(table[1], "reconstruction", dataset=chosen)
    ).statistic
    measures = document["layout"]["meta"]["measures"]
    found = document["data"][0]["z"][measures.index("mig")][measures.index("reconstruction")]
    assert found == pytest.approx(expected, abs=1e-5)


def test_points_are_the_runs_of_the_choice(client, imported, table):
    document = read(client, "score-against-reconstruction", imported["id"], choice=["sap", "cars3d"]).json()
    x = np.concatenate([each["x"] for each in document["data"]])
    y = np.concatenate([each["y"] for each in document["data"]])
    assert sorted(x) == pytest.approx(sorted(of(table[1], "reconstruction", dataset="cars3d")), rel=1e-4)
    assert sorted(y) == pytest.approx(sorted(of(table[1], "sap", dataset="cars3d")), rel=1e-4)


def test_an_unknown_choice_or_figure_lists_what_there_is(client, imported):
    answer = read(client, "scores-by-model", imported["id"], choice="sprites")
    assert answer.status_code == 422
    assert "cars3d" in answer.json()["detail"]
    answer = read(client, "beauty", imported["id"])
    assert answer.status_code == 404
    assert "scores-by-model" in answer.json()["detail"]


def test_claims_are_decided_with_the_effects_of_the_table(client, imported):
    answer = client.get(f"{PATH}/claims", params={"import": imported["id"]})
    found = {each["claim"]: each for each in answer.json()["items"]}
    order = found["order-of-models"]
    assert order["answer"] == "supported"
    assert order["seeds"] == 3
    assert order["interval"][0] <= order["value"] <= order["interval"][1]
    assert "imported from results.csv" in answer.json()["note"]


def test_without_results_figures_and_claims_say_how_to_get_them(client):
    for path in ("figures/scores", "tables", "claims"):
        answer = client.get(f"/api/v1/studies/latent-dimensionality/{path}")
        assert answer.status_code == 404
        assert "axiscope study run latent-dimensionality" in answer.json()["detail"]
