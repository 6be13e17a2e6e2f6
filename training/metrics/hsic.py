"""HSIC: dependence of every two latents, of any form, with its null distribution."""

import numpy as np
from numpy.typing import NDArray

from training.config import Config as BaseConfig
from training.config import setting
from training.evaluation.estimators.correlation import is_constant, standardised
from training.evaluation.estimators.resampling import around
from training.evaluation.score import EvaluationOptions, MetricInfo, Score, not_applicable
from training.evaluation.table import CodeTable

TITLE = "HSIC"
SOURCE = "Gretton et al. 2007, A Kernel Statistical Test of Independence; normalised: Cortes et al. 2012, eq. 4"
INFO = MetricInfo(
    title=TITLE,
    family="unsupervised",
    definition="Hilbert-Schmidt independence criterion of two latents, normalised to 1 for a latent with itself: it "
    "is 0 in expectation for independent latents only, whatever the form of the dependence. Mean over pairs. Details: "
    "each pair, and the share of permutations that reach its value.",
    formula="tr(K H L H) / sqrt(tr(K H K H) tr(L H L H)), K_ab = exp(-(z_a - z_b)^2 / median (z_a - z_b)^2)",
    citation=SOURCE,
    chance="Mean over the permutations of the rows of each latent: above 0, since the estimate is biased upwards by "
    "about one over the number of rows.",
    misses="Independent latents need not be factors: a rotated Gaussian code is independent. Where factors depend on "
    "each other in the data, latents that are factors do too. The width of the kernel is a choice: dependence in "
    "details much finer than the median distance counts little.",
    parity="Both modes are the biased estimate with the kernel width of the authors' code (median of the squared "
    "distances). Constant latents are left out.",
    best=0.0,
    worst=1.0,
    higher_is_better=False,
)
WIDTH_ROWS = 1_000
TOLERANCE = 1e-8
"""Largest mean error of the diagonal of a kernel matrix that its factor leaves."""


class Config(BaseConfig):
    """Settings of HSIC."""

    rows: int = setting(2_000, "rows drawn where there are more", unit="rows", ge=4, le=1_000_000)
    permutations: int = setting(100, "permutations of the rows behind chance level and p-values", ge=1, le=100_000)
    resamples: int = setting(
        20, "subsamples of half the rows behind the 95 % interval; 0 for no interval", ge=0, le=10_000
    )


def squared_width(column: NDArray[np.float64]) -> float:
    """Return the median of the positive squared distances within a column (n,); 1 for a constant one."""
    upper = np.triu_indices(len(column), 1)
    distances = (column[upper[0]] - column[upper[1]]) ** 2
    positive = distances[distances > 0]
    return float(np.median(positive)) if len(positive) else 1.0


def kernel_factor(column: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """Return L (n, r) with L L^T equal to the Gaussian kernel matrix of a column (n,).

    Incomplete Cholesky decomposition (Fine & Scheinberg 2001): the row with the largest error is next, until the mean
    error of the diagonal is below 1e-8. In one dimension r is about 20, so that n rows cost n r² and not n².
    """
    error, columns = np.ones(len(column)), np.zeros((0, len(column)))
    while error.mean() > TOLERANCE and len(columns) < len(column):
        pivot = int(error.argmax())
        fresh = np.exp(-((column - column[pivot]) ** 2) / width) - columns[:, pivot] @ columns
        fresh /= np.sqrt(error[pivot])
        columns = np.vstack([columns, fresh])
        error = np.maximum(error - fresh**2, 0.0)
    return np.ascontiguousarray(columns.T)


def normalised(factors: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the normalised HSIC (d, d) of columns given by their kernel factors: 1 on the diagonal.

    tr(K H L H) is the squared norm of A^T B for centred factors A and B.
    """
    centred = [factor - factor.mean(axis=0) for factor in factors]
    matrix = np.zeros((len(factors), len(factors)))
    for i, left in enumerate(centred):
        for j, right in enumerate(centred[: i + 1]):
            matrix[i, j] = matrix[j, i] = ((left.T @ right) ** 2).sum()
    scale = np.sqrt(np.diag(matrix))
    return np.asarray(matrix / np.outer(scale, scale))


def score(table: CodeTable, rng: np.random.Generator, config: Config, options: EvaluationOptions) -> Score:  # noqa: ARG001
    """Return the mean normalised HSIC; details: ``pairwise`` (d, d), ``p_values`` (d, d), ``p_value``, ``dropped``."""
    constant = is_constant(table.codes)
    varying = np.flatnonzero(~constant)
    if len(varying) < 2:
        return not_applicable("dependence is between latents and fewer than two vary", dropped=np.flatnonzero(constant))
    rows = np.sort(rng.choice(table.n, config.rows, replace=False)) if table.n > config.rows else np.arange(table.n)
    codes = standardised(table.codes[rows][:, varying])
    if is_constant(codes).any():
        return not_applicable("a latent varies on a few rows only, none of which was drawn; raise hsic.rows")
    some = rng.permutation(len(rows))[:WIDTH_ROWS]
    factors = [kernel_factor(column, squared_width(column[some])) for column in codes.T]
    upper = np.triu_indices(len(varying), 1)

    def mean(matrix: NDArray[np.float64]) -> float:
        return float(np.clip(matrix[upper].mean(), 0, 1))

    found = normalised(factors)
    value = mean(found)
    null = np.array(
        [normalised([factor[rng.permutation(len(rows))] for factor in factors]) for _ in range(config.permutations)]
    )
    means = np.array([mean(matrix) for matrix in null])
    halves = (rng.choice(len(rows), len(rows) // 2, replace=False) for _ in range(config.resamples))
    replicates = np.array([mean(normalised([factor[half] for factor in factors])) for half in halves])
    pairwise, p_values = np.zeros((table.n_latents,) * 2), np.ones((table.n_latents,) * 2)
    pairwise[np.ix_(varying, varying)] = found
    p_values[np.ix_(varying, varying)] = (1 + (null >= found).sum(axis=0)) / (1 + config.permutations)
    np.fill_diagonal(p_values, 1.0)
    return Score(
        value,
        interval=around(value, replicates) if len(replicates) > 1 else None,
        chance=float(means.mean()),
        details={
            "pairwise": pairwise,
            "p_values": p_values,
            "p_value": float((1 + (means >= value).sum()) / (1 + config.permutations)),
            "dropped": np.flatnonzero(constant),
        },
    )
