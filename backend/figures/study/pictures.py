"""Reconstructions of all models of a study side by side."""

import base64
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from backend.figures.base import add_note, figure, layout
from backend.formats.pictures import GAP, Pixels, encode_png, sheet
from models_zoo.json_types import JsonObject

LETTER_PIXELS = 6.5
RIGHT, TOP, BOTTOM = 8, 8, 10
MIN_WIDTH = 640


def reconstructions(
    title: str,
    names: Sequence[str],
    indices: NDArray[np.int64],
    originals: Pixels,
    decoded: Sequence[Pixels],
    note: str,
) -> JsonObject:
    """Return a row of images of the data set, and below it one row a model with their reconstructions.

    Parameters
    ----------
    title : str
    names : sequence of str
        Name of each model.
    indices : int64 array of shape (n,)
        Images of the data set.
    originals : uint8 array of shape (n, height, width, channels)
    decoded : sequence of uint8 arrays of that shape
        One for each model.
    note : str
    """
    height, width = originals.shape[1:3]
    paper = sheet(np.concatenate([originals, *decoded]), len(indices))
    labels = ["images", *names]
    left = 16 + int(LETTER_PIXELS * max(map(len, labels)))
    frame = layout(title, paper.shape[0] + TOP + BOTTOM, (left, RIGHT, TOP, BOTTOM))
    frame["width"] = max(paper.shape[1] + left + RIGHT, MIN_WIDTH)
    still = {"showgrid": False, "zeroline": False}
    frame["xaxis"] = still | {"tickvals": [], "title": {"text": ""}}
    rows = [height / 2 + (height + GAP) * row for row in range(len(labels))]
    frame["yaxis"] = still | {"tickvals": rows, "ticktext": labels, "scaleanchor": "x", "title": {"text": ""}}
    source = "data:image/png;base64," + base64.b64encode(encode_png(paper)).decode()
    trace = {"type": "image", "source": source, "hovertemplate": "<extra></extra>%{x}, %{y}", "name": "reconstructions"}
    add_note(frame, note)
    return figure([trace], frame, images=indices.tolist(), columns=width)
