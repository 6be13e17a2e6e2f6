"""Intervals and chance levels by resampling rows, the same way for every metric."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
Statistic = Callable[[Rows, Rows], float]
"""Score when row ``codes[a[i]]`` stands beside row ``factors[b[i]]``."""

NORMAL_95 = 1.959963984540054
MAX_RESAMPLE_ROWS = 50_000
"""More rows are resampled by this many; the spread then shrinks with the root of the rows there are."""


def around(value: float, replicates: NDArray[np.float64], low: float = 0.0, high: float = 1.0) -> tuple[float, float]:
    """Return the 95 % interval about ``value`` from the spread of its replicates, within the range of the score.

    The normal interval, not the percentile one: counting estimates are biased upwards on resampled rows
    (fewer distinct ones), and the percentiles of a biased replicate need not even contain the score.
    """
    half = NORMAL_95 * float(np.std(replicates, ddof=1))
    return max(low, value - half), min(high, value + half)


def interval(
    statistic: Statistic,
    value: float,
    n: int,
    rng: np.random.Generator,
    resamples: int,
    *,
    low: float = 0.0,
    high: float = 1.0,
) -> tuple[float, float] | None:
    """Return the 95 % bootstrap interval over rows; None for fewer than two resamples."""
    if resamples < 2:
        return None
    size = min(n, MAX_RESAMPLE_ROWS)
    draws = (rng.integers(0, n, size=size) for _ in range(resamples))
    replicates = np.array([statistic(rows, rows) for rows in draws])
    return around(value, replicates * np.sqrt(size / n), low, high)


def chance(statistic: Statistic, n: int, rng: np.random.Generator, permutations: int = 3) -> float:
    """Return the mean score after the rows of the codes were shuffled against those of the factors."""
    straight = np.arange(n)
    return float(np.mean([statistic(rng.permutation(n), straight) for _ in range(permutations)]))


def top_two_gap(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the largest minus the second-largest entry of each column of a matrix with two rows or more."""
    ordered = np.partition(matrix, matrix.shape[0] - 2, axis=0)
    return np.asarray(ordered[-1] - ordered[-2])
