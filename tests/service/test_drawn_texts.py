"""Texts of drawn figures: none is cut, none runs into its neighbour."""

import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import pytest
from PIL import ImageFont

from backend.figures.base import axis, figure, layout
from backend.figures.drawing import draw

FONT = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
NAMES = ["beta-VAE", "AnnealedVAE", "FactorVAE", "beta-TCVAE", "DIP-VAE-I", "DIP-VAE-II"]
TITLE = "dSprites (procedural) · beta_vae beta 4 · 4 latents: traversal of the code of image 337548, ± 1"


def drawn_texts(names, title):
    """Return for each text of a figure, which is 380 pixels wide, its ends in points."""
    places = list(range(len(names)))
    bars = {"x": places, "y": [1] * len(names), "marker": {"color": "#3b5bdb"}}
    across = axis("model", tickvals=places, ticktext=names)
    frame = layout(title, 300, (60, 20, 40, 40), width=380, xaxis=across, yaxis=axis("score"))
    svg = draw(figure([{"type": "bar", **bars}], frame), "svg")
    ends = {}
    for node in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"):
        size, place = re.search(r"font(?:-size)?: ([\d.]+)px", node.get("style")), node.get("x")
        if node.text in {*names, title} and size and place:
            half = ImageFont.truetype(FONT, 100).getlength(node.text) * float(size[1]) / 200
            ends[node.text] = float(place) - half, float(place) + half
    return ends


@pytest.mark.parametrize("title", ["Scores by model", TITLE])
def test_a_title_ends_within_its_figure_and_labels_do_not_meet(title):
    ends = drawn_texts(NAMES, title)
    assert set(ends) == {*NAMES, title}
    assert ends[title][0] > 0
    assert ends[title][1] < 380 * 0.72
    assert all(ends[left][1] < ends[right][0] for left, right in pairwise(NAMES))


def test_texts_that_have_room_keep_their_size():
    ends = drawn_texts(["AE", "VAE"], "Scores")
    left, right = ends["VAE"]
    assert right - left == pytest.approx(ImageFont.truetype(FONT, 100).getlength("VAE") * 11 * 0.72 / 100, rel=0.02)


@pytest.mark.parametrize("count", [5, 20])
def test_a_legend_ends_within_its_figure(count):
    names = [f"mdL-VAE strong {number} · reconstruction" for number in range(count)]
    traces = [
        {"type": "scatter", "x": [0, 1], "y": [0, n], "name": name, "mode": "lines"} for n, name in enumerate(names)
    ]
    frame = layout("Losses", 460, (60, 20, 40, 160), showlegend=True, xaxis=axis("step"), yaxis=axis("loss"))
    svg = ElementTree.fromstring(draw(figure(traces, frame), "svg"))
    ends = {}
    for node in svg.iter("{http://www.w3.org/2000/svg}text"):
        if node.text in names:
            size = float(re.search(r"font(?:-size)?: ([\d.]+)px", node.get("style"))[1])
            start = float(node.get("x") or re.search(r"translate\(([\d.]+)", node.get("transform"))[1])
            ends[node.text] = start + ImageFont.truetype(FONT, 100).getlength(node.text) * size / 100
    assert set(ends) == set(names)
    assert max(ends.values()) < float(svg.get("viewBox").split()[2])
