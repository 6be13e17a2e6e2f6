"""Rank correlations of the measures of a study with each other over its runs."""

import numpy as np

from backend.figures.base import STILL, figure, layout, short
from backend.figures.matrices import heat_map
from backend.figures.study.content import Content
from backend.figures.study.panels import NOTE_LINE_PIXELS, broken, measure_title, note_annotation
from models_zoo.errors import NotFound
from models_zoo.json_types import JsonObject
from training.studies.results import Floats, column

CELL = 46
MIN_RUNS = 3


def rank_correlations(table: Floats) -> Floats:
    """Return Spearman's correlation of each pair of columns over the rows in which both are finite.

    Parameters
    ----------
    table : float64 array of shape (n, k)

    Returns
    -------
    float64 array of shape (k, k)
        NaN for fewer than three rows or a constant column.
    """
    from scipy.stats import rankdata  # noqa: PLC0415 - 30 MB that a service without studies does without

    k = table.shape[1]
    found = np.full((k, k), np.nan)
    if np.isfinite(table).all():
        return _pearson(rankdata(table, axis=0))
    for i in range(k):
        for j in range(i + 1):
            pair = table[:, [i, j]]
            ranks = rankdata(pair[np.isfinite(pair).all(1)], axis=0)
            found[i, j] = found[j, i] = _pearson(ranks)[0, 1]
    return found


def _pearson(columns: Floats) -> Floats:
    k = columns.shape[1]
    if len(columns) < MIN_RUNS:
        return np.full((k, k), np.nan)
    centred = columns - columns.mean(0)
    norms = np.sqrt((centred**2).sum(0))
    scale = np.outer(norms, norms)
    found: Floats = np.divide(centred.T @ centred, scale, out=np.full((k, k), np.nan), where=scale > 0)
    return found


def correlations(content: Content) -> JsonObject:
    """Return the heat map of Spearman's correlation of all measures over the runs, on a scale of -1 to 1.

    Raises
    ------
    NotFound
        If fewer than three runs have two measures.
    """
    table = np.stack([column(content.runs, measure) for measure in content.figure.measures], 1)
    kept = [at for at in range(table.shape[1]) if np.isfinite(table[:, at]).sum() >= MIN_RUNS]
    if len(kept) < 2:
        raise NotFound(
            f"got {len(content.runs)} runs; allowed: at least {MIN_RUNS} with two measures; train or import more"
        )
    values = rank_correlations(table[:, kept])
    names = [measure_title(content.figure.measures[at]) for at in kept]
    heat, cells = heat_map(np.nan_to_num(values), names, (-1.0, 1.0))
    heat |= {
        "customdata": [[[first, second] for second in names] for first in names],
        "hovertemplate": "%{customdata[0]}<br>%{customdata[1]}: %{z:.3f}<extra></extra>",
    }
    cells["text"] = [short(value) if np.isfinite(value) else "" for value in values.ravel().tolist()]
    longest = int(6.3 * max(map(len, names)))
    size, left, right = CELL * len(kept), 30 + longest, 30 + longest
    note = broken(content.note, (size + right) // 5)
    frame = layout(content.title, size + longest + 60, (left, right, longest + 10, 20 + NOTE_LINE_PIXELS * len(note)))
    frame["width"] = left + size + right
    ticks = {"tickvals": list(range(len(kept))), "ticktext": names}
    frame["xaxis"] = STILL | ticks | {"side": "top", "tickangle": -38, "range": [-0.5, len(kept) - 0.5]}
    frame["yaxis"] = STILL | ticks | {"range": [len(kept) - 0.5, -0.5], "title": {"text": ""}}
    frame["annotations"] = [note_annotation(content.note, 6, (size + right) // 5)]
    return figure([heat, cells], frame, measures=[content.figure.measures[at] for at in kept])
