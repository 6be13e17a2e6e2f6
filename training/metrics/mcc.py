"""MCC: mean correlation of each factor with the latent matched to it."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.stats import rankdata

from training.config import setting
from training.evaluation.estimators.correlation import is_constant, pearson, standardised
from training.evaluation.estimators.resampling import chance, interval
from training.evaluation.score import EvaluationOptions, MetricInfo, ResampledConfig, Score, not_applicable
from training.evaluation.table import CodeTable, split_rows

TITLE = "MCC"
SOURCE = "Hyvarinen & Morioka 2016, section 6; weak form: Khemakhem et al. 2020, ICE-BeeM, section 5"
INFO = MetricInfo(
    title=TITLE,
    family="correlation",
    definition="Mean absolute correlation of factors and latents in the assignment of one latent to each factor that "
    "makes it largest. Details: the weak form (after the linear maps that correlate both sides most) and the affine "
    "form (R² of least squares on all latents), which do not care how the axes are turned.",
    formula="max over assignments s of (1/K) sum_k |corr(z_s(k), v_k)|",
    citation=SOURCE,
    chance="Mean over three shuffles of the rows: near 0 for many rows.",
    misses="Factors enter as the numbers of their classes: a factor without an order, or one that is periodic, gets "
    "less than it deserves. What the other latents hold of the same factor is not punished. A factor for which no "
    "latent is left counts 0.",
    parity="Both modes are the definition. The papers report it in per cent.",
    claims=("modular", "compact"),
)


class Config(ResampledConfig):
    """Settings of MCC."""

    kind: Literal["pearson", "spearman"] = setting(
        "pearson", "correlation of values, or of ranks, which any increasing function of a latent leaves as it is"
    )


def matched(correlation: NDArray[np.float64]) -> tuple[float, NDArray[np.int64]]:
    """Return the mean of the best assignment of latents to factors (d, k), and the latent of each factor (k,).

    A factor without a latent is marked -1 and counts 0.
    """
    strength = np.abs(correlation)
    latents, factors = linear_sum_assignment(strength, maximize=True)
    latent_of = np.full(strength.shape[1], -1)
    latent_of[factors] = latents
    return float(strength[latents, factors].sum() / strength.shape[1]), latent_of


def whitening(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the map (d, r) that makes centred columns (n, d) uncorrelated with variance 1, r their rank."""
    singular, right = np.linalg.svd(columns, full_matrices=False)[1:]
    kept = singular > singular[0] * max(columns.shape) * np.finfo(np.float64).eps
    return np.asarray(right[kept].T / singular[kept] * np.sqrt(len(columns)))


def canonical_correlations(
    train: tuple[NDArray[np.float64], NDArray[np.float64]], test: tuple[NDArray[np.float64], NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Return the correlations on ``test`` rows of the pairs of directions found on ``train`` rows, largest first.

    Parameters
    ----------
    train, test : (float64 array of shape (n, d), float64 array of shape (n, k))

    Returns
    -------
    float64 array of shape (min(rank of codes, rank of factors),)
    """
    means = [side.mean(axis=0) for side in train]
    maps = [whitening(side - mean) for side, mean in zip(train, means, strict=True)]
    if not all(map_.shape[1] for map_ in maps):
        return np.zeros(0)
    white = [(side - mean) @ map_ for side, mean, map_ in zip(train, means, maps, strict=True)]
    left, _, right = np.linalg.svd(white[0].T @ white[1] / len(train[0]), full_matrices=False)
    found = [
        (side - mean) @ map_ @ turn for side, mean, map_, turn in zip(test, means, maps, (left, right.T), strict=True)
    ]
    return np.abs(np.diag(pearson(found[0], found[1])))


def r_squared(
    train: tuple[NDArray[np.float64], NDArray[np.float64]], test: tuple[NDArray[np.float64], NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Return R² on ``test`` rows (k,) of least squares on all latents, fitted on ``train`` rows; at least 0."""
    padded = [np.column_stack([np.ones(len(codes)), codes]) for codes, _ in (train, test)]
    weights = np.linalg.lstsq(padded[0], train[1], rcond=None)[0]
    residual = ((test[1] - padded[1] @ weights) ** 2).sum(axis=0)
    total = ((test[1] - train[1].mean(axis=0)) ** 2).sum(axis=0)
    return np.asarray(np.clip(1 - residual / np.where(total > 0, total, 1.0), 0.0, 1.0))


def score(table: CodeTable, rng: np.random.Generator, config: Config, options: EvaluationOptions) -> Score:
    """Return MCC.

    Details: ``matrix`` (d, k), ``latent_of_factor`` (k,), ``weak``, ``affine``, ``affine_per_factor``.
    """
    if table.factors is None:
        return not_applicable("the images have no labels; MCC correlates codes with factors")
    factors = table.factors.astype(np.float64)
    varying = ~is_constant(factors)
    if not varying.any():
        return not_applicable("every factor has one value on these rows")
    ranked = config.kind == "spearman"
    codes = rankdata(table.codes, axis=0) if ranked else table.codes
    values = rankdata(factors[:, varying], axis=0) if ranked else factors[:, varying]

    def statistic(code_rows: NDArray[np.int64], factor_rows: NDArray[np.int64]) -> float:
        return matched(pearson(codes[code_rows], values[factor_rows]))[0]

    correlation = pearson(codes, values)
    value, latents = matched(correlation)
    full = np.zeros((table.n_latents, table.n_factors))
    full[:, varying] = correlation
    latent_of = np.full(table.n_factors, -1)
    latent_of[varying] = latents
    return Score(
        value,
        interval=interval(statistic, value, table.n, rng, config.resamples),
        chance=chance(statistic, table.n, rng),
        details={"matrix": full, "latent_of_factor": latent_of, **_linear_forms(table, factors, varying, rng, options)},
    )


def _linear_forms(
    table: CodeTable,
    factors: NDArray[np.float64],
    varying: NDArray[np.bool_],
    rng: np.random.Generator,
    options: EvaluationOptions,
) -> dict[str, object]:
    """Return ``weak`` and ``affine``, fitted on the train rows and read on the test rows."""
    rows = split_rows(table, rng, in_order=not options.corrected)
    codes = standardised(table.codes)[:, ~is_constant(table.codes)]
    per_factor = np.zeros(len(varying))
    if codes.shape[1] == 0 or min(map(len, rows)) < 2:
        return {"weak": 0.0, "affine": 0.0, "affine_per_factor": per_factor}
    values = standardised(factors[:, varying])
    train, test = ((codes[side], values[side]) for side in rows)
    per_factor[varying] = r_squared(train, test)
    weak = canonical_correlations(train, test).sum() / varying.sum()
    return {"weak": float(weak), "affine": float(per_factor[varying].mean()), "affine_per_factor": per_factor}
