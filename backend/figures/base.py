"""Parts that all figures share: the Plotly document, its palette, and the bars beside a matrix."""

import re
from collections.abc import Sequence

from models_zoo.json_types import JsonObject

TEXT, SOFT, FAINT, LINE = "#15181e", "#4c5667", "#5f6a7c", "#dfe3ea"
SURFACE, ACCENT, DENSITY = "#ffffff", "#3b5bdb", "#c5cff5"
HOT, COLD = "178, 24, 43", "33, 102, 172"
SERIES = (ACCENT, "#c2530c", "#2b7a3d", "#9c36b5", "#0b7285", "#a61e4d")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
TOKENS = {
    TEXT: "--text",
    SOFT: "--soft",
    FAINT: "--faint",
    LINE: "--line",
    SURFACE: "--surface",
    DENSITY: "--density",
    HOT: "--hot",
    COLD: "--cold",
} | {colour: f"--series-{number}" for number, colour in enumerate(SERIES, 1)}
"""Design token of each colour; the values are those of the light theme in frontend/static/css/tokens.css."""

TITLE_PIXELS, NOTE_PIXELS = 28, 20
STILL: JsonObject = {"fixedrange": True, "showgrid": False, "zeroline": False, "ticks": ""}


def axis(title: str = "", **more: object) -> JsonObject:
    """Return an axis with a title; ``more`` replaces its keys."""
    return {"title": {"text": title, "standoff": 6}, "zeroline": False, **more}


def layout(title: str, height: int, margin: tuple[int, int, int, int], **more: object) -> JsonObject:
    """Return the layout of a figure.

    Parameters
    ----------
    title : str
    height : int
        Pixels of the figure without its title.
    margin : tuple of int
        Pixels at the left, right, top and bottom of the axes, the title left out.
    **more
        Axes, shapes, annotations and other keys of Plotly's layout.
    """
    left, right, top, bottom = margin
    return {
        "title": {"text": title, "font": {"size": 14}, "x": 0.5, "y": 1, "yanchor": "top", "pad": {"t": 10}},
        "font": {"family": "Inter, Helvetica, Arial, sans-serif", "size": 12, "color": TEXT},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "height": height + TITLE_PIXELS,
        "margin": {"l": left, "r": right, "t": top + TITLE_PIXELS, "b": bottom},
        "showlegend": False,
        "hovermode": "closest",
        **more,
    }


def add_note(frame: JsonObject, text: str) -> None:
    """Write a line below everything else of a figure."""
    place = {"xref": "paper", "yref": "paper", "x": 0, "xanchor": "left", "y": 0, "yanchor": "top"}
    style = {"showarrow": False, "font": {"size": 10, "color": SOFT}, "yshift": -frame["margin"]["b"]}
    frame["annotations"] = [*frame.get("annotations", []), {"text": text, **place, **style}]
    frame["margin"]["b"] += NOTE_PIXELS
    frame["height"] += NOTE_PIXELS


def figure(data: Sequence[JsonObject], frame: JsonObject, **meta: object) -> JsonObject:
    """Return a Plotly document; ``layout.meta`` holds ``meta`` and ``colours``, the design token of each colour."""
    return {"data": list(data), "layout": {**frame, "meta": {**meta, "colours": TOKENS}}}


def words(name: str) -> str:
    """Return the name of a factor or of a part of the loss as text: ``floor hue`` for ``floor_hue``."""
    return name.replace("_", " ")


def short(value: float) -> str:
    """Return two decimals without the zero before the point: ``.93``, ``-.20``, ``1.00``."""
    return re.sub(r"^(-?)0\.", r"\1.", f"{value:z.2f}")


def colour_line(number: int, width: float) -> JsonObject:
    """Return the style of line ``number``: the series' colours first, then the same ones dashed."""
    return {
        "color": SERIES[number % len(SERIES)],
        "width": width,
        "dash": DASHES[number // len(SERIES) % len(DASHES)],
    }
