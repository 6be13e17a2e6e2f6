"""Supplement of the mutual information gap: one factor per latent."""

import numpy as np
from numpy.typing import NDArray

from training.config import setting
from training.evaluation.estimators.information import bin_codes, factor_entropies, informative, mutual_information
from training.evaluation.estimators.resampling import chance, interval, top_two_gap
from training.evaluation.score import EvaluationOptions, MetricInfo, ResampledConfig, Score, not_applicable
from training.evaluation.table import CodeTable

TITLE = "MIG-sup"
SOURCE = "Li et al. 2020, Progressive Learning and Disentanglement of Hierarchical Representations, eq. 11"
INFO = MetricInfo(
    title=TITLE,
    family="information",
    definition="For each active latent, the gap of mutual information between its best and its second-best factor, in "
    "units of the factors' entropies; mean over latents. MIG rewards one latent a factor, this one factor a latent.",
    formula="mean over active j of I(z_j; v_(1)) / H(v_(1)) - I(z_j; v_(2)) / H(v_(2))",
    citation=SOURCE,
    chance="Mean over three shuffles of the rows, same latents: near 0.",
    misses="A factor coded by many latents is not punished, nor one that no latent codes.",
    parity="parity: the authors' code (proVLAE), active = variance of the code above 0.01. corrected: active = carries "
    "information on some factor, whatever its scale.",
    claims=("modular",),
)


class Config(ResampledConfig):
    """Settings of MIG-sup."""

    bins: int = setting(20, "equal-width bins of each latent", unit="bins", source="as in MIG", ge=2, le=10_000)
    active_variance: float = setting(
        0.01, "parity mode: a latent with more variance than this is active", source="Li et al. 2020, code", ge=0
    )


def score(table: CodeTable, rng: np.random.Generator, config: Config, options: EvaluationOptions) -> Score:
    """Return the mean gap over active latents.

    Details: ``active`` and ``all`` (means), ``per_latent``, ``active_latents``.
    """
    if table.factors is None:
        return not_applicable("the images have no labels; MIG-sup compares codes with factors")
    varying = factor_entropies(table.factors) > 0
    if varying.sum() < 2:
        return not_applicable("MIG-sup compares the two best factors and fewer than two vary on these rows")
    factors = table.factors[:, varying]
    binned = bin_codes(table.codes, config.bins)
    active = informative(table, rng) if options.corrected else table.codes.var(axis=0) > config.active_variance

    def gaps(code_rows: NDArray[np.int64], factor_rows: NDArray[np.int64]) -> NDArray[np.float64]:
        drawn = factors[factor_rows]
        entropies = factor_entropies(drawn)
        information = mutual_information(binned[code_rows], drawn, config.bins)
        return top_two_gap(np.divide(information, entropies, out=np.zeros_like(information), where=entropies > 0).T)

    def statistic(code_rows: NDArray[np.int64], factor_rows: NDArray[np.int64]) -> float:
        return float(gaps(code_rows, factor_rows)[active].mean()) if active.any() else 0.0

    rows = np.arange(table.n)
    per_latent = gaps(rows, rows)
    value = float(per_latent[active].mean()) if active.any() else 0.0
    return Score(
        value,
        interval=interval(statistic, value, table.n, rng, config.resamples),
        chance=chance(statistic, table.n, rng),
        details={
            "active": value,
            "all": float(per_latent.mean()),
            "per_latent": per_latent,
            "active_latents": np.flatnonzero(active),
        },
    )
