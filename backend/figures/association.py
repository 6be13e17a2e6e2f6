"""Strength of the association of latents and factors: Pearson, or the measure that suits the kind of the factor."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from training.evaluation.estimators.correlation import pearson

Floats = NDArray[np.float64]


def correlation_ratio(codes: Floats, classes: NDArray[np.int64]) -> Floats:
    """Return the correlation ratio eta of each latent over the classes: sqrt(between / total variance).

    Parameters
    ----------
    codes : float64 array of shape (n, latents)
    classes : int64 array of shape (n,)
        Their order does not matter.

    Returns
    -------
    float64 array of shape (latents,)
        In [0, 1]; 0 for a constant latent.
    """
    _, group, count = np.unique(classes, return_inverse=True, return_counts=True)
    sums = np.zeros((len(count), codes.shape[1]))
    np.add.at(sums, group, codes)
    centre = codes.mean(0)
    between = (count[:, None] * (sums / count[:, None] - centre) ** 2).sum(0)
    total = ((codes - centre) ** 2).sum(0)
    share = np.divide(between, total, out=np.zeros_like(total), where=total > 1e-12)
    return np.asarray(np.sqrt(share.clip(0, 1)))


def circular_correlation(codes: Floats, classes: NDArray[np.int64], size: int) -> Floats:
    """Return the multiple correlation of each latent with cosine and sine of an angle (Mardia 1976, circular-linear).

    Parameters
    ----------
    codes : float64 array of shape (n, latents)
    classes : int64 array of shape (n,)
        Class of a cyclic factor of ``size`` equally spaced angles.

    Returns
    -------
    float64 array of shape (latents,)
        In [0, 1].
    """
    angles = 2 * np.pi * classes / size
    axes = np.stack([np.cos(angles), np.sin(angles)], 1)
    cosine, sine = pearson(codes, axes).T
    both = float(pearson(axes[:, :1], axes[:, 1:])[0, 0])
    if abs(both) > 1 - 1e-9:
        return np.asarray(np.maximum(np.abs(cosine), np.abs(sine)))
    squared = (cosine**2 + sine**2 - 2 * cosine * sine * both) / (1 - both**2)
    return np.asarray(np.sqrt(squared.clip(0, 1)))


def by_kind(
    codes: NDArray[np.float32], labels: NDArray[np.int64], sizes: Sequence[int], kinds: Sequence[str]
) -> Floats:
    """Return the association of latents and factors, each factor by the measure of its kind.

    Parameters
    ----------
    codes : float32 array of shape (n, latents)
    labels : int64 array of shape (n, factors)
        Classes; an image whose class is -1 is left out for that factor.
    sizes : sequence of int
        Classes of each factor.
    kinds : sequence of str
        ``categorical``: correlation ratio; ``cyclic``: circular-linear correlation; else absolute Pearson.

    Returns
    -------
    float64 array of shape (latents, factors)
    """
    columns = []
    for classes, size, kind in zip(labels.T, sizes, kinds, strict=True):
        known = classes >= 0
        if known.sum() < 2:
            columns.append(np.zeros(codes.shape[1]))
            continue
        rows = codes[known].astype(np.float64)
        if kind == "categorical":
            columns.append(correlation_ratio(rows, classes[known]))
        elif kind == "cyclic":
            columns.append(circular_correlation(rows, classes[known], size))
        else:
            columns.append(np.abs(pearson(rows, classes[known, None].astype(np.float64)))[:, 0])
    return np.stack(columns, 1)


def diagonal_order(matrix: Floats) -> list[int]:
    """Return the order of latents that brings large values to the diagonal.

    Each factor in turn takes the strongest latent that is still free; the others follow by their largest value.

    Parameters
    ----------
    matrix : float64 array of shape (latents, factors)
    """
    strength = np.abs(matrix)
    order: list[int] = []
    for column in strength.T[: len(strength)]:
        free = [latent for latent in range(len(strength)) if latent not in order]
        order.append(max(free, key=lambda latent: column[latent]))
    rest = [latent for latent in range(len(strength)) if latent not in order]
    return [*order, *sorted(rest, key=lambda latent: -strength[latent].max())]
