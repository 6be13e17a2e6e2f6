"""Small tables that can be worked out by hand."""

from typing import Any

import numpy as np

from training.evaluation.score import EvaluationOptions, Mode, Score
from training.evaluation.table import CodeTable
from training.registry import METRICS

GRID = np.stack(np.unravel_index(np.arange(4 * 6 * 8), (4, 6, 8)), axis=1).astype(np.int64)
"""Every combination of three factors with 4, 6 and 8 values: 192 rows."""

BIG = np.random.default_rng(7).integers(0, (4, 6, 8), size=(3000, 3))
"""The same factors, 3,000 random rows."""


def as_table(codes: np.ndarray, factors: np.ndarray | None = GRID, **more: Any) -> CodeTable:
    codes = np.asarray(codes, dtype=np.float64)
    if factors is None:
        return CodeTable(codes, **more)
    names = tuple("abcdefgh"[: factors.shape[1]])
    return CodeTable(codes, factors, names, tuple(int(top) + 1 for top in factors.max(axis=0)), **more)


def measure(
    name: str, codes: np.ndarray, factors: np.ndarray | None = GRID, mode: Mode = "corrected", **settings: Any
) -> Score:
    plugin = METRICS.load(name)
    config = plugin.Config(**settings)
    return plugin.score(as_table(codes, factors), np.random.default_rng(0), config, EvaluationOptions(mode))
