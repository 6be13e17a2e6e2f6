"""Residuals of the logistic loss that the next boosting stage fits: class indicator minus probability."""

import numpy as np
from numpy.typing import NDArray

from training.evaluation.estimators.jit import kernel

Floats = NDArray[np.float64]


@kernel
def residuals_of_two(raw: Floats, classes: NDArray[np.int64], out: Floats) -> None:
    """Indicator of class 1 minus its logistic probability: (n,)."""
    for i in range(len(raw)):
        out[i] = (classes[i] == 1) - 1.0 / (1.0 + np.exp(-raw[i]))


@kernel
def residuals_of_many(raw: Floats, classes: NDArray[np.int64], out: Floats) -> None:
    """Indicator minus softmax probability of every class: (c, n)."""
    c, n = raw.shape
    largest = np.full(n, -np.inf)
    total = np.zeros(n)
    for j in range(c):
        for i in range(n):
            largest[i] = max(largest[i], raw[j, i])
    for j in range(c):
        for i in range(n):
            out[j, i] = np.exp(raw[j, i] - largest[i])
            total[i] += out[j, i]
    for j in range(c):
        for i in range(n):
            out[j, i] = -out[j, i] / total[i]
    for i in range(n):
        out[classes[i], i] += 1.0
