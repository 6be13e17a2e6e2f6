"""Mutual information gap."""

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from training.config import setting
from training.evaluation.estimators.information import bin_codes, factor_entropies, mutual_information
from training.evaluation.estimators.resampling import chance, interval, top_two_gap
from training.evaluation.score import EvaluationOptions, MetricInfo, ResampledConfig, Score, not_applicable
from training.evaluation.table import CodeTable

TITLE = "MIG"
SOURCE = "Chen et al. 2018, Isolating Sources of Disentanglement in VAEs, eq. 6"
INFO = MetricInfo(
    title=TITLE,
    family="information",
    definition="For each factor, the gap of mutual information between the best and the second-best latent, in units "
    "of the factor's entropy; mean over factors. Codes in equal-width bins, factors as they are.",
    formula="(1/K) sum_k (I(z_(1); v_k) - I(z_(2); v_k)) / H(v_k)",
    citation=SOURCE,
    chance="Mean over three shuffles of the rows: near 0.",
    misses="A latent that carries two factors at once is not punished. With fewer bins than a factor has values even "
    "the perfect code stays below 1: `details.bound` is its score here.",
    parity="Both modes equal disentanglement_lib's discrete_mig; a constant factor is left out instead of giving NaN.",
    claims=("compact",),
)


class Config(ResampledConfig):
    """Settings of MIG."""

    bins: Annotated[int, Field(ge=2, le=10_000)] | Literal["auto"] = setting(
        20,
        "equal-width bins of each latent; auto takes as many as the largest factor has values, at least 20",
        unit="bins",
        source="Locatello et al. 2019, supplement",
    )


def n_bins(bins: int | Literal["auto"], factors: NDArray[np.int64]) -> int:
    """Return the number of bins that the setting means for these factors."""
    if bins != "auto":
        return bins
    return max(20, *(len(np.unique(column)) for column in factors.T))


def gaps(information: NDArray[np.float64], entropies: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the gap of each factor that varies, in units of its entropy.

    Parameters
    ----------
    information : float64 array of shape (d, k), nats
    entropies : float64 array of shape (k,), nats
    """
    varying = entropies > 0
    return top_two_gap(information[:, varying]) / entropies[varying]


def score(table: CodeTable, rng: np.random.Generator, config: Config, options: EvaluationOptions) -> Score:  # noqa: ARG001
    """Return the mutual information gap.

    Details: ``mutual_information`` (d, k), ``entropy`` (k), ``per_factor``, ``bound``.
    """
    if table.factors is None:
        return not_applicable("the images have no labels; MIG compares codes with factors")
    factors = table.factors
    entropies = factor_entropies(factors)
    if not (entropies > 0).any():
        return not_applicable("every factor has one value on these rows")
    bins = n_bins(config.bins, factors)
    binned = bin_codes(table.codes, bins)
    information = mutual_information(binned, factors, bins)
    details = {"mutual_information": information, "entropy": entropies, "bins": bins}
    if table.n_latents < 2:
        return not_applicable("MIG compares the two best latents and there is one", **details)

    def statistic(code_rows: NDArray[np.int64], factor_rows: NDArray[np.int64]) -> float:
        drawn = factors[factor_rows]
        entropies_drawn = factor_entropies(drawn)
        if not (entropies_drawn > 0).any():
            return 0.0
        return float(np.mean(gaps(mutual_information(binned[code_rows], drawn, bins), entropies_drawn)))

    per_factor = gaps(information, entropies)
    value = float(np.mean(per_factor))
    varying = factors[:, entropies > 0]
    if varying.shape[1] > 1:
        perfect = mutual_information(bin_codes(varying.astype(np.float64), bins), varying, bins)
        details["bound"] = float(np.mean(gaps(perfect, entropies[entropies > 0])))
    spread = np.zeros(table.n_factors)
    spread[entropies > 0] = per_factor
    return Score(
        value,
        interval=interval(statistic, value, table.n, rng, config.resamples),
        chance=chance(statistic, table.n, rng),
        details={**details, "per_factor": spread},
    )
