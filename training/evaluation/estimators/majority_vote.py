"""Votes of latents for the factor that is held in a batch: `factor_vae` and `factor_vae_pruned`."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.config import Config, setting
from training.evaluation.estimators.correlation import is_constant
from training.evaluation.estimators.information import informative
from training.evaluation.estimators.interventions import Groups, group
from training.evaluation.estimators.resampling import NORMAL_95
from training.evaluation.table import CodeTable

BLOCK = 500
Votes = NDArray[np.int64]


def lowest_variance(
    codes: NDArray[np.float32], groups: list[Groups], n_points: int, batch_size: int, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the variance (n_points, d) of each latent in batches with one factor held, and that factor (n_points,).

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
        points = np.flatnonzero(held == k)
        for start in range(0, len(points), BLOCK):
            some = points[start : start + BLOCK]
            batch = codes[rows_of.members(rng.integers(0, len(codes), size=len(some)), batch_size, rng)]
            variances[some] = _variance(batch)
    return variances, held


def _variance(batch: NDArray[np.float32]) -> NDArray[np.float32]:
    centred = batch - batch.mean(axis=1, keepdims=True)
    return np.asarray(np.einsum("bnd,bnd->bd", centred, centred) / (batch.shape[1] - 1))


def count_votes(
    variances: NDArray[np.float32], held: NDArray[np.int64], allowed: NDArray[np.bool_], n_factors: int
) -> Votes:
    """Count how often each latent had the lowest relative variance: (d, n_factors); only ``allowed`` latents win."""
    winners = np.where(allowed, variances, np.inf).argmin(axis=1)
    d = variances.shape[1]
    return np.bincount(winners * n_factors + held, minlength=d * n_factors).reshape(d, n_factors)


def majority_accuracy(train: Votes, test: Votes) -> float:
    """Return the share of test votes that name the factor for which their latent got most training votes."""
    named = train.argmax(axis=1)
    return float(test[np.arange(len(test)), named].sum() / test.sum())


Mask = NDArray[np.bool_]


class VoteConfig(Config):
    """Settings of the FactorVAE metrics."""

    batch_size: int = setting(64, "images behind one vote", unit="images", source="Kim & Mnih 2018", ge=2, le=4096)
    train_points: int = setting(10_000, "votes to fit on", source="Locatello et al. 2019", ge=10, le=1_000_000)
    test_points: int = setting(5_000, "votes to score on", source="Locatello et al. 2019", ge=10, le=1_000_000)
    prune_std: float = setting(
        0.05, "parity mode: latents with a smaller standard deviation are pruned", source="Locatello et al. 2019", ge=0
    )


@dataclass(frozen=True)
class Batches:
    """Variances of all batches with the factor held in each, drawn once for any number of votes."""

    train: tuple[NDArray[np.float32], NDArray[np.int64]]
    test: tuple[NDArray[np.float32], NDArray[np.int64]]
    factors: list[int]

    def votes(self, allowed: Mask) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return train and test votes (d, factors) where only ``allowed`` latents may win."""
        n = len(self.factors)
        return count_votes(*self.train, allowed, n), count_votes(*self.test, allowed, n)


def active_latents(table: CodeTable, config: VoteConfig, rng: np.random.Generator, *, corrected: bool) -> Mask:
    """Return the latents (d,) that may vote: by their own spread (parity) or by their information (corrected).

    A constant latent may not: its 0/0 would win every vote.
    """
    varies = ~is_constant(table.codes)
    if corrected:
        return np.asarray(varies & informative(table, rng))
    return np.asarray(varies & (table.codes.std(axis=0, ddof=1) >= config.prune_std))


def draw(table: CodeTable, config: VoteConfig, rng: np.random.Generator) -> Batches | None:
    """Draw all batches; None where fewer than two factors can be held."""
    if table.factors is None:
        return None
    columns = table.factors.T
    used = [k for k, column in enumerate(columns) if len(np.unique(column)) > 1 and group(column).smallest > 1]
    if len(used) < 2:
        return None
    groups = [group(columns[k]) for k in used]
    constant = is_constant(table.codes)
    deviation = np.where(constant, 1.0, table.codes.std(axis=0, ddof=1))
    codes = ((table.codes - table.codes.mean(axis=0)) / deviation).astype(np.float32)
    train = lowest_variance(codes, groups, config.train_points, config.batch_size, rng)
    test = lowest_variance(codes, groups, config.test_points, config.batch_size, rng)
    return Batches(train, test, used)


def accuracy(batches: Batches, allowed: Mask) -> tuple[float, tuple[float, float] | None, dict[str, object]]:
    """Return score, interval and details of the votes of the ``allowed`` latents; chance where none is left."""
    pruned = np.flatnonzero(~allowed)
    n_factors = len(batches.factors)
    if not allowed.any():
        return 1 / n_factors, None, {"pruned": pruned, "votes": [], "factors": batches.factors}
    train, test = batches.votes(allowed)
    value = majority_accuracy(train, test)
    half = NORMAL_95 * float(np.sqrt(value * (1 - value) / test.sum()))
    named = train.argmax(axis=1)
    details = {
        "pruned": pruned,
        "votes": train,
        "factors": batches.factors,
        "train_accuracy": majority_accuracy(train, train),
        "named": [batches.factors[named[j]] if train[j].any() else None for j in range(len(train))],
    }
    return value, (max(0.0, value - half), min(1.0, value + half)), details
