"""What all figures share: a Plotly document with title, axes, font and colours fit for a paper."""

from collections.abc import Sequence
from typing import Any

Figure = dict[str, Any]
INK = "#1b1f24"
COLOURS = ("#0b6bcb", "#c2410c", "#15803d", "#7e22ce", "#b45309", "#0f766e", "#be123c", "#4d7c0f", "#1d4ed8", "#a21caf")
SEQUENTIAL = "Blues"
DIVERGING = "RdBu"


def layout(title: str, x: str, y: str, **more: Any) -> dict[str, Any]:
    """Layout with a title and two named axes; ``more`` wins over it."""
    return {
        "title": {"text": title, "font": {"size": 15}},
        "font": {"family": "Inter, Helvetica, Arial, sans-serif", "size": 12, "color": INK},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "colorway": list(COLOURS),
        "margin": {"l": 70, "r": 20, "t": 50, "b": 60},
        "xaxis": {"title": {"text": x}, "automargin": True},
        "yaxis": {"title": {"text": y}, "automargin": True},
        **more,
    }


def figure(data: Sequence[dict[str, Any]], frame: dict[str, Any], **meta: Any) -> Figure:
    """Plotly document; ``meta`` goes to ``layout.meta``, where the page finds what it links by."""
    return {"data": list(data), "layout": {**frame, "meta": meta}}


def latent_names(count: int) -> list[str]:
    """z0, z1, ..."""
    return [f"z{index}" for index in range(count)]


def heat_map(
    values: Sequence[Sequence[float | None]],
    x: Sequence[str],
    y: Sequence[str],
    *,
    limits: tuple[float, float],
    scale: str,
    bar: str,
) -> dict[str, Any]:
    """Heat map trace with the value in every cell; a missing value stays empty."""
    diverging = limits[0] < 0
    return {
        "type": "heatmap",
        "z": [[None if value is None else round(value, 6) for value in row] for row in values],
        "x": list(x),
        "y": list(y),
        "zmin": limits[0],
        "zmax": limits[1],
        "colorscale": scale,
        "reversescale": diverging,
        "texttemplate": "%{z:.2f}",
        "textfont": {"size": 11},
        "hovertemplate": "%{y} and %{x}: %{z:.4f}<extra></extra>",
        "colorbar": {"title": {"text": bar, "side": "right"}, "thickness": 12},
        "xgap": 1,
        "ygap": 1,
    }
