"""Parts of the KL of a VAE's aggregate posterior, by comparing every point with every posterior."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

Floats = NDArray[np.float64]
LOG_2PI = float(np.log(2 * np.pi))


@dataclass(frozen=True)
class KlParts:
    """Decomposition of the mean KL (Chen et al. 2018, eq. 2), nats per image."""

    index_code: float
    """I(x; z) under the empirical posterior; at most log n."""
    total_correlation: float
    """KL(q(z) || prod_j q(z_j)): 0 for independent latents."""
    dimension_wise: float
    """sum_j KL(q(z_j) || N(0, 1))."""


def kl_parts(mean: Floats, logvar: Floats, rng: np.random.Generator, block: int = 128) -> KlParts:
    """Estimate the three parts from the posteriors of n images, themselves taken as the whole data set.

    Parameters
    ----------
    mean, logvar : float64 arrays of shape (n, d)
    rng : Generator
        Draws one latent point from each posterior.
    block : int
        Points compared at a time; memory is block * n * d * 8 bytes.
    """
    n, _ = mean.shape
    points = mean + np.exp(0.5 * logvar) * rng.standard_normal(mean.shape)
    precision = np.exp(-logvar)
    own = _log_normal(points, mean, precision, logvar).sum(axis=1)
    prior = (-0.5 * (points**2 + LOG_2PI)).sum(axis=1)
    joint, product = np.empty(n), np.empty(n)
    for start in range(0, n, block):
        rows = slice(start, start + block)
        density = _log_normal(points[rows, None], mean[None], precision[None], logvar[None])
        joint[rows] = logsumexp(density.sum(axis=2), axis=1) - np.log(n)
        product[rows] = (logsumexp(density, axis=1) - np.log(n)).sum(axis=1)
    return KlParts(float(np.mean(own - joint)), float(np.mean(joint - product)), float(np.mean(product - prior)))


def _log_normal(points: Floats, mean: Floats, precision: Floats, logvar: Floats) -> Floats:
    return -0.5 * ((points - mean) ** 2 * precision + logvar + LOG_2PI)
