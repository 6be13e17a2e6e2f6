"""Fréchet distance of reconstructions to originals on features of a network that reads the factors."""

import numpy as np

from training.config import setting
from training.evaluation.estimators.frechet import FrechetConfig, by_network
from training.evaluation.score import EvaluationOptions, MetricInfo, Score, not_applicable
from training.evaluation.table import CodeTable

TITLE = "FD-factor"
SOURCE = "Heusel et al. 2017 (distance on network features), with a small network trained on the factors"
INFO = MetricInfo(
    title=TITLE,
    family="image",
    definition="Fréchet distance between reconstructions and their originals on 64 features of a small convolutional "
    "network that was trained on this data set to name the factors. Not FID: the network is not Inception.",
    formula="|m - m'|^2 + tr(S + S' - 2 (S^1/2 S' S^1/2)^1/2)",
    citation=SOURCE,
    chance="The trace of the covariance: the distance of features that never change.",
    misses="Nearly blind to blur and noise, which do not change the factors: read it beside FD-pixel. Its unit is the "
    "network's, so compare within one data set and network only; `details.floor` is real against real.",
    parity="Both modes are the definition; no published code is followed.",
    tolerance=0.2,
    best=0.0,
    worst=None,
    higher_is_better=False,
)


class Config(FrechetConfig):
    """Settings of FD-factor."""

    steps: int = setting(
        500, "training steps of the network, once per data set", unit="steps", scales_with_steps=False, ge=1, le=100_000
    )
    network_seed: int = setting(0, "seed of the network: distances of different networks cannot be compared", ge=0)


def score(table: CodeTable, rng: np.random.Generator, config: Config, options: EvaluationOptions) -> Score:
    """Return the distance.

    Details: ``floor`` (real against real), ``relative``, ``accuracy`` of the network per factor.
    """
    if table.pictures is None:
        return not_applicable("needs images and a decoder: arrays of codes alone have neither; use `axiscope evaluate`")
    if table.factors is None:
        return not_applicable("the images have no labels to train the network on")
    network = table.pictures.network("factor", steps=config.steps, seed=config.network_seed, threads=options.jobs)
    found = by_network(table, table.pictures, network, config, rng)
    details = {**found.details, "data": table.pictures.title, "accuracy": getattr(network, "accuracy", None)}
    return Score(found.value, interval=found.interval, chance=found.trace, details=details)
