"""Parts that all figures of studies share: charts in rows and columns, names of measures, points of runs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from backend.catalog.plugins import metrics
from backend.figures.base import DASHES, SERIES, SOFT, layout, words
from models_zoo.json_types import JsonObject
from training.studies.results import Result

BELOW_PIXELS, NAMES_PIXELS = 46, 66
"""Height of the ticks and the title of an axis: of numbers, and of slanted names."""
ABOVE_PIXELS, LEGEND_ROW_PIXELS, NOTE_LINE_PIXELS = 24, 20, 14
LEGEND_COLUMNS = 3
NOTE_CHARACTERS = 118
MEASURES = {
    "reconstruction": "reconstruction loss per image",
    "total": "total loss per image",
    "kl": "KL, nats",
    "tc": "total correlation, nats",
    "d_z": "D(z)",
    "d_z_perm": "D(z perm)",
    "beta_hat": "β̂",
}
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star")


def measure_title(name: str) -> str:
    """Return the title of a measure: a loss with its unit, a metric by its title, a part after its metric."""
    metric, _, part = name.partition(".")
    known = metrics()
    if name in MEASURES or metric not in known:
        return MEASURES.get(name, words(name))
    title: str = known[metric]["title"]
    return f"{title}: {words(part)}" if part else title


def setting_text(value: object) -> str:
    """Return a value of a setting as text: ``4`` for 4.0, words for names."""
    return f"{value:g}" if isinstance(value, int | float) else words(str(value))


def in_order(values: Iterable[Any]) -> list[Any]:
    """Return the values of a setting, each once and without None: numbers by size, then names as they come."""
    known = dict.fromkeys(value for value in values if value is not None)
    return sorted(known, key=lambda value: (True, 0) if isinstance(value, str) else (False, value))


def line_name(result: Result, by: Sequence[str]) -> str:
    """Return the name of the line that a run belongs to: ``beta-VAE · latents 4``."""
    parts = [(name, result.setting(name)) for name in by]
    known = [(name, value) for name, value in parts if value is not None]
    return " · ".join(
        setting_text(value) if isinstance(value, str) else f"{words(name)} {setting_text(value)}"
        for name, value in known
    )


def links(results: Sequence[Result]) -> str:
    """Return the models of a point, joined by commas: the page opens one, or compares several."""
    return ",".join(result.model for result in results if result.model)


def rounded(values: Sequence[float]) -> list[float | None]:
    """Return values with five significant digits, None for what is not finite."""
    return [float(f"{value:.5g}") if np.isfinite(value) else None for value in values]


def whiskers(sizes: Sequence[float], colour: str = SOFT) -> JsonObject:
    """Return error bars of one standard deviation; none where it is not known."""
    return {
        "type": "data",
        "array": rounded(sizes),
        "color": colour,
        "thickness": 1,
        "width": 3,
    }


def colour_of(place: int) -> str:
    """Return the colour of line ``place``."""
    return SERIES[place % len(SERIES)]


def dash_of(place: int) -> str:
    """Return the dash of line ``place``: solid for the first six."""
    return DASHES[place // len(SERIES) % len(DASHES)]


def shown_once(traces: Sequence[JsonObject]) -> list[JsonObject]:
    """Give each name one entry in the legend, which hides and shows all traces of that name."""
    seen: set[str] = set()
    for trace in traces:
        name = trace.get("name", "")
        trace["legendgroup"] = name
        trace["showlegend"] = trace.get("showlegend", True) and bool(name) and name not in seen
        seen |= {name} if trace["showlegend"] else set()
    return list(traces)


@dataclass(frozen=True)
class Panels:
    """Charts in rows and columns.

    Parameters
    ----------
    names : sequence of str
        Title of each chart; empty text for none.
    across : int
        Charts in a row.
    pixels : int
        Height of one chart with its titles.
    right : bool
        Whether each chart has a second axis at its right.
    below : int
        Height below a chart for the ticks and the title of its axis.
    """

    names: Sequence[str]
    across: int = 2
    pixels: int = 290
    right: bool = False
    below: int = BELOW_PIXELS

    @property
    def columns(self) -> int:
        """Charts in a full row."""
        return min(self.across, len(self.names))

    def axes(self, number: int, *, right: bool = False) -> JsonObject:
        """Return the axes of a trace of chart ``number``."""
        upward = number + (len(self.names) if right else 0)
        return {"xaxis": _name("x", number), "yaxis": _name("y", upward)}

    def frame(self, title: str, x: Sequence[JsonObject], y: Sequence[JsonObject], legend: int, note: str) -> JsonObject:
        """Return the layout.

        Parameters
        ----------
        title : str
        x, y : sequence of dict
            Axes of the charts; of ``y``, where the charts have two, first all left ones and then all right ones.
        legend : int
            Entries of the legend; 0 for none.
        note : str
            Text below the charts.
        """
        down = -(-len(self.names) // self.columns)
        lines = broken(note)
        foot = NOTE_LINE_PIXELS * len(lines) + LEGEND_ROW_PIXELS * -(-legend // LEGEND_COLUMNS) + 22
        inner = down * self.pixels - self.below
        frame = layout(title, inner + self.below + foot, (62, 62 if self.right else 14, 0, self.below + foot))
        frame["annotations"] = []
        gap = (0.2 if self.right else 0.12) if self.columns > 1 else 0.0
        width = (1 - gap * (self.columns - 1)) / self.columns
        for number, name in enumerate(self.names):
            left = number % self.columns * (width + gap)
            top = 1 - number // self.columns * self.pixels / inner
            bottom = max(0.0, top - (self.pixels - self.below) / inner)
            upper = top - ABOVE_PIXELS / inner
            frame[_key("x", number)] = {"domain": [left, left + width], "anchor": _name("y", number)} | x[number]
            frame[_key("y", number)] = {"domain": [bottom, upper], "anchor": _name("x", number)} | y[number]
            if self.right:
                other = number + len(self.names)
                over = {"overlaying": _name("y", number), "side": "right", "showgrid": False, "tickmode": "auto"}
                frame[_key("y", other)] = over | {"domain": [bottom, upper], "anchor": _name("x", number)} | y[other]
            place = {"x": left, "xanchor": "left", "y": upper, "yanchor": "bottom", "yshift": 3}
            frame["annotations"].append(_text(name, 12, None) | place)
        frame["annotations"] = [each for each in frame["annotations"] if each["text"]]
        frame["annotations"].append(note_annotation(note, self.below))
        if legend:
            frame["showlegend"] = True
            frame["legend"] = {
                "orientation": "h",
                "yref": "container",
                "y": 0,
                "yanchor": "bottom",
                "x": 0,
                "font": {"size": 11},
                "entrywidth": 0.98 / LEGEND_COLUMNS,
                "entrywidthmode": "fraction",
            }
        return frame


def _name(letter: str, number: int) -> str:
    return f"{letter}{number + 1 if number else ''}"


def _key(letter: str, number: int) -> str:
    return f"{letter}axis{number + 1 if number else ''}"


def _text(text: str, size: int, colour: str | None) -> JsonObject:
    font = {"size": size} | ({"color": colour} if colour else {})
    return {"text": text, "showarrow": False, "xref": "paper", "yref": "paper", "font": font}


def note_annotation(note: str, pixels: int, characters: int = NOTE_CHARACTERS) -> JsonObject:
    """Return the note of a figure, ``pixels`` below its charts, in lines of up to so many characters."""
    place = {"x": 0, "xanchor": "left", "y": 0, "yanchor": "top", "yshift": -pixels, "align": "left"}
    return _text("<br>".join(broken(note, characters)), 10, SOFT) | place


def broken(text: str, characters: int = NOTE_CHARACTERS) -> list[str]:
    """Return a text in lines of up to so many characters, broken between its parts."""
    lines = [""]
    for part in text.split(" · ") if text else []:
        joined = f"{lines[-1]} · {part}" if lines[-1] else part
        if len(joined) > characters and lines[-1]:
            lines.append(part)
        else:
            lines[-1] = joined
    return lines
