"""Limits of figures over HTTP: rows, points, formats, names and numbers."""

import json

import numpy as np
import pytest
from fastapi.testclient import TestClient

from backend.app import create_app
from backend.figures import drawing
from backend.figures.codes import MAX_POINTS
from backend.figures.service import MAX_ROWS
from backend.settings import Settings
from models_zoo.manifest import HISTORY, MANIFEST, SAMPLE, read_manifest, record_files, write_manifest
from tests.demo_zoo import write_entry

FIGURES = "/api/v1/models/{}/figures/{}"


def refusal(client, figure, status=422, model="demo-disc", **headers):
    """Return the problem document of a refused figure."""
    answer = client.get(FIGURES.format(model, figure), headers=headers)
    assert answer.status_code == status, answer.text[:300]
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.json()


def document(client, figure, model="demo-disc"):
    answer = client.get(FIGURES.format(model, figure))
    assert answer.status_code == 200, answer.text[:300]
    return answer.json()


def test_tuning_curves_of_a_wide_model_are_those_of_six_latents_unless_more_are_named(client):
    def rows(query):
        return len({trace["meta"][0] for trace in document(client, query, "demo-room")["data"]})

    assert rows("tuning?factors=scale") == MAX_ROWS < 8
    assert rows("tuning?factors=scale&latents=0,1,2,3,4,5,6,7") == 8


@pytest.mark.parametrize(
    ("figure", "allowed"),
    [
        ("tuning?latents=0,0", "each once"),
        ("tuning?latents=6", "0 to 5"),
        ("tuning?latents=-1", "0 to 5"),
        ("tuning?latents=", "latents joined by commas"),
        ("tuning?latents=1.5", "latents joined by commas"),
        ("tuning?factors=shape,shape", "each once"),
        ("traversal?dims=0,0", "each once"),
        ("scatter?x=6", "0 to 5"),
    ],
)
def test_rows_are_latents_and_factors_of_the_model_each_once(client, figure, allowed):
    assert allowed in refusal(client, figure)["detail"]


@pytest.mark.parametrize("name", ["latents", "factors"])
def test_a_list_of_rows_has_at_most_two_thousand_characters(client, name):
    refusal(client, f"tuning?{name}=" + ",".join(["0"] * 1001))


def test_a_chart_of_codes_has_at_most_1500_points(client):
    traces = document(client, "tuning?latents=0&points=true")["data"]
    assert {len(trace["x"]) for trace in traces} == {MAX_POINTS} == {1500}


@pytest.mark.parametrize("limit", ["0", "-1", "20001", "nan", "many"])
def test_a_scatter_takes_1_to_20000_points(client, limit):
    assert refusal(client, f"scatter?limit={limit}")["errors"][0]["pointer"] == "query/limit"


def test_a_scatter_has_no_more_points_than_the_sample(client):
    assert len(document(client, "scatter?limit=20000")["data"][0]["x"]) == 5000
    assert len(document(client, "scatter?limit=1")["data"][0]["x"]) == 1


@pytest.mark.parametrize("accept", ["application/pdf", "text/csv", "image/jpeg"])
@pytest.mark.parametrize("figure", ["pcc", "traversal"])
def test_other_formats_are_refused_with_the_allowed_ones(client, figure, accept):
    problem = refusal(client, figure, 406, Accept=accept)
    assert set(problem["errors"][0]["allowed"]) == {"application/json", "image/svg+xml", "image/png"}


def test_the_format_of_a_traversal_in_the_query_is_json_png_or_svg(client):
    assert "'json', 'png' or 'svg'" in refusal(client, "traversal?format=pdf")["detail"]


@pytest.mark.parametrize("accept", ["image/svg+xml", "image/png"])
def test_a_picture_of_too_many_charts_or_pixels_is_refused(client, accept, monkeypatch):
    figure = "tuning?latents=0,1"
    assert client.get(FIGURES.format("demo-disc", figure), headers={"Accept": accept}).status_code == 200
    monkeypatch.setattr(drawing, "MAX_PANELS", 9)
    assert "got a figure of 10 charts" in refusal(client, figure, Accept=accept)["detail"]
    monkeypatch.undo()
    monkeypatch.setattr(drawing, "MAX_PIXELS", 100_000)
    assert "pixels" in refusal(client, figure, Accept=accept)["detail"]


@pytest.mark.parametrize(
    ("figure", "allowed"),
    [
        ("scatter?colour=beauty", ["shape", "scale", "orientation", "posX", "posY"]),
        ("tuning?factors=shape,beauty", ["shape", "scale", "orientation", "posX", "posY"]),
        ("pcc?measure=beauty", "'pearson' or 'by_kind'"),
        ("kl?over=beauty", "'latents' or 'steps'"),
    ],
)
def test_unknown_names_are_refused_with_the_known_ones(client, figure, allowed):
    assert refusal(client, figure)["errors"][0]["allowed"] == allowed


def test_an_unknown_figure_or_model_is_not_found(client):
    refusal(client, "beauty", 404)
    assert "did you mean 'demo-disc'" in refusal(client, "pcc", 404, "demo-disk")["detail"]


@pytest.mark.parametrize(
    "query",
    ["low=nan", "high=inf", "sigma=nan", "sigma=inf", "sigma=0", "sigma=11", "steps=1", "steps=nan", "index=-1"],
)
def test_spans_and_steps_of_a_traversal_are_finite_numbers_in_range(client, query):
    refusal(client, f"traversal?dims=0&{query}")


def record_changes(folder):
    """Write the checksums of the present files into the manifest."""
    manifest = read_manifest(folder)
    write_manifest(folder, manifest.model_copy(update={"files": record_files(folder, tuple(manifest.files))}))


@pytest.fixture
def edited(tmp_path):
    """Return a function that serves a model after a change of its files."""
    home = tmp_path / "home"
    folder = write_entry(home / "zoo", "demo-disc")

    def serve(change):
        change(folder)
        settings = Settings(home=home, bundled_zoo=home / "none", device="cpu")
        return TestClient(create_app(settings), base_url="http://127.0.0.1:8000", raise_server_exceptions=False)

    return serve


@pytest.mark.parametrize("figure", ["history", "kl?over=steps"])
def test_a_history_with_nan_is_refused_since_json_has_none(edited, figure):
    def change(folder):
        history = json.loads((folder / HISTORY).read_bytes())
        history["kl"][0][0] = history["parts"]["kl"][0] = float("nan")
        (folder / HISTORY).write_text(json.dumps(history))
        record_changes(folder)

    with edited(change) as client:
        assert "is not JSON" in refusal(client, figure, 409)["detail"]


@pytest.mark.parametrize("figure", ["scatter", "tuning", "pcc?measure=by_kind"])
def test_codes_with_nan_are_refused(edited, figure):
    def change(folder):
        with np.load(folder / SAMPLE) as arrays:
            sample = dict(arrays)
        sample["mean"][0, 0] = np.nan
        np.savez(folder / SAMPLE, **sample)
        record_changes(folder)

    with edited(change) as client:
        assert "not finite" in refusal(client, figure, 409)["detail"]


@pytest.mark.parametrize("figure", ["pcc", "kl", "traversal"])
def test_statistics_with_nan_make_the_model_broken(edited, figure):
    def change(folder):
        manifest = json.loads((folder / MANIFEST).read_bytes())
        manifest["statistics"][0]["kl_nats"] = float("nan")
        (folder / MANIFEST).write_text(json.dumps(manifest))

    with edited(change) as client:
        assert "is broken" in refusal(client, figure, 409)["detail"]
