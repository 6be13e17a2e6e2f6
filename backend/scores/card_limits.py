"""What a model fails at, as its statistics and scores show it."""

from collections.abc import Iterator, Sequence

import numpy as np

from backend.schemas.data import MetricRow
from backend.schemas.models import ModelDetail
from models_zoo.json_types import JsonObject
from models_zoo.manifest import DEAD_KL_NATS, DEAD_VARIANCE, SATURATED_SIGMA, WEAK_KL_NATS, LatentState

HELD_SHARE = 0.1
"""Share of a factor's entropy below which no latent is said to hold the factor; a choice of ours."""
HELD_CORRELATION = 0.3
"""Absolute Pearson correlation that takes its place without MIG, and above which a second factor is a mixture."""
STATES: dict[LatentState, str] = {
    "dead": f"dead, with a KL of at most {DEAD_KL_NATS} nats and a variance of at most {DEAD_VARIANCE}: no information",
    "weak": f"weak, with a KL below {WEAK_KL_NATS} nats: little information, the posterior is mostly the prior",
    "saturated": f"saturated, with a mean posterior deviation below {SATURATED_SIGMA}: its codes have almost no noise, "
    "so points between them may be unlike all that the decoder was trained on",
}
"""What each state but `active` means where the latent is used."""


def limits_of(model: ModelDetail, scores: Sequence[MetricRow], metrics: JsonObject) -> list[str]:
    """Return the limits of a model, one sentence each.

    Parameters
    ----------
    model : ModelDetail
    scores : sequence of MetricRow
        Current results on the data set, with details.
    metrics : dict
        Descriptions of the metrics, see `backend.catalog.plugins.metrics`.
    """
    if model.statistics_of == "own samples":
        origin = "The model names no data set: statistics are of images that it decoded from the prior, no factor of "
        return [origin + "variation is known, and nothing was measured on images.", *_states(model)]
    return [*_states(model), *_factors(model, scores), *_mixtures(model), *_chance(scores, metrics)]


def _names(latents: Sequence[int]) -> str:
    return ", ".join(f"z{latent}" for latent in latents)


def _states(model: ModelDetail) -> Iterator[str]:
    for state, meaning in STATES.items():
        found = [number for number, each in enumerate(model.statistics) if each.state == state]
        if found:
            yield f"{_names(found)}: {meaning}."


def _factors(model: ModelDetail, scores: Sequence[MetricRow]) -> Iterator[str]:
    """Yield the factors that no single latent holds, by mutual information, or by correlation where MIG is missing."""
    mig = next((row.details for row in scores if row.metric == "mig" and row.details), {})
    information, entropy = np.array(mig.get("mutual_information", ())), np.array(mig.get("entropy", ()))
    if model.factor_names and information.shape == (model.latents, len(model.factor_names)):
        shares = np.divide(information, entropy, out=np.zeros_like(information), where=entropy > 0)
        for factor, share in zip(model.factor_names, shares.T, strict=True):
            if share.max() < HELD_SHARE:
                yield (
                    f"{factor}: no latent holds it; z{share.argmax()} has the most information on it, "
                    f"{share.max():.1%} of its entropy (measured with MIG; the bound is {HELD_SHARE:.0%})."
                )
        return
    live = [each for each in model.statistics if each.state != "dead"]
    for factor in model.factor_names:
        largest = max((abs(each.correlations.get(factor, 0.0)) for each in live), default=0.0)
        if largest < HELD_CORRELATION:
            yield (
                f"{factor}: no latent follows it; the largest correlation is {largest:.2f} (Pearson, the bound is "
                f"{HELD_CORRELATION}; MIG, which also measures curved relations, was not computed)."
            )


def _mixtures(model: ModelDetail) -> Iterator[str]:
    for number, each in enumerate(model.statistics):
        by_size = sorted(each.correlations.items(), key=lambda item: -abs(item[1]))[:2]
        if each.state != "dead" and len(by_size) == 2 and abs(by_size[1][1]) >= HELD_CORRELATION:
            (first, one), (second, other) = by_size
            yield f"z{number} mixes factors: it correlates with {first} ({one:+.2f}) and with {second} ({other:+.2f})."


def _chance(scores: Sequence[MetricRow], metrics: JsonObject) -> Iterator[str]:
    for row in scores:
        info = metrics.get(row.metric, {}).get("info")
        if row.value is None or row.chance is None or info is None or info["family"] == "unsupervised":
            continue  # of an unsupervised measure, independent latents by chance are the best value
        low, high = row.interval or (row.value, row.value)
        if (low <= row.chance) if info["higher_is_better"] else (high >= row.chance):
            yield f"{info['title']} is not better than chance: {row.value:.3g}, chance {row.chance:.3g}."
