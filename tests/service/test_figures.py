"""Figures: valid for Plotly, with titles, named axes, and the numbers they claim to show."""

import io
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import plotly.graph_objects as go
import pytest
from PIL import Image

from backend.figures.association import by_kind, circular_correlation, correlation_ratio, diagonal_order
from backend.figures.base import TOKENS, figure, layout, short
from backend.figures.codes import tuning_curve
from backend.figures.drawing import MAX_PANELS, draw
from backend.figures.drawn_traces import MAX_VECTOR_POINTS, colour, colour_map
from backend.figures.hinton import one_minus_entropy
from backend.models.samples import CodeSample
from models_zoo.errors import InvalidInput

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
    values = np.array(drawn["data"][0]["z"])
    assert (values[:1] == values[:, :1].max(0)).any()
    meta = drawn["layout"]["meta"]
    assert meta["latents"] == meta["diagonal"] != list(range(6))
    assert [row[0][0] for row in drawn["data"][0]["customdata"]] == meta["latents"]


def test_categorical_and_cyclic_factors_are_flagged(client):
    drawn = read(client, "pcc").json()
    assert {"shape ∷", "orientation ○", "posX"} <= set(drawn["layout"]["xaxis"]["ticktext"])
    assert "Pearson" in drawn["layout"]["annotations"][0]["text"]


def test_the_association_by_kind_detects_what_pearson_misses(client):
    plain = read(client, "pcc").json()
    suited = read(client, "pcc?measure=by_kind").json()
    orientation = suited["layout"]["meta"]["factors"].index("orientation")
    assert "annotations" not in suited["layout"]
    column = [row[orientation] for row in suited["data"][0]["z"]]
    assert column != [row[orientation] for row in plain["data"][0]["z"]]
    assert all(0 <= value <= 1 for value in column)


def test_circular_correlation_detects_a_cosine_that_pearson_misses():
    classes = np.arange(40) % 10
    codes = np.stack([np.cos(2 * np.pi * classes / 10), np.ones(40)], 1)
    assert circular_correlation(codes, classes, 10) == pytest.approx([1, 0], abs=1e-3)
    assert abs(np.corrcoef(codes[:, 0], classes)[0, 1]) < 0.3
    assert circular_correlation(codes, classes % 2, 2)[1] == 0


def test_the_correlation_ratio_does_not_depend_on_the_order_of_classes():
    codes = np.array([[5.0, 1, 7], [5, 2, 7], [-1, 1, 7], [-1, 2, 7], [3, 1, 7], [3, 2, 7]])
    assert correlation_ratio(codes, np.array([0, 0, 1, 1, 2, 2])) == pytest.approx([1, 0, 0])


def test_images_without_a_label_do_not_count():
    codes = np.array([[0.0], [1], [2], [99], [0], [1]], np.float32)
    labels = np.array([[0, -1], [1, -1], [2, -1], [-1, -1], [0, -1], [1, 0]])
    assert by_kind(codes, labels, [3, 3], ["ordinal", "cyclic"]) == pytest.approx(np.array([[1.0, 0.0]]))


def test_diagonalising_brings_the_strongest_latent_of_each_factor_to_its_row():
    matrix = np.array([[0, 0, 0.1], [0.2, 0.9, 0], [-0.8, 0.5, 0], [0, 0, 0.7]])
    assert diagonal_order(matrix) == [2, 1, 3, 0]
    assert diagonal_order(matrix[:2]) == [1, 0]


def test_the_bars_of_the_correlations_are_the_gaps_that_cbd_averages(client):
    drawn = read(client, "pcc").json()
    values = np.sort(np.array(drawn["data"][0]["z"]))
    compactness, modularity = drawn["data"][2]["x"], drawn["data"][3]["y"]
    assert compactness == pytest.approx(values[:, -1] - values[:, -2], abs=1e-5)
    meta = drawn["layout"]["meta"]
    assert meta["cbd"]["score"] == pytest.approx((np.mean(compactness) + np.mean(modularity)) / 2, abs=1e-5)
    assert sorted(meta["diagonal"]) == meta["latents"]


def test_each_colour_of_a_figure_is_the_light_value_of_a_design_token():
    css = Path("frontend/static/css/tokens.css").read_text().partition("dark")[0]
    light = dict(re.findall(r"(--[\w-]+): ([^;]+);", css))
    for tint, token in TOKENS.items():
        assert light[token].replace("#fff", "#ffffff" if light[token] == "#fff" else "#fff") == tint, token


@pytest.mark.parametrize(
    ("value", "text"), [(0.934, ".93"), (-0.2, "-.20"), (0.999, "1.00"), (-0.001, ".00"), (10.05, "10.05")]
)
def test_values_in_cells_have_no_zero_before_the_point(value, text):
    assert short(value) == text


def test_one_minus_entropy_has_its_anchors():
    rows = np.array([[1.0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 0, 0], [1, 1, 0, 0]])
    assert one_minus_entropy(rows) == pytest.approx([1, 0, 0, 0.5])


def test_areas_of_the_hinton_diagram_are_proportional_to_the_importances(client):
    drawn = read(client, "hinton").json()
    values = [point[3] for point in drawn["data"][0]["customdata"]]
    areas = np.array(drawn["data"][0]["marker"]["size"]) ** 2
    assert areas / max(areas) == pytest.approx(np.array(values) / max(values), abs=1e-5)


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


def test_a_figure_whose_metric_was_never_computed_is_refused_with_the_command(client):
    answer = read(client, "sap", "demo-truncated")
    assert answer.status_code == 409
    client_answer = read(client, "hinton", "demo-disc")
    assert client_answer.status_code == 200


DRAWN = [*FIGURES, "pcc?signed=true", "scatter?colour=shape"]
DRAWN[DRAWN.index("tuning")] = "tuning?latents=0,1"  # 10 of the 30 charts


@pytest.mark.parametrize(
    ("model", "figure"),
    [*(("demo-disc", figure) for figure in DRAWN), ("demo-room", "traversal"), ("demo-room", "scatter?colour=shape")],
)
def test_every_figure_is_drawn_as_svg_and_png_too(client, model, figure):
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
    assert colour("rgba(51, 102, 204, 0.18)") == pytest.approx((0.2, 0.4, 0.8, 0.18))
    assert colour("#ff0000") == "#ff0000"
    scale = colour_map([[0, "rgb(255, 0, 0)"], [0.5, "#ffffff"], [1, "rgba(0, 0, 255, 0.5)"]])
    assert scale(0.0) == pytest.approx((1, 0, 0, 1))
    assert scale(1.0) == pytest.approx((0, 0, 1, 0.5))
    assert scale(0.5) == pytest.approx((1, 1, 1, 1), abs=0.01)


@pytest.mark.parametrize(("count", "pictures"), [(MAX_VECTOR_POINTS, 0), (MAX_VECTOR_POINTS + 1, 1)])
def test_many_markers_are_one_picture_in_svg(count, pictures):
    places = list(range(count))
    trace = {"type": "scatter", "mode": "markers", "x": places, "y": places, "marker": {"color": "#345", "size": 3}}
    drawn = draw(figure([trace], layout("points", 200, (20, 20, 20, 20))), "svg")
    assert drawn.count(b"<image") == pictures


@pytest.mark.parametrize("form", ["svg", "png"])
def test_the_same_figure_is_drawn_as_the_same_bytes(client, form):
    document = read(client, "pcc").json()
    document["layout"]["title"]["text"] = "costs $5 & <b>$6"
    drawn = draw(document, form)
    assert drawn == draw(document, form)
    if form == "svg":
        words = [node.text for node in ElementTree.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")]
        assert "costs $5 & <b>$6" in words


@pytest.mark.parametrize("form", ["svg", "png"])
def test_a_picture_of_too_many_charts_or_pixels_is_refused(client, form):
    document = read(client, "tuning").json()
    document["layout"]["height"] = 30_000
    with pytest.raises(InvalidInput, match="pixels; request fewer latents"):
        draw(document, form)
    document = read(client, "pcc").json()
    document["data"] = [document["data"][0] | {"xaxis": f"x{number}"} for number in range(MAX_PANELS + 1)]
    with pytest.raises(InvalidInput, match=f"{MAX_PANELS} charts"):
        draw(document, form)


def test_a_figure_is_sent_once(client):
    first = read(client, "pcc")
    url = "/api/v1/models/demo-disc/figures/pcc"
    again = client.get(url, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = client.get(url, headers={"If-None-Match": first.headers["etag"], "Accept": "image/svg+xml"})
    assert other.status_code == 200
    assert other.headers["etag"] != first.headers["etag"]


def test_tuning_gives_one_latent_one_factor_and_the_codes_themselves(client):
    one = read(client, "tuning?latents=1").json()
    assert [trace["meta"] for trace in one["data"][1::2]] == [[1, k] for k in range(5)]
    many = read(client, "tuning?latents=0,1,2&factors=posX").json()
    assert [trace["meta"] for trace in many["data"][1::2]] == [[0, 3], [1, 3], [2, 3]]
    points = read(client, "tuning?latents=1&points=true").json()
    assert {len(trace["x"]) for trace in points["data"]} == {1500}
    assert max(abs(np.array(points["data"][0]["x"]) - np.round(points["data"][0]["x"]))) <= 0.25


def test_matplotlib_is_loaded_by_the_first_picture_only():
    code = "import sys, backend.app; print(sum(name.startswith('matplotlib') for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0"


def test_a_traversal_goes_through_the_code_of_a_typical_image(client):
    url = "/api/v1/models/demo-room/figures/traversal?dims=0&steps=3&format="
    pictures = {base: client.get(f"{url}png&base={base}").content for base in ("origin", "typical")}
    assert pictures["origin"] == client.get(f"{url}png").content != pictures["typical"]
    assert "a typical image" in client.get(f"{url}json&base=typical").json()["layout"]["title"]["text"]
    assert client.get(f"{url}png&base=middle").status_code == 422


def test_the_typical_code_is_that_of_an_image_and_counts_every_latent_alike():
    # two clusters around 0, where no image lies; the second latent is ten times as wide as the first
    mean = np.array([[-1.6, 5], [-1.1, -40], [1, 4], [1.2, 30], [-0.9, 0]], dtype=np.float32)
    sample = CodeSample(np.arange(5), mean, np.zeros_like(mean), np.zeros((5, 0), np.int64))
    assert sample.typical().tolist() == mean[4].tolist()
    still = CodeSample(np.arange(5), mean * 0, mean, np.zeros((5, 0), np.int64))
    assert still.typical().tolist() == [0, 0]
