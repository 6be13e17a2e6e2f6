"""Mutual information of a continuous latent and a discrete factor, by nearest neighbours.

Equals scikit-learn's ``mutual_info_classif`` but for the jitter that breaks ties; a sorted column takes the place
of a tree, so that one pass of numpy serves all rows of a class.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma

from training.evaluation.estimators.correlation import is_constant, standardised

Floats = NDArray[np.float64]
Classes = NDArray[np.int64]
JITTER = 1e-10
"""Standard deviation of the noise that separates equal codes, in standard deviations of the latent."""


def neighbour_radius(values: Floats, k: int) -> Floats:
    """Return the distance (n,) of each value to its k-th nearest neighbour.

    Parameters
    ----------
    values : float64 array of shape (n,), ascending
    k : int
        From 1 to n - 1.
    """
    padded = np.concatenate([np.full(k, -np.inf), values, np.full(k, np.inf)])
    n = len(values)
    radius = np.full(n, np.inf)
    for first in range(k + 1):  # the k + 1 windows of k + 1 values that hold a value
        last = first + k
        np.minimum(radius, np.maximum(values - padded[first : first + n], padded[last : last + n] - values), out=radius)
    return radius


def information(column: Floats, classes: Classes, k: int) -> float:
    """Return the estimate of I(z; v) in nats (Ross 2014, eq. 2), at least 0.

    Parameters
    ----------
    column : float64 array of shape (n,), no two values equal
    classes : int64 array of shape (n,)
        Counted from 0. Rows of a class with one row are left out.
    k : int
        Neighbours within the class; one less than its rows where it has fewer.
    """
    counts = np.bincount(classes)
    kept = counts[classes] > 1
    if not kept.any():
        return 0.0
    column, classes = column[kept], classes[kept]
    ascending = np.sort(column)
    rounding = 4 * np.spacing(np.abs(column).max())
    neighbours, within = 0.0, 0.0
    for value in np.flatnonzero(counts > 1):
        rows = np.sort(column[classes == value])
        nearest = min(k, len(rows) - 1)
        radius = np.maximum(neighbour_radius(rows, nearest) - rounding, 0)  # the k-th itself does not count
        found = np.searchsorted(ascending, rows + radius, "right") - np.searchsorted(ascending, rows - radius, "left")
        neighbours += len(rows) * (digamma(nearest) - digamma(len(rows)))
        within += digamma(found).sum()
    return max(0.0, float(digamma(len(column)) + (neighbours - within) / len(column)))


def information_matrix(codes: Floats, factors: Classes, k: int, rng: np.random.Generator) -> Floats:
    """Return I(z_j; v_k) in nats of every latent and factor, (d, k); 0 for a constant latent.

    Parameters
    ----------
    codes : float64 array of shape (n, d)
    factors : int64 array of shape (n, k)
        Classes counted from 0.
    k : int
        Neighbours, as in `information`.
    rng : numpy.random.Generator
        Draws the jitter of equal codes.
    """
    constant = is_constant(codes)
    separated = standardised(codes)
    separated = separated + JITTER * rng.standard_normal(separated.shape)
    matrix = np.zeros((codes.shape[1], factors.shape[1]))
    for latent in np.flatnonzero(~constant):
        for factor, classes in enumerate(factors.T):
            matrix[latent, factor] = information(separated[:, latent], classes, k)
    return matrix
