"""Reconstruction: likelihood, squared error, KL and its parts, ELBO."""

import numpy as np
from numpy.typing import NDArray

from training.config import Config as BaseConfig
from training.config import setting
from training.evaluation.estimators.resampling import NORMAL_95
from training.evaluation.estimators.total_correlation import kl_parts
from training.evaluation.score import EvaluationOptions, MetricInfo, Score, not_applicable
from training.evaluation.table import CodeTable, split_rows

TITLE = "Reconstruction"
SOURCE = "Kingma & Welling 2014, eq. 3; parts of the KL: Chen et al. 2018, eq. 2"
INFO = MetricInfo(
    title=TITLE,
    family="image",
    definition="Bernoulli negative log-likelihood of held-out images under decoded posterior samples, nats per image; "
    "beside it squared error, KL with its parts, and ELBO.",
    formula="-mean_x sum_pixels x log p + (1 - x) log(1 - p), p = decoder(z), z ~ q(z|x)",
    citation=SOURCE,
    chance="None: no code is without information on the image. `details.floor` is the other end.",
    misses="Does not measure the axes: an autoencoder with entangled latents reconstructs best. For grey values the "
    "Bernoulli likelihood is above 0 even for perfect pixels: `details.floor`.",
    parity="Both modes are the definition; no published code is followed.",
    best=0.0,
    worst=None,
    higher_is_better=False,
    unit="nats per image",
)
BATCH = 64
FLOOR = 1e-7


class Config(BaseConfig):
    """Settings of the reconstruction terms."""

    images: int = setting(1_000, "held-out images that are decoded", unit="images", ge=2)
    tc_images: int = setting(
        1_000,
        "images that stand for the data set in the estimate of the total correlation",
        unit="images",
        ge=2,
        le=20_000,
    )


def bernoulli(target: NDArray[np.float64], probability: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the negative log-likelihood of each image (n,), nats; probabilities are clipped to [1e-7, 1 - 1e-7]."""
    p = probability.clip(FLOOR, 1 - FLOOR)
    return np.asarray(-(target * np.log(p) + (1 - target) * np.log1p(-p)).sum(axis=(1, 2, 3)))


def score(table: CodeTable, rng: np.random.Generator, config: Config, options: EvaluationOptions) -> Score:  # noqa: ARG001
    """Return nats per image.

    Details: ``squared_error``, ``kl``, ``elbo``, ``total_correlation`` and the other parts.
    """
    if table.pictures is None:
        return not_applicable("needs images and a decoder: arrays of codes alone have neither; use `axiscope evaluate`")
    rows = split_rows(table, rng, in_order=True)[1][: config.images]
    mean = table.codes[rows]
    logvar = np.full_like(mean, -np.inf) if table.logvar is None else table.logvar[rows]
    latents = mean + np.exp(0.5 * logvar) * rng.standard_normal(mean.shape)
    nll, squared, floor = np.empty(len(rows)), np.empty(len(rows)), np.empty(len(rows))
    for start in range(0, len(rows), BATCH):
        batch = slice(start, start + BATCH)
        target = table.pictures.originals(rows[batch]) / 255.0
        decoded = table.pictures.decode(latents[batch]).astype(np.float64)
        nll[batch] = bernoulli(target, decoded)
        floor[batch] = bernoulli(target, target)
        squared[batch] = ((decoded - target) ** 2).sum(axis=(1, 2, 3))
    value = float(nll.mean())
    half = NORMAL_95 * float(nll.std(ddof=1)) / np.sqrt(len(rows))
    details: dict[str, object] = {
        "squared_error": float(squared.mean()),
        "floor": float(floor.mean()),
        "images": len(rows),
    }
    if table.logvar is not None and table.kl is not None:
        kl = float(table.kl.sum())
        some = rng.permutation(table.n)[: config.tc_images]
        parts = kl_parts(table.codes[some], table.logvar[some], rng)
        details |= {"kl": kl, "elbo": -(value + kl), "kl_per_latent": table.kl, "tc_images": len(some), **vars(parts)}
    return Score(value, interval=(value - half, value + half), details=details)
