"""Traces of this service's Plotly documents on the axes of Matplotlib."""

import base64
import io
import itertools
import re
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import Colormap, LinearSegmentedColormap
from numpy.typing import NDArray
from PIL import Image

from models_zoo.json_types import JsonObject

UNITS_PER_INCH = 100
POINTS = 72 / UNITS_PER_INCH
"""Points of one pixel of the document."""
MAX_VECTOR_POINTS = 300
"""Markers of a trace that stay shapes in SVG; more become a picture, which is smaller: 100 bytes a marker."""
DASHES = {"dash": "--", "dot": ":", "dashdot": "-.", "longdash": (0, (8, 3)), "longdashdot": (0, (8, 3, 1, 3))}
SYMBOLS = {"circle": "o", "square": "s", "diamond": "D", "triangle-up": "^", "cross": "P", "x": "X", "star": "*"}
OPEN = "-open"
"""End of the name of a symbol of which only the outline is drawn."""
Rgba = tuple[float, float, float, float]
Floats = NDArray[np.float64]


def colour(text: str) -> str | Rgba:
    """Return a colour of a Plotly document as Matplotlib takes it.

    Parameters
    ----------
    text : str
        ``#rrggbb``, ``rgb(r, g, b)`` or ``rgba(r, g, b, a)``.
    """
    if not text.startswith("rgb"):
        return text
    red, green, blue, *opacity = (float(part) for part in re.findall(r"[\d.]+", text))
    return red / 255, green / 255, blue / 255, opacity[0] if opacity else 1.0


def colour_map(scale: str | Sequence[Sequence[float | str]]) -> Colormap:
    """Return the colour scale of a Plotly document: a name, or pairs of a place in [0, 1] and a colour."""
    if isinstance(scale, str):
        return mpl.colormaps[scale.lower()]
    stops = [(float(place), colour(str(text))) for place, text in scale]
    return LinearSegmentedColormap.from_list("scale", stops)


def draw_trace(axes: Axes, trace: JsonObject, tint: str, gap: float) -> PathCollection | None:
    """Draw one trace; return its points where it has markers.

    Parameters
    ----------
    axes : Axes
    trace : dict
    tint : str
        Colour of lines that name none.
    gap : float
        Share of a bar's place that stays empty, where the bar names no width.
    """
    if trace["type"] == "scatter":
        return _scatter(axes, trace, tint)
    if trace["type"] == "bar":
        _bars(axes, trace, gap)
    else:
        {"heatmap": _heat_map, "box": _boxes, "image": _picture}[trace["type"]](axes, trace)
    return None


def _heat_map(axes: Axes, trace: JsonObject) -> None:
    values = np.array(trace["z"], np.float64)
    axes.pcolormesh(
        np.arange(values.shape[1] + 1) - 0.5,
        np.arange(values.shape[0] + 1) - 0.5,
        values,
        cmap=colour_map(trace["colorscale"]),
        vmin=trace["zmin"],
        vmax=trace["zmax"],
        edgecolors="white",
        linewidth=trace.get("xgap", 0) * POINTS,
    )


def _bars(axes: Axes, trace: JsonObject, gap: float) -> None:
    thick, tint = trace.get("width", 1 - gap), trace["marker"]["color"]
    if trace.get("orientation") == "h":
        axes.barh(trace["y"], trace["x"], thick, color=tint)
        return
    places = np.array(trace["x"], np.float64) + (trace["offset"] + thick / 2 if "offset" in trace else 0)
    axes.bar(places, trace["y"], thick, color=tint, label=_label(trace))
    _whiskers(axes, trace, places)


def _label(trace: JsonObject) -> str | None:
    return trace.get("name") if trace.get("showlegend", True) else None


def _whiskers(axes: Axes, trace: JsonObject, x: Floats) -> None:
    """Draw the error bars of a trace that has some."""
    if "error_y" not in trace:
        return
    style = trace["error_y"]
    size = np.array(style["array"], np.float64)
    axes.errorbar(x, trace["y"], size, fmt="none", ecolor=style["color"], elinewidth=POINTS, capsize=2)


def _boxes(axes: Axes, trace: JsonObject) -> None:
    """Draw boxes by their quartiles, whiskers, and the points beyond them."""
    names = {"med": "median", "q1": "q1", "q3": "q3", "whislo": "lowerfence", "whishi": "upperfence", "fliers": "y"}
    places = range(len(trace["x"]))
    trace = {"y": [[] for _ in places], **trace}
    boxes = [{key: trace[name][at] for key, name in names.items()} for at in places]
    line = {"color": trace["line"]["color"], "linewidth": POINTS}
    flier = {"marker": "o", "markersize": 2, "markerfacecolor": line["color"], "markeredgewidth": 0}
    axes.bxp(
        boxes,
        positions=trace["x"],
        widths=0.6,
        manage_ticks=False,
        boxprops=line,
        whiskerprops=line,
        capprops=line,
        medianprops=line,
        flierprops=flier,
    )


def _picture(axes: Axes, trace: JsonObject) -> None:
    source = base64.b64decode(trace["source"].partition(",")[2])
    axes.imshow(Image.open(io.BytesIO(source)).convert("RGB"), interpolation="none", aspect="equal")


def _scatter(axes: Axes, trace: JsonObject, tint: str) -> PathCollection | None:
    mode, marker, line = trace["mode"], trace.get("marker", {}), trace.get("line", {})
    x, y = np.array(trace["x"], np.float64), np.array(trace["y"], np.float64)
    label = _label(trace)
    if trace.get("fill") == "toself":
        axes.fill(x, y, color=colour(trace["fillcolor"]), alpha=trace.get("opacity"), linewidth=0)
    elif "lines" in mode:
        axes.plot(
            x,
            y,
            color=line.get("color", tint),
            linewidth=line.get("width", 2) * POINTS,
            linestyle=DASHES.get(line.get("dash", "solid"), "-"),
            label=label,
        )
    _whiskers(axes, trace, x)
    points = None
    if "markers" in mode:
        symbol = marker.get("symbol", "circle")
        hollow = symbol.endswith(OPEN)
        paint: JsonObject = {"facecolors": "none", "edgecolors": marker["color"]} if hollow else {"c": marker["color"]}
        points = axes.scatter(
            x,
            y,
            s=(np.array(marker.get("size", 6)) * POINTS) ** 2,
            **paint,
            cmap=colour_map(marker["colorscale"]) if "colorscale" in marker else None,
            vmin=marker.get("cmin"),
            vmax=marker.get("cmax"),
            alpha=marker.get("opacity"),
            marker=SYMBOLS[symbol.removesuffix(OPEN)],
            linewidths=1.4 * POINTS if hollow else 0,
            rasterized=len(x) > MAX_VECTOR_POINTS,
            label=None if "lines" in mode else label,
        )
    if "text" in mode:
        _texts(axes, trace, x, y)
    return points


def _texts(axes: Axes, trace: JsonObject, x: Floats, y: Floats) -> None:
    tints = trace["textfont"]["color"]
    tints = itertools.repeat(tints) if isinstance(tints, str) else tints
    beside = trace.get("textposition") == "middle right"
    for at, (text, tint) in enumerate(zip(trace["text"], tints, strict=False)):
        axes.annotate(
            text,
            (x[at], y[at]),
            xytext=(trace["marker"]["size"][at] / 2 * POINTS if beside else 0, 0),
            textcoords="offset points",
            ha="left" if beside else "center",
            va="center",
            fontsize=trace["textfont"]["size"] * POINTS,
            color=tint,
        )
