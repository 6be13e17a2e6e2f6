"""Measured results of a study over HTTP and on the command line: models of the zoo with the label of a study."""

import json
import shutil

import numpy as np
import plotly.graph_objects as go
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from backend.app import create_app
from backend.cli import app
from backend.figures.study.measured import comparable_history, last_losses
from backend.figures.study.source import Source
from backend.figures.study.tables import best, evaluations
from backend.settings import Settings
from models_zoo.manifest import StudyLabel, read_manifest, write_manifest
from tests.demo_zoo import write_entry
from training.studies.results import Result
from training.studies.study import Selection, read_study

STUDY = "xu-li-3dshapes"
PATH = f"/api/v1/studies/{STUDY}"
GROUPS = {"demo-room": "beta 15", "demo-room-mixed": "vae"}
FIGURES = ("traversals", "scatter", "latent-against-factor", "scores", "losses")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home whose zoo has one model of two groups each, as runs of the study at scale .01."""
    home = tmp_path_factory.mktemp("home")
    for model_id, group in GROUPS.items():
        folder = write_entry(home / "zoo", model_id, dataset="shapes3d", latents=8, mixing=0.5 * (group == "vae"))
        label = StudyLabel(
            study=STUDY, scale=0.01, run=f"{group.replace(' ', '-')}-seed-0", group=group, varied={"seed": 0}
        )
        write_manifest(folder, read_manifest(folder).model_copy(update={"study": label}))
    return home


@pytest.fixture(scope="module")
def client(home):
    settings = Settings(home=home, bundled_zoo=home / "none", device="cpu")
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as client:
        yield client


def test_the_study_says_at_which_scale_it_was_measured(client):
    item = next(each for each in client.get("/api/v1/studies").json()["items"] if each["name"] == STUDY)
    assert item["measured"] == [{"scale": 0.01, "done": 2, "failed": 0}]
    detail = client.get(PATH).json()
    row = next(row for row in detail["rows"] if row["group"] == "vae")
    assert (detail["scale"], row["done"]) == (0.01, 1)
    assert row["published"] == {"fid": 0.0641, "mig": 0.0797}
    assert row["measured"]["mig"] == [pytest.approx(0.42)]
    answer = client.get(f"{PATH}?scale=0.5")
    assert answer.status_code == 422
    assert "0.01" in answer.json()["detail"]


@pytest.mark.parametrize("figure", FIGURES)
def test_figures_of_measured_runs_say_scale_and_data(client, figure):
    answer = client.get(f"{PATH}/figures/{figure}")
    assert answer.status_code == 200, answer.text
    drawn = go.Figure(answer.json())
    shown = " ".join(each.text for each in drawn.layout.annotations)
    assert "measured here at scale 0.01" in shown
    assert "3D Shapes (procedural)" in drawn.layout.meta["note"]
    svg = client.get(f"{PATH}/figures/{figure}", headers={"Accept": "image/svg+xml"})
    assert "measured here at scale 0.01" in svg.text


def test_published_and_measured_stand_in_one_chart_and_points_name_their_models(client):
    document = client.get(f"{PATH}/figures/scores").json()
    groups = document["layout"]["xaxis2"]["ticktext"]
    mig = {trace["name"]: trace for trace in document["data"] if trace["yaxis"] == "y2"}
    published = dict(zip((groups[x] for x in mig["published"]["x"]), mig["published"]["y"], strict=True))
    assert published == {"ae": 0.152, "vae": 0.0797, "beta 15": 0.409, "factor 500": 0.368}
    measured = dict(zip((groups[x] for x in mig["measured"]["x"]), mig["measured"]["customdata"], strict=True))
    assert measured == {"beta 15": "demo-room", "vae": "demo-room-mixed"}


def test_a_figure_of_one_model_lets_the_run_be_chosen(client):
    first = client.get(f"{PATH}/figures/traversals").json()["layout"]["meta"]
    assert first["choices"][0]["values"] == ["vae-seed-0", "beta-15-seed-0"]
    other = client.get(f"{PATH}/figures/traversals", params={"choice": "beta-15-seed-0"}).json()
    assert "demo room:" in other["layout"]["title"]["text"]
    assert np.array(other["layout"]["meta"]["values"]).shape == (8, 10)


def test_tables_hold_both_values_and_one_seed_decides_nothing(client):
    table = client.get(f"{PATH}/tables").json()["items"][0]
    cell = next(row for row in table["rows"] if row["label"] == "beta 15")["cells"]["mig"]
    assert (cell["published"], cell["mean"], cell["std"], cell["n"]) == (0.409, pytest.approx(0.57), None, 1)
    claims = client.get(f"{PATH}/claims").json()["items"]
    assert {each["answer"] for each in claims} == {"undecided"}


def test_losses_are_held_out_where_they_were_measured():
    history = {"step": [1, 2], "parts": {"reconstruction": [9.0, 8.0], "tc": [1.0, 0.5], "kl": [1.0, None]}}
    assert last_losses(history) == {"reconstruction": 8, "tc": 0.5}
    rows = [{"step": 2, "held_out": {"reconstruction": 8.5}}, {"step": 3, "held_out": {}}]
    assert last_losses(history | {"evaluations": rows})["reconstruction"] == 8.5
    assert last_losses({}) == {}


def test_the_reconstruction_of_learned_noise_is_the_squared_error_at_every_step():
    parts = {"reconstruction": [-800.0, -900.0], "squared_error": [5.0, 4.0]}
    rows = [{"step": 1, "held_out": {"reconstruction": -700.0, "squared_error": 6.0}, "metrics": {"mig": 0.1}}]
    history = comparable_history({"step": [1, 2], "parts": parts, "evaluations": rows})
    assert history["parts"]["reconstruction"] == [5.0, 4.0]
    (early,) = evaluations(Result("r", "sigma-VAE", {}, history=history))
    assert early.losses["reconstruction"] == 6.0


def test_more_seeds_than_the_source_has_make_more_runs_of_the_study():
    study = read_study(STUDY)
    runs = [Result(f"r{seed}", "vae", {"seed": seed}) for seed in range(3)]
    assert Source(study, runs[:1], scale=0.01).note(runs[:1]).endswith("1 of 4 runs")
    assert Source(study, runs, scale=0.01).note(runs[:2]).endswith("2 of 12 runs")


def test_an_evaluation_within_a_run_has_scores_and_their_parts():
    row = {"step": 50, "metrics": {"cbd": 0.4, "mig": None}, "details": {"cbd": {"modularity": 0.9}}, "held_out": {}}
    history = {"step": [50, 100], "parts": {"kl": [1.0, 2.0]}, "evaluations": [row]}
    run = Result("r", "L-VAE", {}, scores={"cbd": 0.3, "cbd.modularity": 0.5}, history=history)
    (early,) = evaluations(run)
    assert (early.scores, early.losses, early.steps) == ({"cbd": 0.4, "cbd.modularity": 0.9}, {"kl": 1.0}, 50)
    selection = Selection(("steps",), ("cbd.modularity",))
    assert best([run], "cbd.modularity", selection) == [early]


def test_the_report_is_one_file_with_the_same_figures(client, home, tmp_path, monkeypatch):
    monkeypatch.setenv("AXISCOPE_HOME", str(home))
    monkeypatch.setenv("AXISCOPE_BUNDLED_ZOO", str(home / "none"))
    out, folder = tmp_path / "report.html", tmp_path / "markdown"
    done = CliRunner().invoke(app, ["study", "report", STUDY, "--out", str(out), "--markdown", str(folder), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["figures"] >= 8
    page = out.read_text()
    assert "measured here at scale 0.01" in page
    assert "Plotly.newPlot" in page
    assert "0.409 → 0.57" in page
    assert {path.stem for path in folder.iterdir()} >= {STUDY, *(f"{STUDY}-{figure}" for figure in FIGURES)}
    assert "| beta 15 |" in (folder / f"{STUDY}.md").read_text()


def test_a_table_is_imported_and_refused_on_the_command_line(client, home, tmp_path, monkeypatch):
    monkeypatch.setenv("AXISCOPE_HOME", str(home))
    path = tmp_path / "mine.csv"
    path.write_text("group,seed,mig\nvae,0,0.2\nvae,1,nan\n")
    refused = CliRunner().invoke(app, ["study", "import", STUDY, str(path)])
    assert "mine.csv, line 3, column 'mig'" in str(refused.exception)
    path.write_text("group,seed,mig\nvae,0,0.2\nvae,1,0.3\n")
    done = CliRunner().invoke(app, ["study", "import", STUDY, str(path), "--json"])
    assert json.loads(done.stdout)["runs"] == 2
    assert client.get(f"{PATH}/imports").json()["items"][0]["name"] == "mine.csv"


def test_the_newest_model_of_a_run_counts(client, home):
    """Two versions of a definition give two models of one run."""
    folder = write_entry(home / "zoo", "demo-room-newer", dataset="shapes3d", latents=8, mixing=0.5)
    manifest = read_manifest(folder)
    label = read_manifest(home / "zoo" / "demo-room").study
    provenance = manifest.provenance.model_copy(update={"created_at": "2099-01-01T00:00:00+00:00"})
    write_manifest(folder, manifest.model_copy(update={"study": label, "provenance": provenance}))
    try:
        registry = client.app.state.context.registry
        registry.refresh()
        tables = client.get(f"{PATH}/tables").json()["items"]
        row = next(row for row in tables[-1]["rows"] if row["label"] == "beta 15")
        assert row["models"] == ["demo-room-newer"]
        assert client.get(PATH).json()["measured"] == [{"scale": 0.01, "done": 2, "failed": 0}]
    finally:
        shutil.rmtree(folder)
        registry.refresh()


def test_rows_of_reconstructions_name_the_settings_of_each_group(tmp_path):
    for group, weights in {"beta": {"beta": 4}, "gamma": {"gamma": 8}, "gamma-2": {"gamma": 16}}.items():
        folder = write_entry(tmp_path / "zoo", f"demo-{group}", dataset="dsprites", latents=5)
        varied = {"dataset": "dsprites", "seed": 0, **weights}
        label = StudyLabel(study="de-nardin-beta-gamma", scale=0.01, run=group, group=group[:5], varied=varied)
        write_manifest(folder, read_manifest(folder).model_copy(update={"study": label}))
    settings = Settings(home=tmp_path, bundled_zoo=tmp_path / "none", device="cpu")
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as client:
        drawn = client.get("/api/v1/studies/de-nardin-beta-gamma/figures/reconstructions").json()
    assert set(drawn["layout"]["yaxis"]["ticktext"]) == {
        "images",
        "beta · beta 4",
        "gamma · gamma 8",
        "gamma · gamma 16",
    }
