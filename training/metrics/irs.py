"""Interventional robustness score."""

import numpy as np
from numpy.typing import NDArray

from training.config import Config as BaseConfig
from training.config import setting
from training.evaluation.estimators.correlation import is_constant, standardised
from training.evaluation.estimators.information import bin_codes, informative
from training.evaluation.estimators.resampling import around
from training.evaluation.score import EvaluationOptions, MetricInfo, Score, not_applicable
from training.evaluation.table import CodeTable

TITLE = "IRS"
SOURCE = "Suter et al. 2019, Robustly Disentangled Causal Mechanisms, eq. 10"
INFO = MetricInfo(
    title=TITLE,
    family="intervention",
    definition="For each latent, how little it moves when its factor is held and all others vary: one minus the "
    "largest deviation from the group's mean, relative to the largest at all, at the best factor; mean "
    "weighted by deviation.",
    formula="mean_j (weighted) max_k 1 - E_(v_k)[ q-quantile |z_j - E[z_j | v_k]| ] / max |z_j - E[z_j]|",
    citation=SOURCE,
    chance="The same computation after the rows of the codes were shuffled; 0 where that is negative.",
    misses="A latent that no factor moves can score high through outliers, which make its largest deviation large. "
    "Several latents for one factor are not punished.",
    parity="parity equals disentanglement_lib's IRS: factors in 20 equal-width bins, unscaled codes. corrected: "
    "factors as they are, standardised codes, latents that carry information only.",
    claims=("modular",),
)
FACTOR_BINS = 20


class Config(BaseConfig):
    """Settings of IRS."""

    quantile: float = setting(
        0.99, "quantile of the deviations in a group; 1 in the paper", source="Locatello et al. 2019", gt=0, le=1
    )
    resamples: int = setting(10, "bootstrap resamples behind the 95 % interval; 0 for no interval", ge=0, le=10_000)


def robustness(
    codes: NDArray[np.float64], classes: NDArray[np.int64], quantile: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return one minus relative deviations (d, k), and the largest deviation of each latent (d,).

    Parameters
    ----------
    codes : float64 array of shape (n, d), no column constant
    classes : int64 array of shape (n, k)
    """
    largest = np.abs(codes - codes.mean(axis=0)).max(axis=0)
    relative = np.empty((codes.shape[1], classes.shape[1]))
    for k, column in enumerate(classes.T):
        order = np.argsort(column, kind="stable")
        cuts = np.flatnonzero(np.diff(column[order])) + 1
        deviations = [
            np.quantile(np.abs(group - group.mean(axis=0)), quantile, axis=0) for group in np.split(codes[order], cuts)
        ]
        relative[:, k] = np.mean(deviations, axis=0) / largest
    return 1 - relative, largest


def average(matrix: NDArray[np.float64], largest: NDArray[np.float64]) -> float:
    """Score of each latent at its best factor, weighted by its largest deviation."""
    return float(np.average(matrix.max(axis=1), weights=largest))


def score(table: CodeTable, rng: np.random.Generator, config: Config, options: EvaluationOptions) -> Score:
    """Return IRS; details: ``matrix`` (d, k), ``per_latent``, ``parents`` (best factor of each latent), ``dropped``."""
    if table.factors is None:
        return not_applicable("the images have no labels; IRS holds one factor and varies the others")
    constant = is_constant(table.codes) | (table.codes.var(axis=0) == 0)
    kept = informative(table, rng) & ~constant if options.corrected else ~constant
    matrix = np.zeros((table.n_latents, table.n_factors))
    details = {"matrix": matrix, "dropped": np.flatnonzero(~kept)}
    if not kept.any():
        return Score(0.0, chance=0.0, details=details)
    if options.corrected:
        codes, classes = standardised(table.codes)[:, kept], table.factors
    else:
        codes, classes = table.codes[:, kept], bin_codes(table.factors.astype(np.float64), FACTOR_BINS)
    inner, largest = robustness(codes, classes, config.quantile)
    matrix[kept] = inner
    value = average(inner, largest)
    replicates = []
    for _ in range(config.resamples):
        rows = rng.integers(0, table.n, size=table.n)
        drawn = codes[rows]
        varies = ~is_constant(drawn)
        if varies.any():
            replicates.append(average(*robustness(drawn[:, varies], classes[rows], config.quantile)))
    shuffled = average(*robustness(codes[rng.permutation(table.n)], classes, config.quantile))
    details["per_latent"] = np.where(kept, matrix.max(axis=1), 0.0)
    details["parents"] = matrix.argmax(axis=1)
    return Score(
        value,
        interval=around(value, np.array(replicates)) if len(replicates) > 1 else None,
        chance=max(0.0, shuffled),
        details=details,
    )
