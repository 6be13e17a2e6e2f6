"""Box plots of the measures of a study: quartiles, Tukey's whiskers, and the runs beyond them."""

from collections.abc import Sequence

import numpy as np

from backend.figures.base import axis, figure, words
from backend.figures.study.content import Content
from backend.figures.study.panels import BELOW_PIXELS, NAMES_PIXELS, Panels, colour_of, in_order, rounded, setting_text
from models_zoo.json_types import JsonObject
from training.studies.results import Floats, column, grouped

MAX_SLANTED = 8
WHISKER = 1.5
"""Whiskers reach to the last run within 1.5 interquartile ranges of the box (Tukey 1977)."""


def box(values: Floats) -> JsonObject:
    """Return quartiles, whiskers and outliers of a column of finite values."""
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    reach = WHISKER * (high - low)
    inside = values[(values >= low - reach) & (values <= high + reach)]
    beyond = values[(values < inside.min()) | (values > inside.max())]
    return {
        "q1": low,
        "median": middle,
        "q3": high,
        "lowerfence": inside.min(),
        "upperfence": inside.max(),
        "y": rounded(beyond.tolist()),
    }


def boxes(content: Content) -> JsonObject:
    """Return boxes of each measure by a setting, over all runs that share its value, with the published values."""
    over = content.figure.over
    cells = content.cells()
    categories = in_order(run.setting(over) for run in content.runs)
    texts = [setting_text(value) for value in categories]
    named = any(isinstance(value, str) for value in categories)
    below = NAMES_PIXELS if named else BELOW_PIXELS
    across = 2 if len(categories) <= MAX_SLANTED else 1
    panels = Panels([title for title, *_ in cells], across=across, pixels=310, below=below)
    traces: list[JsonObject] = []
    for number, (_, measure, runs, published) in enumerate(cells):
        by_value = grouped(runs, lambda run: run.setting(over))
        columns = [column(by_value.get(value, []), measure) for value in categories]
        known = [(place, values[np.isfinite(values)]) for place, values in enumerate(columns)]
        traces.append(_boxes([each for each in known if len(each[1])], texts) | panels.axes(number))
        rows = [(categories.index(each.setting(over)), each) for each in published if each.setting(over) in categories]
        traces += _published([(x, each.value(measure)) for x, each in rows], panels.axes(number))
    name = over if isinstance(over, str) else "weight"
    shown = [
        setting_text(value) if len(texts) <= 12 or place % 5 == 0 else "" for place, value in enumerate(categories)
    ]
    x = axis(
        "" if named else words(name),
        tickvals=list(range(len(texts))),
        ticktext=shown,
        range=[-0.6, len(texts) - 0.4],
        showgrid=False,
    )
    entries = int(any(trace["type"] == "scatter" for trace in traces))
    return figure(traces, panels.frame(content.title, [x] * len(cells), [axis()] * len(cells), entries, content.note))


def _boxes(known: Sequence[tuple[int, Floats]], texts: Sequence[str]) -> JsonObject:
    """Return one trace of all boxes; the first one has runs beyond its whiskers, or Plotly draws none of them."""
    found = sorted(((place, values, box(values)) for place, values in known), key=lambda each: not each[2]["y"])
    made = [each for *_, each in found]
    keys = ("q1", "median", "q3", "lowerfence", "upperfence")
    tint = colour_of(0)
    return {
        "type": "box",
        "name": "runs",
        "showlegend": False,
        "x": [place for place, *_ in found],
        **{key: rounded([each[key] for each in made]) for key in keys},
        **({"y": [each["y"] for each in made]} if any(each["y"] for each in made) else {}),
        "boxpoints": "outliers",
        "jitter": 0.3,
        "pointpos": 0,
        "marker": {"color": tint, "size": 3, "opacity": 0.6},
        "line": {"color": tint, "width": 1.4},
        "text": [f"{texts[place]}: {len(values)} runs" for place, values, _ in found],
    }


def _published(pairs: Sequence[tuple[int, float]], axes: JsonObject) -> list[JsonObject]:
    known = [(x, y) for x, y in pairs if np.isfinite(y)]
    if not known:
        return []
    marker = {"symbol": "diamond-open", "size": 9, "color": colour_of(1)}
    trace = {
        "type": "scatter",
        "mode": "markers",
        "name": "published",
        "x": [x for x, _ in known],
        "y": [y for _, y in known],
        "marker": marker,
        "hovertemplate": "%{y:.4~g}<extra>published</extra>",
    }
    return [trace | axes]
