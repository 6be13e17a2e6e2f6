"""Curves of a study over the steps: parts of the loss with bands over seeds, learned weights with a score."""

from collections.abc import Sequence

import numpy as np

from backend.figures.base import axis, figure, words
from backend.figures.study.content import Content
from backend.figures.study.panels import (
    Panels,
    colour_of,
    dash_of,
    line_name,
    links,
    measure_title,
    rounded,
    shown_once,
)
from models_zoo.errors import NotFound
from models_zoo.json_types import JsonObject
from training.studies.results import Floats, Result, grouped

MAX_POINTS = 250


def thinned(length: int) -> list[int]:
    """Return up to 250 places of a curve of ``length`` points, the last one with them."""
    return sorted({round(place) for place in np.linspace(0, length - 1, min(length, MAX_POINTS))})


def band(results: Sequence[Result], part: str) -> tuple[list[int], Floats, Floats] | None:
    """Return steps, mean and standard deviation over seeds of one part of the loss; None where no run has it.

    Seeds are cut to the shortest of them.
    """
    curves = [
        (run.history["step"], run.history["parts"][part]) for run in results if part in run.history.get("parts", {})
    ]
    if not curves:
        return None
    length = min(len(steps) for steps, _ in curves)
    kept = thinned(length)
    table = np.array([[values[place] for place in kept] for _, values in curves], dtype=np.float64)
    spread = table.std(0, ddof=1) if len(table) > 1 else np.zeros(len(kept))
    return [curves[0][0][place] for place in kept], table.mean(0), spread


def curves(content: Content) -> JsonObject:
    """Return measures over the steps, mean and band of one standard deviation over seeds; the first on the left axis.

    Raises
    ------
    NotFound
        If no run has a history with one of the measures.
    """
    parts = content.figure.measures
    cells = content.panels()
    panels = Panels([name for name, *_ in cells], right=len(parts) > 1, across=1 if len(parts) > 1 else 2)
    traces: list[JsonObject] = []
    names = list(grouped(content.runs, lambda run: line_name(run, content.figure.by)))
    for number, (_, runs, _) in enumerate(cells):
        for name, line in grouped(runs, lambda run: line_name(run, content.figure.by)).items():
            for side, part in enumerate(parts):
                found = band(line, part)
                if found is None:
                    continue
                axes = panels.axes(number, right=side > 0)
                label = f"{name} · {words(part)}" if len(parts) > 1 else str(name)
                traces += _curve(label, names.index(name), side, found, links(line), axes)
    if not traces:
        raise NotFound(
            f"got no run with a history of {', '.join(parts)}; allowed: runs that were trained here; train one: "
            "imported results have no history"
        )
    titles = [measure_title(part) for part in parts]
    left = axis(titles[0])
    right = [axis(" and ".join(titles[1:]))] * len(cells) if len(parts) > 1 else []
    x = [axis("training step", showgrid=False)] * len(cells)
    entries = len({trace["name"] for trace in traces if trace["name"]})
    return figure(
        shown_once(traces),
        panels.frame(content.title, x, [left] * len(cells) + right, entries, content.note),
        parts=parts,
    )


def _curve(
    label: str, place: int, side: int, found: tuple[list[int], Floats, Floats], models: str, axes: JsonObject
) -> list[JsonObject]:
    steps, mean, spread = found
    tint = colour_of(place)
    line = {"color": tint, "width": 2 if side == 0 else 1.4, "dash": dash_of(place) if side == 0 else "dot"}
    traces: list[JsonObject] = []
    if spread.any():
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": "",
                "x": [*steps, *steps[::-1]],
                "y": rounded([*(mean + spread), *(mean - spread)[::-1]]),
                "fill": "toself",
                "fillcolor": tint,
                "opacity": 0.18,
                "line": {"width": 0},
                "hoverinfo": "skip",
                "showlegend": False,
                **axes,
            }
        )
    traces.append(
        {
            "type": "scatter",
            "mode": "lines",
            "name": label,
            "x": steps,
            "y": rounded(mean.tolist()),
            "customdata": [models] * len(steps),
            "line": line,
            "hovertemplate": f"step %{{x}}: %{{y:.4~g}}<extra>{label}</extra>",
            **axes,
        }
    )
    return traces


def learned(content: Content) -> JsonObject:
    """Return learned weights over the steps, one chart a run, with a score on the right axis.

    Raises
    ------
    NotFound
        If no run has learned weights.
    """
    score = content.figure.measures[0]
    runs = [run for run in content.runs if run.history.get("learned")]
    if not runs:
        raise NotFound("got no run with learned weights in its history; allowed: L-VAE and mdL-VAE; train one of them")
    panels = Panels([line_name(run, [*content.figure.by, "seed"]) for run in runs], right=True, across=2)
    traces: list[JsonObject] = []
    for number, run in enumerate(runs):
        steps, weights = run.history["step"], _scalars(run.history["learned"])
        kept = thinned(len(steps))
        for place, (name, values) in enumerate(weights.items()):
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "name": name,
                    "x": [steps[at] for at in kept],
                    "y": rounded([values[at] for at in kept]),
                    "customdata": [run.model or ""] * len(kept),
                    "line": {"color": colour_of(place + 1), "width": 1.6, "dash": dash_of(place + 1)},
                    "hovertemplate": f"step %{{x}}: %{{y:.3f}}<extra>{name}</extra>",
                    **panels.axes(number),
                }
            )
        rows = [row for row in run.history.get("evaluations", []) if row.get("metrics", {}).get(score) is not None]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": measure_title(score),
                "x": [row["step"] for row in rows],
                "y": rounded([row["metrics"][score] for row in rows]),
                "customdata": [run.model or ""] * len(rows),
                "line": {"color": colour_of(0), "width": 1.6, "dash": "dot"},
                "marker": {"color": colour_of(0), "size": 6},
                "hovertemplate": f"step %{{x}}: %{{y:.3f}}<extra>{score}</extra>",
                **panels.axes(number, right=True),
            }
        )
    x = [axis("training step", showgrid=False)] * len(runs)
    y = [axis("learned weight")] * len(runs) + [axis(measure_title(score), range=[0, 1])] * len(runs)
    entries = len({trace["name"] for trace in traces})
    return figure(shown_once(traces), panels.frame(content.title, x, y, entries, content.note))


def _scalars(learned: JsonObject) -> dict[str, list[float]]:
    """Return each scalar weight over the steps, and of a vector each entry: ``sd 3``."""
    weights: dict[str, list[float]] = {}
    for name, values in learned.items():
        if values and isinstance(values[-1], list):
            for entry in range(len(values[-1])):
                weights[f"{name} {entry}"] = [row[entry] for row in values]
        else:
            weights[name] = values
    return weights
