"""Disentanglement and completeness of an importance matrix (Eastwood & Williams 2018, eq. 3-4)."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
OFFSET = 1e-11
"""Added to every importance before its share is taken, as disentanglement_lib does, so that zeros have a logarithm."""


def _one_minus_entropy(rows: Floats) -> Floats:
    shares = rows + OFFSET
    shares = shares / shares.sum(axis=1, keepdims=True)
    return np.asarray(1 + (shares * np.log(shares)).sum(axis=1) / np.log(rows.shape[1]))


def per_code(importance: Floats) -> Floats:
    """Return disentanglement (d,) of each latent from importances (d, k), k at least 2: 1 if it serves one factor."""
    return _one_minus_entropy(importance)


def per_factor(importance: Floats) -> Floats:
    """Return completeness (k,) of each factor from importances (d, k), d of at least 2: 1 if one latent serves it."""
    return _one_minus_entropy(importance.T)


def _weighted(values: Floats, weights: Floats) -> float:
    total = weights.sum()
    return float(values @ weights / total) if total > 0 else 0.0


def disentanglement(importance: Floats) -> float:
    """Return the mean over latents, weighted by their importance; 0 where nothing is important."""
    return _weighted(per_code(importance), importance.sum(axis=1))


def completeness(importance: Floats) -> float:
    """Return the mean over factors, weighted by what is important for them; 0 where nothing is."""
    return _weighted(per_factor(importance), importance.sum(axis=0))
