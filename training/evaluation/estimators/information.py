"""Mutual information of binned codes and factor classes, by counting.

Equals scikit-learn's ``mutual_info_score`` on ``numpy.digitize``d codes, which disentanglement_lib
calls once per pair, to the last digits; here one ``bincount`` counts all pairs of a factor.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def bin_codes(codes: Floats, n_bins: int) -> Ints:
    """Equal-width bins of each latent over its own range.

    Parameters
    ----------
    codes : float64 array of shape (n, d)
    n_bins : int

    Returns
    -------
    int64 array of shape (n, d) in [0, n_bins)
        As ``digitize(z, histogram(z, n_bins)[1][:-1]) - 1``, edges included; a constant latent is one bin.
    """
    binned = np.empty(codes.shape, dtype=np.int64)
    for latent, column in enumerate(codes.T):
        low, high = column.min(), column.max()
        if low == high:
            binned[:, latent] = n_bins // 2
            continue
        edges = np.linspace(low, high, n_bins + 1)
        guess = np.clip(((column - low) * (n_bins / (high - low))).astype(np.int64), 0, n_bins - 1)
        guess -= column < edges[guess]
        guess += (column >= edges[guess + 1]) & (guess < n_bins - 1)
        binned[:, latent] = guess
    return binned


def entropy(counts: NDArray[np.integer]) -> float:
    """Entropy in nats of a histogram."""
    positive = counts[counts > 0]
    shares = positive / positive.sum()
    return float(max(0.0, -np.sum(shares * np.log(shares))))


def numbered(classes: Ints) -> Ints:
    """Classes (n,) counted from 0 without holes where the largest of them would cost more cells than rows."""
    if len(classes) and classes.max() >= len(classes):
        return np.unique(classes, return_inverse=True)[1]
    return classes


def factor_entropies(factors: Ints) -> Floats:
    """Entropy in nats of each factor's classes: (k,)."""
    return np.array([entropy(np.bincount(numbered(column))) for column in factors.T])


def from_counts(joint: NDArray[np.integer]) -> Floats:
    """Mutual information in nats of joint histograms (d, bins, classes): (d,)."""
    shares = joint / joint.sum(axis=(1, 2), keepdims=True)
    product = shares.sum(axis=2, keepdims=True) * shares.sum(axis=1, keepdims=True)
    ratio = np.divide(shares, product, out=np.ones_like(shares), where=shares > 0)
    information = np.sum(shares * np.log(ratio), axis=(1, 2))
    information[np.abs(information) < np.finfo(np.float64).eps] = 0.0
    return np.asarray(np.maximum(information, 0.0))


def joint_counts(binned: Ints, classes: Ints, n_bins: int, size: int) -> Ints:
    """Joint histograms of every latent's bin and one factor's class.

    Parameters
    ----------
    binned : int64 array of shape (n, d) in [0, n_bins)
    classes : int64 array of shape (n,) in [0, size)

    Returns
    -------
    int64 array of shape (d, n_bins, size)
    """
    d = binned.shape[1]
    cell = binned * size + classes[:, None] + np.arange(d) * (n_bins * size)
    counts = np.bincount(cell.ravel(), minlength=d * n_bins * size)
    return counts.reshape(d, n_bins, size)


def mutual_information(binned: Ints, factors: Ints, n_bins: int) -> Floats:
    """I(z_j; v_k) in nats of every latent and factor: (d, k)."""
    columns = [
        from_counts(joint_counts(binned, classes, n_bins, int(classes.max()) + 1))
        for classes in map(numbered, factors.T)
    ]
    return np.stack(columns, axis=1)
