"""Tests and intervals over runs and seeds, of which the rules of claims are made."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]
LEVEL = 0.95
PERMUTATIONS = 1999
MAX_PERMUTED_RUNS = 200
"""Above this number of runs the permutation distribution is replaced by its normal limit."""


@dataclass(frozen=True)
class Trend:
    """Rank correlation within blocks, with the one-sided p-values of a rise and of a fall."""

    correlation: float
    p_rises: float
    p_falls: float


def _centred_ranks(values: Floats) -> Floats:
    ranks: Floats = stats.rankdata(values) - (len(values) + 1) / 2
    return ranks


def spearman(x: Floats, y: Floats) -> float:
    """Return the rank correlation of two columns; 0 where one of them is constant."""
    a, b = _centred_ranks(x), _centred_ranks(y)
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale > 0 else 0.0


def mean_correlation(blocks: Sequence[tuple[Floats, Floats]]) -> float:
    """Return the mean over blocks of the rank correlation of x and y; NaN without a block of two runs."""
    correlations = [spearman(x, y) for x, y in blocks if len(x) > 1]
    return float(np.mean(correlations)) if correlations else float("nan")


def trend(blocks: Sequence[tuple[Floats, Floats]]) -> Trend:
    """Test whether y rises or falls with x within blocks, e.g. one block for each seed.

    The statistic is the sum over blocks of the products of centred ranks: for complete blocks without ties Page's L up
    to a constant (Page 1963), for one block the numerator of Spearman's correlation. Under the null hypothesis the
    values of y within a block are exchangeable. Its distribution is drawn by 1,999 permutations with a fixed seed;
    above 200 runs it is the normal one with the exact variance ``sum_b Sxx Syy / (n_b - 1)``.

    Parameters
    ----------
    blocks : sequence of (float64 (n,), float64 (n,))
        x and y of each block. Blocks of one run say nothing.

    Returns
    -------
    Trend
        ``correlation`` is the mean over blocks of Spearman's.
    """
    ranked = [(_centred_ranks(x), _centred_ranks(y)) for x, y in blocks if len(x) > 1]
    if not ranked:
        return Trend(float("nan"), 1.0, 1.0)
    correlation = mean_correlation(blocks)
    observed = sum(float(x @ y) for x, y in ranked)
    variance = sum(float((x @ x) * (y @ y)) / (len(x) - 1) for x, y in ranked)
    if variance == 0:
        return Trend(correlation, 1.0, 1.0)
    if sum(len(x) for x, _ in ranked) > MAX_PERMUTED_RUNS:
        z = observed / np.sqrt(variance)
        return Trend(correlation, float(stats.norm.sf(z)), float(stats.norm.cdf(z)))
    rng = np.random.default_rng(0)
    drawn = np.zeros(PERMUTATIONS)
    for x, y in ranked:
        drawn += rng.permuted(np.tile(y, (PERMUTATIONS, 1)), axis=1) @ x
    slack = 1e-9 * max(1.0, abs(observed))
    above, below = int((drawn >= observed - slack).sum()), int((drawn <= observed + slack).sum())
    return Trend(correlation, (1 + above) / (1 + PERMUTATIONS), (1 + below) / (1 + PERMUTATIONS))


def t_interval(values: Floats, level: float = LEVEL) -> tuple[float, float] | None:
    """Return Student's interval of a mean over seeds; None for fewer than two values."""
    n = len(values)
    if n < 2:
        return None
    half = float(stats.t.ppf(0.5 + level / 2, n - 1) * values.std(ddof=1) / np.sqrt(n))
    return float(values.mean()) - half, float(values.mean()) + half


@dataclass(frozen=True)
class Difference:
    """Difference of the means of two levels with its interval."""

    levels: tuple[int, int]
    value: float
    low: float
    high: float


def pairwise_differences(samples: Sequence[Floats], level: float = LEVEL) -> list[Difference]:
    """Return the differences of the means of all pairs of levels, with simultaneous intervals (Bonferroni).

    The standard deviation is pooled over the levels, as in an analysis of variance.

    Parameters
    ----------
    samples : sequence of float64 arrays (n_l,)
        One for each level.
    level : float
        Probability that all intervals hold at once, at least.

    Returns
    -------
    list of Difference
        Empty where no level has two values.
    """
    freedom = sum(len(sample) - 1 for sample in samples)
    if freedom < 1 or len(samples) < 2:
        return []
    variance = sum(float(((sample - sample.mean()) ** 2).sum()) for sample in samples) / freedom
    pairs = [(i, j) for i in range(len(samples)) for j in range(i)]
    quantile = float(stats.t.ppf(1 - (1 - level) / 2 / len(pairs), freedom))
    found = []
    for i, j in pairs:
        value = float(samples[i].mean() - samples[j].mean())
        half = quantile * np.sqrt(variance * (1 / len(samples[i]) + 1 / len(samples[j])))
        found.append(Difference((i, j), value, value - half, value + half))
    return found
