"""Figures: valid for Plotly, with titles, named axes, and the numbers they claim to show."""

import io
from xml.etree import ElementTree

import numpy as np
import plotly.graph_objects as go
import pytest
from PIL import Image

from backend.figures.codes import tuning_curve
from backend.figures.drawing import parse_colour
from backend.figures.hinton import one_minus_entropy
from backend.figures.render import nice_ticks, scale_colour

FIGURES = ["pcc", "hinton", "history", "scatter", "traversal", "kl", "tuning", "mi", "sap", "kl?over=steps"]


def read(client, figure, model="demo-disc"):
    return client.get(f"/api/v1/models/{model}/figures/{figure}")


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize("model", ["demo-disc", "demo-room-mixed"])
def test_every_figure_is_valid_plotly_with_title_and_axes(client, figure, model):
    answer = read(client, figure, model)
    assert answer.status_code == 200, answer.text
    drawn = go.Figure(answer.json())
    assert model.replace("-", " ") in drawn.layout.title.text
    titles = [axis.title.text for axis in (*drawn.select_xaxes(), *drawn.select_yaxes())]
    assert any(titles)


def test_the_correlations_are_those_of_the_manifest(client):
    model = client.get("/api/v1/models/demo-disc").json()
    signed = read(client, "pcc?signed=true").json()["data"][0]
    absolute = read(client, "pcc").json()["data"][0]
    expected = [[row["correlations"][name] for name in model["factor_names"]] for row in model["statistics"]]
    assert np.array(signed["z"]) == pytest.approx(np.array(expected), abs=1e-6)
    assert np.array(absolute["z"]) == pytest.approx(np.abs(expected), abs=1e-6)
    assert (signed["zmin"], signed["zmax"]) == (-1, 1)


def test_diagonalising_sorts_rows_by_their_best_factor(client):
    drawn = read(client, "pcc?diagonalise=true").json()
    best = np.array(drawn["data"][0]["z"]).argmax(1)
    assert (np.diff(best) >= 0).all()
    assert drawn["layout"]["meta"]["latents"] != list(range(6))


def test_categorical_and_cyclic_factors_are_flagged(client):
    drawn = read(client, "pcc").json()
    assert "shape *" in drawn["data"][0]["x"]
    assert "posX" in drawn["data"][0]["x"]
    assert "Pearson" in drawn["layout"]["annotations"][0]["text"]


def test_one_minus_entropy_has_its_anchors():
    rows = np.array([[1.0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 0, 0], [1, 1, 0, 0]])
    assert one_minus_entropy(rows) == pytest.approx([1, 0, 0, 0.5])


def test_areas_of_the_hinton_diagram_are_proportional_to_the_importances(client):
    drawn = read(client, "hinton").json()
    values = [point[2] for point in drawn["data"][0]["customdata"]]
    areas = [(s["x1"] - s["x0"]) * (s["y1"] - s["y0"]) for s in drawn["layout"]["shapes"]]
    assert np.array(areas) / max(areas) == pytest.approx(np.array(values) / max(values), abs=1e-5)


def test_the_kl_bars_fall_and_their_share_ends_at_one(client):
    drawn = read(client, "kl").json()
    assert drawn["data"][-1]["y"][-1] == pytest.approx(1)
    assert drawn["layout"]["meta"]["latents"][:3] != [3, 4, 5]


def test_a_tuning_curve_is_the_mean_of_each_class():
    codes = np.array([0.0, 2.0, 5.0, 7.0, 9.0], np.float32)
    values, mean, spread = tuning_curve(codes, np.array([0, 0, 3, 3, -1]))
    assert values.tolist() == [0, 3]
    assert mean.tolist() == [1, 6]
    assert spread.tolist() == [1, 1]


def test_the_traversal_comes_as_png_and_svg_too(client):
    url = "/api/v1/models/demo-room/figures/traversal?dims=2,0&steps=4"
    sheet = client.get(url, headers={"Accept": "image/*"})
    assert Image.open(io.BytesIO(sheet.content)).size == (4 * 66 - 2, 2 * 66 - 2)
    assert client.get(url + "&format=png").content == sheet.content
    svg = client.get(url, headers={"Accept": "image/svg+xml"})
    assert svg.headers["content-type"].startswith("image/svg+xml")
    assert ">z2</text>" in svg.text
    version = client.get("/api/v1/models/demo-room").json()["version"]
    assert "immutable" in client.get(f"{url}&v={version}").headers["cache-control"]


def test_a_scatter_brings_the_image_numbers(client):
    drawn = read(client, "scatter?x=0&y=1&colour=shape&limit=10").json()
    assert len(drawn["data"][0]["customdata"]) == 10
    assert "shape" in drawn["layout"]["title"]["text"]


@pytest.mark.parametrize(
    ("figure", "status"),
    [
        ("nothing", 404),
        ("scatter?x=99", 422),
        ("scatter?colour=beauty", 422),
        ("tuning?latents=a", 422),
        ("tuning?factors=beauty", 422),
        ("traversal?steps=500", 422),
        ("traversal?sigma=1&low=0", 422),
        ("traversal?dims=77", 422),
        ("kl?over=time", 422),
    ],
)
def test_bad_queries_of_figures_are_refused(client, figure, status):
    answer = read(client, figure)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_figure_whose_metric_was_never_computed_says_how_to_get_it(client):
    answer = read(client, "sap", "demo-truncated")
    assert answer.status_code == 409
    client_answer = read(client, "hinton", "demo-disc")
    assert client_answer.status_code == 200


@pytest.mark.parametrize("figure", [*FIGURES, "pcc?signed=true", "scatter?colour=shape"])
@pytest.mark.parametrize("model", ["demo-disc", "demo-room"])
def test_every_figure_is_drawn_as_svg_and_png_too(client, figure, model):
    if "scatter?" in figure and model == "demo-room":
        figure = "scatter?colour=shape"
    url = f"/api/v1/models/{model}/figures/{figure}"
    svg = client.get(url, headers={"Accept": "image/svg+xml"})
    assert svg.headers["content-type"].startswith("image/svg+xml")
    root = ElementTree.fromstring(svg.text)
    words = [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert any(model.replace("-", " ") in text for text in words)
    assert len(words) > 5
    picture = Image.open(io.BytesIO(client.get(url, headers={"Accept": "image/png"}).content))
    assert len(set(picture.convert("L").get_flattened_data())) > 8


def test_a_drawn_cell_has_the_colour_of_its_value():
    assert scale_colour("RdBu", 0.0, reverse=True) == parse_colour("#053061")
    assert scale_colour("RdBu", 0.5) == parse_colour("#f7f7f7")
    assert scale_colour("Blues", 1.0) == parse_colour("#08306b")
    assert parse_colour("rgba(11, 107, 203, 0.18)") == (11, 107, 203, 0.18)


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-3, 3), (0, 1e-6), (0, 123_456), (5, 5.5)])
def test_ticks_are_round_and_inside(low, high):
    ticks = nice_ticks(low, high)
    assert 3 <= len(ticks) <= 8
    assert all(low - 1e-9 <= tick <= high * (1 + 1e-9) for tick in ticks)
