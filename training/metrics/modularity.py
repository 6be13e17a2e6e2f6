"""Modularity: each latent carries information on one factor only."""

import numpy as np
from numpy.typing import NDArray

from training.config import setting
from training.evaluation.estimators.information import bin_codes, informative, mutual_information
from training.evaluation.estimators.resampling import chance, interval
from training.evaluation.score import EvaluationOptions, MetricInfo, ResampledConfig, Score, not_applicable
from training.evaluation.table import CodeTable

TITLE = "Modularity"
SOURCE = "Ridgeway & Mozer 2018, Learning Deep Disentangled Embeddings with the F-Statistic Loss, eq. 2"
INFO = MetricInfo(
    title=TITLE,
    family="information",
    definition="One minus the squared information a latent has on factors other than its best one, relative to the "
    "best; mean over latents.",
    formula="1 - mean_j sum_(k != best) I(z_j; v_k)^2 / ((K - 1) I(z_j; v_best)^2)",
    citation=SOURCE,
    chance="Mean over three shuffles of the rows, same latents: about .6 to .7 for a handful of factors, far from 0.",
    misses="High for almost any code, rotated ones included: read it beside its chance level. Does not measure whether "
    "all factors are coded.",
    parity="parity: disentanglement_lib's modularity_score, where a latent without any information counts 0. "
    "corrected: mean over the latents that carry information.",
    claims=("modular",),
)


class Config(ResampledConfig):
    """Settings of modularity."""

    bins: int = setting(
        20, "equal-width bins of each latent", unit="bins", source="Locatello et al. 2019", ge=2, le=10_000
    )


def per_latent(information: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return modularity (d,) of each row of mutual information (d, k), k of at least 2; 0 for a row of zeros."""
    squared = information**2
    best = squared.max(axis=1)
    others = squared.sum(axis=1) - best
    return np.where(best > 0, 1 - others / np.where(best > 0, best, 1.0) / (information.shape[1] - 1), 0.0)


def score(table: CodeTable, rng: np.random.Generator, config: Config, options: EvaluationOptions) -> Score:
    """Return the mean modularity.

    Details: ``per_latent``, ``counted`` (latents in the mean), ``mutual_information``.
    """
    if table.factors is None:
        return not_applicable("the images have no labels; modularity compares codes with factors")
    if table.n_factors < 2:
        return not_applicable("modularity compares factors with one another and there is one")
    factors, bins = table.factors, config.bins
    binned = bin_codes(table.codes, bins)
    counted = informative(table, rng) if options.corrected else np.ones(table.n_latents, dtype=bool)

    def mean(information: NDArray[np.float64]) -> float:
        return float(per_latent(information)[counted].mean()) if counted.any() else 0.0

    def statistic(code_rows: NDArray[np.int64], factor_rows: NDArray[np.int64]) -> float:
        return mean(mutual_information(binned[code_rows], factors[factor_rows], bins))

    information = mutual_information(binned, factors, bins)
    value = mean(information)
    return Score(
        value,
        interval=interval(statistic, value, table.n, rng, config.resamples),
        chance=chance(statistic, table.n, rng),
        details={
            "per_latent": per_latent(information),
            "counted": np.flatnonzero(counted),
            "mutual_information": information,
        },
    )
