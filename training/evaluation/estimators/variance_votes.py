"""Which latent moves least while a factor is held: the votes behind the FactorVAE metrics."""

import numpy as np
from numpy.typing import NDArray

from training.evaluation.estimators.interventions import Groups

BLOCK = 500
Votes = NDArray[np.int64]


def lowest_variance(
    codes: NDArray[np.float32], groups: list[Groups], n_points: int, batch_size: int, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Variance (n_points, d) of each latent in batches with one factor held, and that factor (n_points,).

    Parameters
    ----------
    codes : float32 array of shape (n, d)
        Scaled to variance 1: the variances are then relative to the global ones.
    groups : list of Groups
        One per factor that may be held.
    """
    held = rng.integers(0, len(groups), size=n_points)
    variances = np.empty((n_points, codes.shape[1]), dtype=np.float32)
    for k, rows_of in enumerate(groups):
        mine = np.flatnonzero(held == k)
        for start in range(0, len(mine), BLOCK):
            some = mine[start : start + BLOCK]
            batch = codes[rows_of.members(rng.integers(0, len(codes), size=len(some)), batch_size, rng)]
            variances[some] = _variance(batch)
    return variances, held


def _variance(batch: NDArray[np.float32]) -> NDArray[np.float32]:
    centred = batch - batch.mean(axis=1, keepdims=True)
    return np.asarray(np.einsum("bnd,bnd->bd", centred, centred) / (batch.shape[1] - 1))


def count_votes(
    variances: NDArray[np.float32], held: NDArray[np.int64], allowed: NDArray[np.bool_], n_factors: int
) -> Votes:
    """How often each latent had the lowest relative variance: (d, n_factors); latents not ``allowed`` never."""
    winners = np.where(allowed, variances, np.inf).argmin(axis=1)
    d = variances.shape[1]
    return np.bincount(winners * n_factors + held, minlength=d * n_factors).reshape(d, n_factors)


def majority_accuracy(train: Votes, test: Votes) -> float:
    """Share of test votes that name the factor for which their latent got most training votes."""
    named = train.argmax(axis=1)
    return float(test[np.arange(len(test)), named].sum() / test.sum())
