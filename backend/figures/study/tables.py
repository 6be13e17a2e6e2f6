"""Tables of a study: published values beside the measured ones, and every configuration with its spread over seeds."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from backend.figures.study.panels import line_name, measure_title, rounded
from backend.figures.study.source import Source
from models_zoo.json_types import JsonObject
from training.studies.result_table import LOSSES
from training.studies.results import SEED, Result, grouped
from training.studies.study import Published, Selection

STEPS = "steps"


def tables(source: Source) -> list[JsonObject]:
    """Return one table for each of the source's, then one of all configurations that were run.

    A table has ``title``, ``columns`` of name and title, and ``rows`` of label, models and cells by column; a cell has
    ``published``, ``mean``, ``std`` and ``n``.
    """
    by_table: dict[str, list[Published]] = {}
    for row in source.study.published:
        by_table.setdefault(row.table, []).append(row)
    made = [_published_table(source, name, rows) for name, rows in by_table.items()]
    return [*made, _configurations(source)]


def _columns(names: Sequence[str]) -> list[JsonObject]:
    return [{"name": name, "title": measure_title(name)} for name in names]


def _cell(runs: Sequence[Result], measure: str, published: float | None = None) -> JsonObject:
    values = np.array([value for run in runs if np.isfinite(value := run.value(measure))])
    mean, std = (values.mean() if len(values) else np.nan), (values.std(ddof=1) if len(values) > 1 else np.nan)
    (shown_mean, shown_std) = rounded([float(mean), float(std)])
    return {"published": published, "mean": shown_mean, "std": shown_std, "n": len(values)}


def _published_table(source: Source, name: str, rows: Sequence[Published]) -> JsonObject:
    measures = list(dict.fromkeys(measure for row in rows for measure in row.values))
    lines = []
    for row in rows:
        runs = [
            run
            for run in source.results
            if run.group == row.group and all(run.varied.get(key) == value for key, value in row.where.items())
        ]
        if row.selected_by:
            runs = best(runs, row.selected_by, source.study.selection)
        label = Result(run="", group=row.group, varied=row.where)
        cells = {measure: _cell(runs, measure, row.values.get(measure)) for measure in measures}
        lines.append(_row(line_name(label, ["group", *row.where]), runs, cells))
    chosen = sorted({row.selected_by for row in rows if row.selected_by})
    note = f"each row is the best run by {' or by '.join(map(measure_title, chosen))}" if chosen else ""
    return {"title": name, "note": note, "columns": _columns(measures), "rows": lines}


def _row(label: str, runs: Sequence[Result], cells: dict[str, JsonObject]) -> JsonObject:
    return {"label": label, "models": [run.model for run in runs if run.model], "cells": cells}


def best(runs: Sequence[Result], measure: str, selection: Selection | None) -> list[Result]:
    """Return the run, or the evaluation within a run, of the largest value of a measure; none without values."""
    candidates = list(runs)
    if selection is not None and STEPS in selection.over:
        candidates += [each for run in runs for each in evaluations(run)]
    known = [each for each in candidates if np.isfinite(each.value(measure))]
    return [max(known, key=lambda each: each.value(measure))] if known else []


def evaluations(run: Result) -> Iterator[Result]:
    """Yield the run as it was at each evaluation before its end: scores, losses and learned weights of that step."""
    steps = run.history.get("step", [])
    for row in run.history.get("evaluations", []):
        if row["step"] not in steps or row["step"] == steps[-1]:
            continue
        at = steps.index(row["step"])
        parts = {name: values[at] for name, values in run.history["parts"].items() if values[at] is not None}
        learned = {name: values[at] for name, values in run.history.get("learned", {}).items()}
        scores = {name: value for name, value in row.get("metrics", {}).items() if value is not None}
        details = row.get("details", {}).items()
        scores |= {f"{name}.{part}": value for name, known in details for part, value in known.items()}
        losses = {**parts, **row.get("held_out", {})}
        yield replace(run, scores=scores, losses=losses, learned=learned, steps=row["step"])


def _configurations(source: Source) -> JsonObject:
    runs = source.results
    losses = [name for name in LOSSES if any(name in run.losses for run in runs)]
    learned = ["beta_hat"] if any("beta_hat" in run.learned for run in runs) else []
    scores = [name for name in source.study.evaluation.metrics if name not in losses]
    measures = [*scores, *losses, *learned]
    lines = []
    for part in grouped(runs, lambda run: run.without(SEED)).values():
        varied = [name for name in part[0].varied if name != SEED]
        published = source.study.published_for(part[0].group, part[0].varied)
        cells = {measure: _cell(part, measure, published.get(measure)) for measure in measures}
        lines.append(_row(line_name(part[0], ["group", *varied]), part, cells))
    return {"title": "All configurations", "note": source.note(runs), "columns": _columns(measures), "rows": lines}
