"""Mutual information of binned codes and factor classes, by counting.

Equals scikit-learn's ``mutual_info_score`` on ``numpy.digitize``d codes, which disentanglement_lib
calls once per pair, to the last digits; here one ``bincount`` counts all pairs of a factor.
"""

import numpy as np
from numpy.typing import NDArray

from training.evaluation.table import CodeTable

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def bin_codes(codes: Floats, n_bins: int) -> Ints:
    """Return the equal-width bin of each code (n, d) over the range of its latent.

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
    """Return the entropy in nats of a histogram."""
    positive = counts[counts > 0]
    shares = positive / positive.sum()
    return float(max(0.0, -np.sum(shares * np.log(shares))))


def numbered(classes: Ints) -> Ints:
    """Number classes (n,) from 0 without holes where the largest of them would cost more cells than rows."""
    if len(classes) and classes.max() >= len(classes):
        return np.unique(classes, return_inverse=True)[1]
    return classes


def factor_entropies(factors: Ints) -> Floats:
    """Return the entropy in nats of each factor's classes: (k,)."""
    return np.array([entropy(np.bincount(numbered(column))) for column in factors.T])


def from_counts(joint: NDArray[np.integer]) -> Floats:
    """Return mutual information in nats of joint histograms (d, bins, classes): (d,)."""
    shares = joint / joint.sum(axis=(1, 2), keepdims=True)
    product = shares.sum(axis=2, keepdims=True) * shares.sum(axis=1, keepdims=True)
    ratio = np.divide(shares, product, out=np.ones_like(shares), where=shares > 0)
    information = np.sum(shares * np.log(ratio), axis=(1, 2))
    information[np.abs(information) < np.finfo(np.float64).eps] = 0.0
    return np.asarray(np.maximum(information, 0.0))


def joint_counts(binned: Ints, classes: Ints, n_bins: int, size: int) -> Ints:
    """Return joint histograms (d, n_bins, size) of the bins (n, d) of latents and the classes (n,) of one factor."""
    d = binned.shape[1]
    cell = binned * size + classes[:, None] + np.arange(d) * (n_bins * size)
    counts = np.bincount(cell.ravel(), minlength=d * n_bins * size)
    return counts.reshape(d, n_bins, size)


def mutual_information(binned: Ints, factors: Ints, n_bins: int) -> Floats:
    """Return I(z_j; v_k) in nats of every latent and factor: (d, k)."""
    columns = [
        from_counts(joint_counts(binned, classes, n_bins, int(classes.max()) + 1))
        for classes in map(numbered, factors.T)
    ]
    return np.stack(columns, axis=1)


N_BINS = 20
PERMUTATIONS = 20
STANDARD_DEVIATIONS = 6.0
KL_NATS = 0.01
ROWS = 20_000


def informative(table: CodeTable, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return the latents (d,) whose information on some factor exceeds that of shuffled rows.

    A latent counts when its mutual information with a factor lies more than six standard deviations above
    that of shuffled rows, and, where posteriors are known, its KL is above 0.01 nats. Published code has
    a fixed threshold of the variance instead, whose result changes with the units of the code.
    """
    if table.factors is None:
        return np.zeros(table.n_latents, dtype=bool)
    rows = np.arange(table.n) if table.n <= ROWS else rng.choice(table.n, ROWS, replace=False)
    binned, factors = bin_codes(table.codes[rows], N_BINS), table.factors[rows]
    real = mutual_information(binned, factors, N_BINS)
    shuffled = np.stack(
        [mutual_information(binned[rng.permutation(len(rows))], factors, N_BINS) for _ in range(PERMUTATIONS)]
    )
    threshold = shuffled.mean(axis=0) + STANDARD_DEVIATIONS * shuffled.std(axis=0, ddof=1) + 1e-9
    found = np.asarray((real > threshold).any(axis=1))
    return found if table.kl is None else found & (table.kl > KL_NATS)
