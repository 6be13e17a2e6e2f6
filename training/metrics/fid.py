"""Fréchet inception distance of reconstructions to originals, with weights the user supplies."""

from typing import Literal

import numpy as np

from training.config import FilePath, setting
from training.evaluation.estimators.frechet import FrechetConfig, by_network
from training.evaluation.score import EvaluationOptions, MetricInfo, Score, not_applicable
from training.evaluation.table import CodeTable

TITLE = "FID"
SOURCE = "Heusel et al. 2017, GANs Trained by a Two Time-Scale Update Rule, eq. 6"
INFO = MetricInfo(
    title=TITLE,
    family="image",
    definition="Fréchet distance between reconstructions and their originals on features of the Inception-v3 network "
    "of 2015, at the layer with 64, 192, 768 or 2048 features. Only with the weights file of torch-fidelity.",
    formula="|m - m'|^2 + tr(S + S' - 2 (S^1/2 S' S^1/2)^1/2)",
    citation=SOURCE,
    chance="None; `details.floor` is the distance of two disjoint samples of originals.",
    misses="Inception saw photographs: on sprites its features mean little. Distances of different layers differ "
    "tenfold and those of different numbers of images are biased: both stand in the details.",
    parity="Both modes follow torch-fidelity: greyscale repeated to three channels, TensorFlow 1's bilinear resize to "
    "299 pixels.",
    best=0.0,
    worst=None,
    higher_is_better=False,
)


class Config(FrechetConfig):
    """Settings of FID."""

    weights: FilePath = setting("", "path of weights-inception-2015-12-05-6726825d.pth; without it there is no FID")
    layer: Literal[64, 192, 768, 2048] = setting(2048, "layer, named by its number of features")
    images: int = setting(2_500, "originals, and as many reconstructions; more than features", unit="images", ge=2)


def score(table: CodeTable, rng: np.random.Generator, config: Config, options: EvaluationOptions) -> Score:
    """Return FID; details: ``layer``, ``images``, ``floor`` (real against real)."""
    if not config.weights:
        return not_applicable(
            "no Inception weights were supplied: set fid.weights to torch-fidelity's file, or use fd_pixel, fd_factor"
        )
    if table.pictures is None:
        return not_applicable("needs images and a decoder: arrays of codes alone have neither; use `axiscope evaluate`")
    network = table.pictures.network("inception", path=config.weights, layer=config.layer, threads=options.jobs)
    found = by_network(table, table.pictures, network, config, rng)
    if found.images <= config.layer:
        return not_applicable(
            f"{found.images} images give no covariance of {config.layer} features; take a smaller layer"
        )
    return Score(found.value, interval=found.interval, details={**found.details, "layer": config.layer})
