"""The source papers' figure: one row per latent, one column per value; as Plotly, PNG or SVG."""

import base64
from html import escape

import numpy as np
from numpy.typing import NDArray

from backend.figures.base import Figure, figure, layout
from backend.formats.pictures import GAP, Pixels, encode_png, sheet

LEFT, TOP, BOTTOM = 46, 40, 34


def _data_url(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode()


def _steps(shape: tuple[int, ...]) -> tuple[int, int]:
    return shape[2] + GAP, shape[3] + GAP


def _labels(values: NDArray[np.float32], *, shared: bool) -> list[str]:
    if shared:
        return [f"{value:.3g}" for value in values[0]]
    steps = values.shape[1]
    return ["low", *[""] * (steps - 2), "high"]


def traversal(name: str, dims: list[int], values: NDArray[np.float32], pixels: Pixels, caption: str) -> Figure:
    """Plotly figure of the sheet as one image.

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
    down, across = _steps(pixels.shape)
    height, width = pixels.shape[2:4]
    paper = sheet(pixels.reshape(-1, *pixels.shape[2:]), len(values[0]))
    shared = bool((values == values[0]).all())
    frame = layout(f"{name}: traversal of {caption}", "value of the latent", "latent")
    columns = [width / 2 + across * step for step in range(values.shape[1])]
    rows = [height / 2 + down * row for row in range(len(dims))]
    frame["xaxis"] |= {"tickvals": columns, "ticktext": _labels(values, shared=shared), "showgrid": False}
    frame["yaxis"] |= {"tickvals": rows, "ticktext": [f"z{d}" for d in dims], "showgrid": False, "scaleanchor": "x"}
    hover = "<extra></extra>%{x}, %{y}"
    trace = {"type": "image", "source": _data_url(encode_png(paper)), "hovertemplate": hover, "name": "traversal"}
    return figure([trace], frame, dims=dims, values=np.round(values.astype(np.float64), 5).tolist())


def traversal_svg(name: str, dims: list[int], values: NDArray[np.float32], pixels: Pixels, caption: str) -> str:
    """SVG of the same figure: the sheet as an embedded picture, labels as text."""
    down, across = _steps(pixels.shape)
    paper = sheet(pixels.reshape(-1, *pixels.shape[2:]), len(values[0]))
    height, width = paper.shape[:2]
    shared = bool((values == values[0]).all())
    total_width, total_height = width + LEFT + 8, height + TOP + BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{total_width}" height="{total_height}" '
        f'viewBox="0 0 {total_width} {total_height}" font-family="Helvetica, Arial, sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="{LEFT}" y="22" font-size="14">{escape(name)}: traversal of {escape(caption)}</text>',
        f'<image x="{LEFT}" y="{TOP}" width="{width}" height="{height}" image-rendering="pixelated" '
        f'href="{_data_url(encode_png(paper))}"/>',
    ]
    for row, d in enumerate(dims):
        y = TOP + down * row + pixels.shape[2] / 2 + 4
        parts.append(f'<text x="{LEFT - 8}" y="{y:.1f}" text-anchor="end">z{d}</text>')
    for step, label in enumerate(_labels(values, shared=shared)):
        x = LEFT + across * step + pixels.shape[3] / 2
        parts.append(f'<text x="{x:.1f}" y="{TOP + height + 18}" text-anchor="middle">{label}</text>')
    parts.append("</svg>")
    return "\n".join(parts)
