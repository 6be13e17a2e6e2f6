"""Pearson correlation that gives 0, not NaN, for what does not vary."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
CONSTANT = 1e-12
"""A column whose spread is below this share of its largest value varies by rounding alone."""


def is_constant(columns: Floats) -> NDArray[np.bool_]:
    """Return which columns (n, d) do not vary beyond rounding: (d,)."""
    spread = columns.max(axis=0) - columns.min(axis=0)
    return np.asarray(spread <= CONSTANT * np.abs(columns).max(axis=0))


def standardised(columns: Floats) -> Floats:
    """Return columns with mean 0 and standard deviation 1; constant ones become 0."""
    constant = is_constant(columns)
    centred = columns - columns.mean(axis=0)
    scale = np.where(constant, 1.0, np.abs(centred).max(axis=0))
    scale[scale == 0] = 1.0
    centred /= scale
    deviation = centred.std(axis=0)
    deviation[constant | (deviation == 0)] = 1.0
    return np.where(constant, 0.0, centred / deviation)


def pearson(left: Floats, right: Floats) -> Floats:
    """Return the correlation of every column of ``left`` (n, d) with every column of ``right`` (n, k): (d, k)."""
    return np.asarray(np.clip(standardised(left).T @ standardised(right) / left.shape[0], -1.0, 1.0))
