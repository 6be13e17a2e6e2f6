"""Parts of the KL of a VAE's aggregate posterior, from the density of every point under every posterior."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from training.evaluation.estimators.jit import kernel

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


@dataclass(frozen=True)
class Dependence:
    """Total correlation of the aggregate posterior, with its error; nats."""

    total_correlation: float
    """Halfway between the bounds."""
    bounds: tuple[float, float]
    """In expectation the true value lies between these two; they part where I(x; z) exceeds log n."""
    standard_error: float
    """Of either bound, from the points and the rows."""
    gaussian: float
    """Total correlation of a Gaussian with the covariance of q(z)."""
    index_code: float
    """I(x; z), halfway between its bounds."""
    per_latent: Floats
    """I(x; z_d) of each latent (d,)."""


def dependence(mean: Floats, logvar: Floats, n_components: int, n_points: int, rng: np.random.Generator) -> Dependence:
    """Estimate ``TC = E_q(z)[log q(z) - sum_d log q(z_d)]`` of ``q(z) = E_x[q(z|x)]`` by a mixture of posteriors.

    The density at a point drawn from the posterior of row ``i`` is estimated twice from ``n`` rows: with row
    ``i``'s own posterior among the ``n``, and without it. With it the expected log density is too high, without
    it too low (Poole et al. 2019, section 2.5: the two bounds of I(x; z) for a known q(z|x)). Expanding the
    logarithm to first order, with ``C = E[q(z|x) / q(z)]`` over pairs, the errors are ``+(C - 1) / 2n`` and
    ``-(C - 1) / 2n``: halfway between they cancel, and what is left is of second order.

    The mean over points is steadied by a control variate: the same log ratio of a Gaussian with the covariance of
    q(z), which is known from all rows.

    Parameters
    ----------
    mean, logvar : float64 arrays of shape (rows, d)
        Posteriors of images drawn at random.
    n_components : int
        Rows ``n`` that make up the mixture.
    n_points : int
        Points at which it is compared, from as many of those rows.
    rng : Generator
        Chooses the rows and draws one latent point from each posterior.
    """
    chosen = rng.permutation(len(mean))[:n_components]
    n, n_points = len(chosen), min(n_points, len(chosen))
    points = mean + np.exp(0.5 * logvar) * rng.standard_normal(mean.shape)
    ratio, gaussian = _gaussian_log_ratio(points, mean, logvar)
    own = chosen[:n_points]
    with_own, without_own = _log_densities(points[own], mean[chosen], np.exp(-logvar[chosen]), logvar[chosen])
    with_own -= np.log(n)
    without_own -= np.log(n - 1)
    low = without_own[:, -1] - with_own[:, :-1].sum(axis=1)
    high = with_own[:, -1] - without_own[:, :-1].sum(axis=1)
    middle = 0.5 * (with_own + without_own)
    rest = 0.5 * (low + high) - ratio[own]
    conditional = _log_normal(points[own], mean[own], np.exp(-logvar[own]), logvar[own])
    low_mean, high_mean = (float(np.mean(bound - ratio[own])) + gaussian for bound in (low, high))
    return Dependence(
        total_correlation=0.5 * (low_mean + high_mean),
        bounds=(min(low_mean, high_mean), max(low_mean, high_mean)),
        standard_error=float(np.sqrt(rest.var(ddof=1) / n_points + ratio.var(ddof=1) / len(mean))),
        gaussian=gaussian,
        index_code=float(np.mean(conditional.sum(axis=1) - middle[:, -1])),
        per_latent=(conditional - middle[:, :-1]).mean(axis=0),
    )


def _gaussian_log_ratio(points: Floats, mean: Floats, logvar: Floats) -> tuple[Floats, float]:
    """Return ``log q(z) - sum_d log q(z_d)`` at ``points`` for a Gaussian with the covariance of q(z), and its mean."""
    covariance = np.atleast_2d(np.cov(mean, rowvar=False)) + np.diag(np.exp(logvar).mean(axis=0))
    deviation = np.sqrt(np.diag(covariance))
    values, vectors = np.linalg.eigh(covariance / np.outer(deviation, deviation))
    values = np.maximum(values, np.finfo(float).eps)
    scaled = (points - mean.mean(axis=0)) / deviation
    log_determinant = float(np.log(values).sum())
    squares = ((scaled @ vectors) ** 2 / values).sum(axis=1) - (scaled**2).sum(axis=1)
    return -0.5 * (squares + log_determinant), -0.5 * log_determinant


@kernel
def _log_densities(points: Floats, mean: Floats, precision: Floats, logvar: Floats) -> tuple[Floats, Floats]:
    """Return the log of the summed posterior densities of each latent, then of all, at ``points``: (points, d + 1).

    Point ``i`` was drawn from posterior ``i``; the second array leaves that one out.
    """
    n_points, d = points.shape
    n = mean.shape[0]
    with_own, without_own = np.empty((n_points, d + 1)), np.empty((n_points, d + 1))
    density = np.empty((d + 1, n))
    for i in range(n_points):
        density[d] = 0.0
        for k in range(d):
            for j in range(n):
                term = -0.5 * ((points[i, k] - mean[j, k]) ** 2 * precision[j, k] + logvar[j, k] + LOG_2PI)
                density[k, j] = term
                density[d, j] += term
        for k in range(d + 1):
            own = density[k, i]
            density[k, i] = -np.inf
            top = density[k].max()
            total = 0.0
            for j in range(n):
                total += np.exp(density[k, j] - top)
            without_own[i, k] = top + np.log(total)
            with_own[i, k] = np.logaddexp(without_own[i, k], own)
    return with_own, without_own
