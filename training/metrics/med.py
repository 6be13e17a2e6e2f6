"""MED: disentanglement and completeness of importances that are mutual information.

Read in the authors' code, evaluation/metrics/med.py on disentanglement_lib (`compute_importance_mi`,
`pick_by_dis_per_factor`).
"""

import numpy as np
from numpy.typing import NDArray

from training.config import setting
from training.evaluation.estimators.importance import completeness, disentanglement, per_code, per_factor
from training.evaluation.estimators.information import bin_codes, informative, mutual_information
from training.evaluation.estimators.resampling import chance, interval
from training.evaluation.score import EvaluationOptions, MetricInfo, ResampledConfig, Score, not_applicable
from training.evaluation.table import CodeTable

TITLE = "MED"
SOURCE = "Cao et al. 2022, An Empirical Study on Disentanglement of Negative-free Contrastive Learning, section 3"
INFO = MetricInfo(
    title=TITLE,
    family="information",
    definition="DCI with mutual information in place of a predictor: the importance of a latent for a factor is its "
    "share of all information on that factor. Disentanglement (the score): a latent serves one factor, weighted by "
    "importance. Details: completeness, and both over the most disentangled latents of each factor (top-k).",
    formula="D = sum_j w_j (1 - H_K(R_j / sum R_j)), R_jk = I(z_j; v_k) / sum_i I(z_i; v_k)",
    citation=SOURCE,
    chance="Mean over three shuffles of the rows, same latents: near 0 for many rows.",
    misses="Uses pairs of one latent and one factor only: a factor that two latents code together, as an angle by its "
    "sine and cosine, counts as little information. The bins are as in "
    "MIG; factors that correlate on these rows keep a perfect code below 1: `details.bound`.",
    parity="parity: the authors' code, on all latents. corrected: latents that carry information on some factor only, "
    "since many dead latents add up to a share by the bias of counting.",
    claims=("modular",),
)


class Config(ResampledConfig):
    """Settings of MED."""

    bins: int = setting(
        20, "equal-width bins of each latent", unit="bins", source="Cao et al. 2022, code", ge=2, le=10_000
    )
    top_k: int = setting(
        1, "most disentangled latents of each factor in `details.top_k`", source="Cao et al. 2022, table 1", ge=1
    )


def importances(information: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each latent's share of the information (d, k) on each factor; 0 for a factor nothing informs on."""
    total = information.sum(axis=0)
    return np.asarray(information / np.where(total > 0, total, 1.0))


def most_disentangled(importance: NDArray[np.float64], k: int) -> NDArray[np.int64]:
    """Return the latents, ascending, that are the ``k`` most disentangled of those with the same best factor."""
    best = importance.argmax(axis=1)
    order = np.argsort(-per_code(importance), kind="stable")
    return np.sort(np.concatenate([order[best[order] == factor][:k] for factor in range(importance.shape[1])]))


def score(table: CodeTable, rng: np.random.Generator, config: Config, options: EvaluationOptions) -> Score:
    """Return MED.

    Details: ``completeness``, ``bound``, ``importance`` (d, k), ``per_latent``, ``per_factor``, ``top_k``.
    """
    if table.factors is None:
        return not_applicable("the images have no labels; MED compares codes with factors")
    varying = table.factors.min(axis=0) < table.factors.max(axis=0)
    if varying.sum() < 2:
        return not_applicable(f"MED compares factors with one another and {varying.sum()} varies on these rows")
    factors = table.factors[:, varying]
    counted = informative(table, rng) if options.corrected else np.ones(table.n_latents, dtype=bool)
    binned = bin_codes(table.codes, config.bins)[:, counted]
    details = {"importance": np.zeros((table.n_latents, table.n_factors)), "counted": np.flatnonzero(counted)}
    if not counted.any():
        return Score(0.0, chance=0.0, details=details)

    def statistic(code_rows: NDArray[np.int64], factor_rows: NDArray[np.int64]) -> float:
        return disentanglement(importances(mutual_information(binned[code_rows], factors[factor_rows], config.bins)))

    perfect = bin_codes(factors.astype(np.float64), config.bins)
    importance = importances(mutual_information(binned, factors, config.bins))
    value = disentanglement(importance)
    details["importance"][np.ix_(counted, varying)] = importance
    chosen = most_disentangled(importance, config.top_k)
    several = counted.sum() > 1
    return Score(
        value,
        interval=interval(statistic, value, table.n, rng, config.resamples),
        chance=chance(statistic, table.n, rng),
        details={
            **details,
            "completeness": completeness(importance) if several else None,
            "per_latent": per_code(importance),
            "per_factor": per_factor(importance) if several else None,
            "bound": disentanglement(importances(mutual_information(perfect, factors, config.bins))),
            "top_k": disentanglement(importance[chosen]),
            "top_k_latents": np.flatnonzero(counted)[chosen],
        },
    )
