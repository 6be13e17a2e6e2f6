"""The metric of the FactorVAE paper: the latent that stands still names the factor that was held."""

import numpy as np

from training.evaluation.estimators.majority_vote import VoteConfig, accuracy, active_latents, draw
from training.evaluation.score import EvaluationOptions, MetricInfo, Score, not_applicable
from training.evaluation.table import CodeTable

TITLE = "FactorVAE"
SOURCE = "Kim & Mnih 2018, Disentangling by Factorising, section 3"
INFO = MetricInfo(
    title=TITLE,
    family="intervention",
    definition="In batches of 64 images one factor is held. The latent with the lowest variance, relative to its "
    "global one, votes; each latent names the factor it voted for most; accuracy on fresh batches.",
    formula="share of batches whose argmin_j Var_batch(z_j) / Var(z_j) names the held factor",
    citation=SOURCE,
    chance="One over the number of factors that can be held: a guess among them.",
    misses="Latents that never win a vote are ignored, and so are leaks into them; a factor "
    "spread over two latents is not punished.",
    parity="parity equals disentanglement_lib's factor_vae_score with latents of standard deviation below 0.05 pruned. "
    "corrected prunes latents that are constant or carry no information, whatever their scale. Never does a constant "
    "latent win by 0/0.",
    claims=("modular",),
)


class Config(VoteConfig):
    """Settings of the FactorVAE metric."""


def score(table: CodeTable, rng: np.random.Generator, config: Config, options: EvaluationOptions) -> Score:
    """Return accuracy.

    Details: ``pruned`` latents, ``votes`` (d, factors) of training, ``named`` factor of each latent.
    """
    if table.factors is None:
        return not_applicable("the images have no labels; no factor can be held")
    batches = draw(table, config, rng)
    if batches is None:
        return not_applicable("fewer than two factors vary and have two rows or more at every value")
    value, spread, details = accuracy(batches, active_latents(table, config, rng, corrected=options.corrected))
    return Score(value, interval=spread, chance=1 / len(batches.factors), details=details)
