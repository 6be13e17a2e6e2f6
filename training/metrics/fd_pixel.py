"""Fréchet distance of reconstructions to originals on principal components of the pixels."""

import numpy as np
from sklearn.decomposition import PCA

from training.config import setting
from training.evaluation.estimators.frechet import FrechetConfig, compare, reconstructions, shrunk, two_samples
from training.evaluation.score import EvaluationOptions, MetricInfo, Score, not_applicable
from training.evaluation.table import CodeTable

TITLE = "FD-pixel"
SOURCE = "Dowson & Landau 1982 (distance of Gaussians); principal components of the pixels"
INFO = MetricInfo(
    title=TITLE,
    family="image",
    definition="Fréchet distance between reconstructions and their originals on the first 64 principal components of "
    "the pixels, in grey levels from 0 to 1. Not FID: no network is involved.",
    formula="|m - m'|^2 + tr(S + S' - 2 (S^1/2 S' S^1/2)^1/2)",
    citation=SOURCE,
    chance="The trace of the covariance: the distance of a model that always draws the mean image.",
    misses="Second moments of few components: fine detail beyond them goes unseen. Compare with `details.floor`, the "
    "distance of two disjoint samples of originals, and only within one data set.",
    parity="Both modes are the definition; no published code is followed.",
    best=0.0,
    worst=None,
    higher_is_better=False,
)
MAX_SIDE = 64


class Config(FrechetConfig):
    """Settings of FD-pixel."""

    components: int = setting(64, "principal components of the pixels", ge=1, le=4096)


def score(table: CodeTable, rng: np.random.Generator, config: Config, options: EvaluationOptions) -> Score:  # noqa: ARG001
    """Return the distance.

    Details: ``floor`` (real against real), ``relative`` to the trace; chance is a constant image.
    """
    pictures = table.pictures
    if pictures is None:
        return not_applicable("needs images and a decoder: arrays of codes alone have neither; use `axiscope evaluate`")
    rows, others = two_samples(table, config.images, rng)
    if len(rows) < 3:
        return not_applicable(f"{len(rows)} images are too few for a covariance")
    sets = [
        shrunk(images, MAX_SIDE).reshape(len(images), -1) / np.float32(255)
        for images in (pictures.originals(rows), reconstructions(table, pictures, rows), pictures.originals(others))
    ]
    components = min(config.components, len(rows) - 1, sets[0].shape[1])
    axes = PCA(components, svd_solver="randomized", random_state=int(rng.integers(2**31))).fit(sets[2])
    projected = [axes.transform(images).astype(np.float64) for images in sets]
    found = compare(projected[0], projected[1], projected[2], rng, config.resamples)
    explained = float(axes.explained_variance_ratio_.sum())
    return Score(
        found.value,
        interval=found.interval,
        chance=found.trace,
        details={**found.details, "explained_variance": explained, "data": pictures.title},
    )
