"""Two measures of a study against each other: one point a run, with the published values."""

from collections.abc import Sequence

import numpy as np

from backend.figures.base import FAINT, SOFT, axis, figure, words
from backend.figures.study.content import Content
from backend.figures.study.panels import (
    SYMBOLS,
    Panels,
    colour_of,
    in_order,
    line_name,
    measure_title,
    rounded,
    setting_text,
    shown_once,
)
from models_zoo.json_types import JsonObject
from training.studies.results import Result, column, grouped


def points(content: Content) -> JsonObject:
    """Return one measure against another, one point a run; symbols by line, colours by line or by the weight."""
    shown, (measure, *_), by = content.figure, content.figure.measures, content.figure.by
    weights = in_order(run.setting(shown.over) for run in content.runs) if shown.over else []
    cells = content.panels()
    panels = Panels([name for name, *_ in cells], across=2 if len(cells) > 1 else 1)
    names = {name: place for place, name in enumerate(grouped(content.runs, lambda run: line_name(run, by)))}
    traces: list[JsonObject] = []
    for number, (_, runs, published) in enumerate(cells):
        for name, part in grouped(runs, lambda run: line_name(run, by)).items():
            symbol = SYMBOLS[names[name] % len(SYMBOLS)]
            marker = _marker(part, shown.over, weights, colour_of(names[name])) | {"symbol": symbol}
            traces.append(_points(str(name), part, shown.x, measure, marker) | panels.axes(number))
        known = [each for each in published if np.isfinite([each.value(shown.x), each.value(measure)]).all()]
        if known:
            marker = {"symbol": "diamond-open", "size": 10, "color": SOFT}
            traces.append(_points("published", known, shown.x, measure, marker) | panels.axes(number))
    frame = panels.frame(
        content.title,
        [axis(measure_title(shown.x))] * len(cells),
        [axis(measure_title(measure))] * len(cells),
        len({trace["name"] for trace in traces}),
        content.note,
    )
    if weights:
        frame["margin"]["r"] = 76
        _show_scale(traces, shown.over, weights)
    return figure(shown_once(traces), frame)


def _marker(runs: Sequence[Result], over: str | list[str], weights: Sequence[object], tint: str) -> JsonObject:
    """Return the colour of each point by the rank of its weight; the line's colour where it has none."""
    size = 7 if len(runs) < 500 else 4
    places = [run.setting(over) for run in runs] if weights else []
    if not places or all(place is None for place in places):
        return {"size": size, "opacity": 0.8, "color": FAINT if weights else tint}
    colours = [weights.index(place) if place is not None else 0 for place in places]
    scale = {"colorscale": "Viridis", "cmin": 0, "cmax": max(1, len(weights) - 1)}
    return {"size": size, "opacity": 0.8, "color": colours, **scale}


def _show_scale(traces: Sequence[JsonObject], over: str | list[str], weights: Sequence[object]) -> None:
    """Give the first coloured trace the scale of all of them."""
    bar = {
        "thickness": 10,
        "outlinewidth": 0,
        "title": {
            "text": words(over) if isinstance(over, str) else "weight",
            "side": "right",
            "font": {"size": 11},
        },
        "tickfont": {"size": 10, "color": SOFT},
        "tickvals": list(range(len(weights))),
        "ticktext": [setting_text(weight) for weight in weights],
    }
    coloured = [trace for trace in traces if "colorscale" in trace["marker"]]
    if coloured:
        coloured[0]["marker"] |= {"showscale": True, "colorbar": bar}


def _points(name: str, runs: Sequence[Result], x: str, y: str, marker: JsonObject) -> JsonObject:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": rounded(column(runs, x).tolist()),
        "y": rounded(column(runs, y).tolist()),
        "text": [run.run for run in runs],
        "customdata": [run.model or "" for run in runs],
        "marker": marker,
        "hovertemplate": f"%{{text}}<br>%{{x:.4~g}}, %{{y:.4~g}}<extra>{name}</extra>",
    }
