"""Stress test of the metrics: which of them are fooled by codes of known structure, by a rule."""

import json
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from scipy.stats import t as student

from models_zoo.files import write_atomic
from models_zoo.json_types import JsonObject
from training.evaluation.structures import STRUCTURES, make_table
from training.evaluation.suite import evaluate, metric, plain
from training.registry import METRICS, STRESS

ROWS = 500
SEEDS = (0, 1, 2)
MARGIN = 0.1
"""A relative score of at least 1 - MARGIN is as good as that of the perfect codes."""
NO_INTERVAL = ("resamples", "replicates")


def _settings(name: str) -> dict[str, object]:
    """Return the settings that leave out a metric's own interval: that of the table is over seeds."""
    return {field: 0 for field in NO_INTERVAL if field in metric(name).Config.model_fields}


def measure(
    names: Sequence[str] = (),
    *,
    rows: int = ROWS,
    seeds: Sequence[int] = SEEDS,
    progress: Callable[[str, int, int], None] | None = None,
) -> JsonObject:
    """Return the table of metrics by structures; metrics that need more than codes are left out.

    Parameters
    ----------
    names : sequence of str
        Metrics, all of them when empty.
    rows : int
        Rows of each table of codes.
    seeds : sequence of int
        One table of each structure for each seed.
    progress : callable, optional
        Called with structure, done and total.
    """
    names = tuple(names) or METRICS.names()
    scores: dict[str, dict[str, list[float | None]]] = {name: {} for name in names}
    total = len(STRUCTURES) * len(seeds)
    for done, (structure, seed) in enumerate((each, seed) for seed in seeds for each in STRUCTURES):
        if progress:
            progress(structure, done, total)
        usable = [name for name in names if scores[name].get("perfect", [0.0])[0] is not None]
        settings = {name: _settings(name) for name in usable}
        for result in evaluate(make_table(structure, rows, seed), usable, seed=seed, settings=settings):
            scores[result.metric].setdefault(structure, []).append(result.score)
    kept = {name: by for name, by in scores.items() if by["perfect"][0] is not None}
    metrics = {name: {"version": metric(name).INFO.version, "scores": by} for name, by in sorted(kept.items())}
    return {"rows": rows, "seeds": list(seeds), "metrics": metrics}


def interval(values: Sequence[float | None]) -> tuple[float, float, float] | None:
    """Return mean and 95 % interval of Student's t over seeds; None where a seed has no score."""
    known = [value for value in values if value is not None]
    if len(known) < max(2, len(values)):
        return None
    half = float(student.ppf(0.975, len(known) - 1) * np.std(known, ddof=1) / np.sqrt(len(known)))
    mean = float(np.mean(known))
    return mean, mean - half, mean + half


def relative(scores: dict[str, list[float | None]], structure: str) -> list[float | None]:
    """Return the scores of a structure on the scale on which noise is 0 and the perfect codes are 1, seed by seed."""
    rows = zip(scores[structure], scores["noise"], scores["perfect"], strict=True)
    return [
        None if value is None or low is None or high is None or high == low else (value - low) / (high - low)
        for value, low, high in rows
    ]


def verdict(claims: Sequence[str], structure: str, between: tuple[float, float, float] | None) -> str:
    """Return the result of the rule for one cell.

    An ideal measure of a claim gives a structure that has it the score of the perfect codes, relative 1, and any other
    structure less than 1 - MARGIN. A measure is fooled when the whole interval over seeds lies on the wrong side of
    1 - MARGIN, right when it lies on the right side, and open when the interval covers both. Without a claim, or where
    the definition leaves open whether the structure has it, there is no verdict.
    """
    holds = [STRUCTURES[structure].holds[claim] for claim in claims]  # type: ignore[index]
    if structure in {"perfect", "noise"} or not holds or between is None:
        return "none"
    if False not in holds and None in holds:
        return "none"
    _, low, high = between
    if low < 1 - MARGIN <= high:
        return "open"
    return "right" if (low >= 1 - MARGIN) == (False not in holds) else "fooled"


def cells(document: JsonObject) -> Iterator[tuple[str, str, JsonObject]]:
    """Yield metric, structure and cell of a measured table: score and relative score with intervals, verdict."""
    for name, measured in document["metrics"].items():
        claims = metric(name).INFO.claims
        for structure in STRUCTURES:
            on_scale = interval(relative(measured["scores"], structure))
            cell = {"score": interval(measured["scores"][structure]), "relative": on_scale}
            yield name, structure, {**cell, "verdict": verdict(claims, structure, on_scale)}


def complete(document: JsonObject) -> JsonObject:
    """Return a measured table with what a page shows: structures, claims and cells of each metric."""
    metrics: JsonObject = {name: {**each, "cells": {}} for name, each in document["metrics"].items()}
    for name, structure, cell in cells(document):
        metrics[name]["cells"][structure] = cell
    for name, each in metrics.items():
        info = metric(name).INFO
        each["title"], each["claims"] = info.title, list(info.claims)
    structures = {name: {"meaning": each.meaning, "holds": each.holds} for name, each in STRUCTURES.items()}
    return {**document, "margin": MARGIN, "structures": structures, "metrics": metrics}


def read() -> JsonObject:
    """Return the committed table."""
    document: JsonObject = json.loads(STRESS.read_text())
    return document


def write(document: JsonObject) -> None:
    """Store a measured table; the rows of other metrics stay where rows and seeds are the same."""
    if STRESS.exists():
        old = read()
        if (old["rows"], old["seeds"]) == (document["rows"], document["seeds"]):
            document = {**document, "metrics": dict(sorted({**old["metrics"], **document["metrics"]}.items()))}
    text = json.dumps(plain(complete(document)), indent=1, allow_nan=False)
    write_atomic(STRESS, f"{text}\n".encode())
