"""Figure of a traversal as in the source papers: one row per latent, one column per value."""

import base64

import numpy as np
from numpy.typing import NDArray

from backend.figures.base import axis, figure, layout
from backend.formats.pictures import GAP, Pixels, encode_png, sheet
from models_zoo.json_types import JsonObject

LEFT, RIGHT, TOP, BOTTOM = 56, 8, 8, 44
MIN_WIDTH = 240


def _labels(values: NDArray[np.float32]) -> list[str]:
    """Return the values of the columns where all rows have the same ones, else the two ends in words."""
    if (values == values[0]).all():
        return [f"{value:.3g}" for value in values[0]]
    return ["low", *[""] * (values.shape[1] - 2), "high"]


def traversal(name: str, dims: list[int], values: NDArray[np.float32], pixels: Pixels, caption: str) -> JsonObject:
    """Return a Plotly figure of the sheet as one image.

    Parameters
    ----------
    name : str
        Name of the model, for the title.
    dims : list of int
        Latents, one a row.
    values : float32 array of shape (dims, steps)
    pixels : uint8 array of shape (dims, steps, height, width, channels)
    caption : str
        Which point the traversal goes through.
    """
    height, width = pixels.shape[2:4]
    paper = sheet(pixels.reshape(-1, *pixels.shape[2:]), values.shape[1])
    columns = [width / 2 + (width + GAP) * step for step in range(values.shape[1])]
    rows = [height / 2 + (height + GAP) * row for row in range(len(dims))]
    frame = layout(f"{name}: traversal of {caption}", paper.shape[0] + TOP + BOTTOM, (LEFT, RIGHT, TOP, BOTTOM))
    frame["width"] = max(paper.shape[1], MIN_WIDTH) + LEFT + RIGHT
    still = {"showgrid": False}
    frame["xaxis"] = still | axis("value of the latent", tickvals=columns, ticktext=_labels(values))
    frame["yaxis"] = still | axis("latent", tickvals=rows, ticktext=[f"z{d}" for d in dims], scaleanchor="x")
    source = "data:image/png;base64," + base64.b64encode(encode_png(paper)).decode()
    trace = {"type": "image", "source": source, "hovertemplate": "<extra></extra>%{x}, %{y}", "name": "traversal"}
    return figure([trace], frame, dims=dims, values=np.round(values.astype(np.float64), 5).tolist())
