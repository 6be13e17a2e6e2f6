"""Measures of a study against a setting: lines with whiskers and the published values, or bars."""

from collections.abc import Sequence

import numpy as np

from backend.figures.base import axis, figure, words
from backend.figures.study.content import Content
from backend.figures.study.panels import (
    BELOW_PIXELS,
    NAMES_PIXELS,
    Panels,
    colour_of,
    dash_of,
    in_order,
    line_name,
    links,
    rounded,
    setting_text,
    shown_once,
    whiskers,
)
from models_zoo.json_types import JsonObject
from training.studies.results import Floats, Result, column, grouped

BARS_WIDTH = 0.8


def _means(
    runs: Sequence[Result], measure: str, over: str | list[str], places: Sequence[object]
) -> tuple[list[int], list[Floats], list[str]]:
    """Return the places along the setting that have values, the values there, and their models."""
    found = []
    by_value = grouped(runs, lambda run: run.setting(over))
    for place, value in enumerate(places):
        here = by_value.get(value, [])
        values = column(here, measure)
        if np.isfinite(values).any():
            found.append((place, values[np.isfinite(values)], links(here)))
    return [each[0] for each in found], [each[1] for each in found], [each[2] for each in found]


def _std(values: Sequence[Floats]) -> list[float]:
    return [float(each.std(ddof=1)) if len(each) > 1 else np.nan for each in values]


def _places(over: str | list[str], results: Sequence[Result]) -> list[object]:
    return in_order(result.setting(over) for result in results)


def _x_axis(over: str | list[str], places: Sequence[object]) -> JsonObject:
    name = "" if over == "group" else words(over if isinstance(over, str) else "weight")
    texts = [setting_text(value) for value in places]
    return axis(
        name, tickvals=list(range(len(places))), ticktext=texts, range=[-0.6, len(places) - 0.4], showgrid=False
    )


def _line_names(content: Content) -> list[str]:
    return list(grouped(content.runs, lambda run: line_name(run, content.figure.by)))  # type: ignore[arg-type]


def sweep(content: Content) -> JsonObject:
    """Return the mean of each measure against a setting with its spread over seeds; published values are dotted."""
    over, by = content.figure.over, content.figure.by
    cells = content.cells()
    panels = Panels([title for title, *_ in cells], below=NAMES_PIXELS if over == "group" else BELOW_PIXELS)
    traces: list[JsonObject] = []
    x_axes, names = [], {line_name(run, by) for run in [*content.runs, *content.published]}
    order = {name: place for place, name in enumerate(sorted(names))}
    for number, (_, measure, runs, published) in enumerate(cells):
        places = _places(over, [*runs, *(each for each in published if np.isfinite(each.value(measure)))])
        x_axes.append(_x_axis(over, places))
        for source, style in ((runs, "measured"), (published, "published")):
            for name, part in grouped(source, lambda run: line_name(run, by)).items():
                x, values, models = _means(part, measure, over, places)
                if x:
                    traces.append(_line(str(name), order[str(name)], x, values, models, style) | panels.axes(number))
    frame = panels.frame(
        content.title, x_axes, [axis()] * len(cells), len({trace["name"] for trace in traces}), content.note
    )
    return figure(shown_once(traces), frame)


def _line(name: str, place: int, x: list[int], values: list[Floats], models: list[str], style: str) -> JsonObject:
    tint = colour_of(place)
    trace = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": x,
        "y": rounded([float(each.mean()) for each in values]),
        "name": (name or style) if style == "measured" else ", ".join(filter(None, [name, style])),
        "hovertemplate": f"%{{y:.4~g}}<extra>{', '.join(filter(None, [name, style]))}</extra>",
    }
    if style == "published":
        marker = {"symbol": "diamond-open", "size": 9, "color": tint}
        return trace | {"marker": marker, "line": {"color": tint, "width": 1.2, "dash": "dot"}}
    line = {"color": tint, "width": 2, "dash": dash_of(place)}
    bars = {"error_y": whiskers(_std(values), tint)} if any(len(each) > 1 for each in values) else {}
    return trace | {"customdata": models, "marker": {"color": tint, "size": 6}, "line": line} | bars


def bars(content: Content) -> JsonObject:
    """Return bars of the mean of each measure by a setting, with whiskers of one standard deviation over seeds."""
    over, by = content.figure.over, content.figure.by
    cells = content.cells()
    panels = Panels([title for title, *_ in cells])
    names = _line_names(content)
    width = BARS_WIDTH / max(1, len(names))
    traces: list[JsonObject] = []
    x_axes = []
    for number, (_, measure, runs, _) in enumerate(cells):
        places = _places(over, runs)
        x_axes.append(_x_axis(over, places))
        lines = grouped(runs, lambda run: line_name(run, by))
        for place, name in enumerate(names):
            x, values, models = _means(lines.get(name, []), measure, over, places)
            if not x:
                continue
            traces.append(
                {
                    "type": "bar",
                    "name": name,
                    "x": x,
                    "y": rounded([float(each.mean()) for each in values]),
                    "width": width,
                    "offset": place * width - BARS_WIDTH / 2,
                    "customdata": models,
                    "marker": {"color": colour_of(place)},
                    "error_y": whiskers(_std(values)),
                    "hovertemplate": f"%{{y:.3f}}<extra>{name}</extra>",
                    **panels.axes(number),
                }
            )
    y_axes = [axis(rangemode="tozero")] * len(cells)
    return figure(shown_once(traces), panels.frame(content.title, x_axes, y_axes, len(names), content.note))
