"""FactorVAE metric without the latents that stand still for several factors."""

import numpy as np
from numpy.typing import NDArray

from training.config import setting
from training.evaluation.estimators.majority_vote import VoteConfig, accuracy, active_latents, draw
from training.evaluation.score import EvaluationOptions, MetricInfo, Score, not_applicable
from training.evaluation.table import CodeTable

TITLE = "FactorVAE, pruned"
SOURCE = "Kim & Mnih 2018, with the modification of the dimensionality thesis, section 6.2"
INFO = MetricInfo(
    title=TITLE,
    family="intervention",
    definition="As the FactorVAE metric, but a latent that stands still for several held factors is taken out before "
    "the vote: it mixes them.",
    formula="FactorVAE over { j : at most one factor k with share of batches won by j >= threshold }",
    citation=SOURCE,
    chance="One over the number of factors that can be held; also the score where no latent is left.",
    misses="The threshold is a choice: it stands in the settings. Where every latent mixes factors none is left, and "
    "the score is chance.",
    parity="No published code is followed. Dead latents go first, as in the FactorVAE metric of the same mode.",
    claims=("modular",),
)


class Config(VoteConfig):
    """Settings of the pruned FactorVAE metric."""

    threshold: float = setting(
        0.25,
        "share of a factor's batches that a latent must win to count as standing still for it; latents that do so for "
        "two factors or more are pruned",
        gt=0,
        le=1,
    )


def mixing(votes: NDArray[np.int64], threshold: float) -> NDArray[np.bool_]:
    """Return latents (d,) that win at least ``threshold`` of the batches of two factors or more.

    Parameters
    ----------
    votes : int64 array of shape (d, factors)
    threshold : float
    """
    per_factor = votes / np.maximum(votes.sum(axis=0), 1)
    return np.asarray((per_factor >= threshold).sum(axis=1) > 1)


def score(table: CodeTable, rng: np.random.Generator, config: Config, options: EvaluationOptions) -> Score:
    """Return accuracy; details as of `factor_vae`, with ``dead`` and ``mixing`` latents told apart."""
    if table.factors is None:
        return not_applicable("the images have no labels; no factor can be held")
    batches = draw(table, config, rng)
    if batches is None:
        return not_applicable("fewer than two factors vary and have two rows or more at every value")
    alive = active_latents(table, config, rng, corrected=options.corrected)
    mixed = mixing(batches.votes(alive)[0], config.threshold) if alive.any() else np.zeros_like(alive)
    value, spread, details = accuracy(batches, alive & ~mixed)
    details |= {"dead": np.flatnonzero(~alive), "mixing": np.flatnonzero(mixed)}
    return Score(value, interval=spread, chance=1 / len(batches.factors), details=details)
