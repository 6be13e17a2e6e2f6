"""Exact-split regression trees on presorted features: the inner loops of `boosted_trees`.

A tree keeps, for every feature, its rows in the order of that feature, partitioned by node: a node is the
same slice of every feature's order. Looking for a node's best split is then one pass over that slice with a
running sum, and splitting it is one stable partition of the slice; nothing is ever sorted again.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.evaluation.estimators.jit import kernel

FEATURE_GAP = np.float32(1e-7)
"""Neighbouring values closer than this are not told apart, as in scikit-learn's splitter."""
PURE = 2.220446049250313e-16
TIE = 1e-10
EMPTY = 1e-150

Ints32 = NDArray[np.int32]
Floats = NDArray[np.float64]


class Features(NamedTuple):
    """Codes as the trees see them: one row a feature.

    Parameters
    ----------
    values : float32 array of shape (d, n)
    order : int32 array of shape (d, n)
        Rows in ascending order of each feature.
    test : float32 array of shape (d, m)
        Rows to predict.
    """

    values: NDArray[np.float32]
    order: Ints32
    test: NDArray[np.float32]


class Forest(NamedTuple):
    """State of boosting, one row a tree sequence: a class of a factor, or a factor of two classes.

    Parameters
    ----------
    raw, raw_test : float64 arrays of shape (t, n) and (t, m)
        Raw predictions so far.
    residual : float64 array of shape (t, n)
        Class indicator minus probability: what the next tree fits.
    shrink : float64 array of shape (t,)
        Learning rate times (c - 1) / c for c > 2 classes.
    gain : float64 array of shape (t, d)
        Impurity decrease by feature, summed over the trees so far.
    grown : int64 array of shape (t,)
        Trees so far that have a split.
    """

    raw: Floats
    raw_test: Floats
    residual: Floats
    shrink: Floats
    gain: Floats
    grown: NDArray[np.int64]


class Workspace(NamedTuple):
    """Memory that the trees of one thread share, one after the other."""

    order: Ints32
    spare: Ints32
    left: NDArray[np.uint8]
    node: NDArray[np.int16]
    weight: Floats


@kernel
def next_random(state: NDArray[np.uint64]) -> float:
    """Return a uniform number in [0, 1) from a xorshift generator of 64 bits."""
    x = state[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    state[0] = x
    return np.float64(x >> np.uint64(11)) / 9007199254740992.0


@kernel
def best_of_feature(
    order: Ints32, values: NDArray[np.float32], residual: Floats, weight: Floats, mean: float
) -> tuple[float, int]:
    """Return the best split of one node by one feature: decrease of the sum of squares, and rows to its left.

    Parameters
    ----------
    order : int32 array of shape (c,)
        The node's rows in ascending order of the feature.
    weight : float64 array
        ``c / (left * (c - left))`` at index ``left - 1``.
    mean : float
        Mean residual of the node.
    """
    best, where, running = 0.0, 0, 0.0
    for t in range(len(order) - 1):
        running += residual[order[t]] - mean
        decrease = running * running * weight[t]
        if decrease > best and values[order[t + 1]] > values[order[t]] + FEATURE_GAP:
            best, where = decrease, t + 1
    return best, where


@kernel
def partition(order: Ints32, out: Ints32, left: NDArray[np.uint8], n_left: int) -> None:
    """Write the rows that go left, then the others, each in their present order."""
    a, b = np.int64(0), np.int64(n_left)
    for t in range(len(order)):
        row = order[t]
        goes = np.int64(left[row])
        out[b + (a - b) * goes] = row  # no branch: which side a row goes to cannot be predicted
        a += goes
        b += 1 - goes


@kernel
def best_split(
    features: Features, order: Ints32, residual: Floats, weight: Floats, mean: float, random: NDArray[np.uint64]
) -> tuple[float, int, int]:
    """Return the best split of one node over all features: decrease, feature, rows to its left.

    Features whose decrease is equal up to rounding are drawn from with equal probability, so that a code
    and its duplicate share the credit.
    """
    best, feature, where, tied = 0.0, -1, 0, 0
    for j in range(order.shape[0]):
        decrease, at = best_of_feature(order[j], features.values[j], residual, weight, mean)
        if at == 0:
            continue
        if decrease > best * (1.0 + TIE):
            best, feature, where, tied = decrease, j, at, 1
        elif decrease >= best * (1.0 - TIE):
            tied += 1
            if next_random(random) * tied < 1.0:
                feature, where = j, at
    return best, feature, where


@kernel
def threshold_between(values: NDArray[np.float32], low: int, high: int) -> float:
    """Return the middle between the values of two neighbouring rows; the lower one where rounding reaches the upper."""
    middle = np.float64(values[low]) / 2.0 + np.float64(values[high]) / 2.0
    if middle == np.float64(values[high]):
        middle = np.float64(values[low])
    return middle


@kernel
def fill_weight(weight: Floats, count: int) -> None:
    """Write ``count / (left * (count - left))`` for every possible number of rows to the left."""
    for t in range(count - 1):
        left = np.float64(t + 1)
        weight[t] = count / (left * (count - left))


@kernel
def moments(residual: Floats, rows: Ints32) -> tuple[float, float]:
    """Return the mean and variance of the residuals of some rows."""
    total, squares = 0.0, 0.0
    for row in rows:
        value = residual[row]
        total += value
        squares += value * value
    mean = total / len(rows)
    return mean, squares / len(rows) - mean * mean


@kernel
def route(space: Workspace, rows: Ints32, n_left: int, left: int) -> None:
    """Send the first ``n_left`` rows to node ``left`` and the others to the node after it."""
    for t in range(len(rows)):
        row = rows[t]
        goes = t < n_left
        space.left[row] = goes
        space.node[row] = left if goes else left + 1


@kernel
def grow(
    features: Features, space: Workspace, residual: Floats, depth: int, gain: Floats, random: NDArray[np.uint64]
) -> tuple[NDArray[np.int64], Floats]:
    """Grow one tree; its split features and thresholds by node, children of ``q`` at ``2 q + 1`` and ``2 q + 2``.

    ``space.node`` holds every row's leaf afterwards; ``gain`` (d,) receives the impurity decrease of each
    feature. Feature -1 marks a leaf.
    """
    d, n = features.order.shape
    n_nodes = (1 << (depth + 1)) - 1
    feature = np.full(n_nodes, -1, np.int64)
    threshold = np.zeros(n_nodes)
    start = np.zeros(n_nodes, np.int64)
    count = np.zeros(n_nodes, np.int64)
    count[0] = n
    space.node[:] = 0
    order, spare = features.order, space.order
    for level in range(depth):
        first, last = (1 << level) - 1, (1 << (level + 1)) - 1
        for q in range(first, last):
            size = count[q]
            if size < 2:
                continue
            a, b = start[q], start[q] + size
            mean, variance = moments(residual, order[0, a:b])
            if variance <= PURE:
                continue
            fill_weight(space.weight, size)
            decrease, j, n_left = best_split(features, order[:, a:b], residual, space.weight, mean, random)
            if j < 0:
                continue
            gain[j] += decrease / n
            feature[q] = j
            threshold[q] = threshold_between(features.values[j], order[j, a + n_left - 1], order[j, a + n_left])
            left, right = 2 * q + 1, 2 * q + 2
            route(space, order[j, a:b], n_left, left)
            start[left], count[left] = a, n_left
            start[right], count[right] = a + n_left, size - n_left
            if level + 1 < depth:
                for i in range(d):
                    partition(order[i, a:b], spare[i, a:b], space.left, n_left)
        if level == 0:
            order, spare = space.order, space.spare
        else:
            order, spare = spare, order
    return feature, threshold


@kernel
def leaf_values(residual: Floats, node: NDArray[np.int16], n_nodes: int) -> Floats:
    """Write the Newton step of each leaf for the logistic loss: sum of residuals over sum of |r| (1 - |r|)."""
    numerator, denominator = np.zeros(n_nodes), np.zeros(n_nodes)
    for i in range(len(residual)):
        size = abs(residual[i])
        numerator[node[i]] += residual[i]
        denominator[node[i]] += size * (1.0 - size)
    value = np.zeros(n_nodes)
    for q in range(n_nodes):
        if abs(denominator[q]) > EMPTY:
            value[q] = numerator[q] / denominator[q]
    return value


@kernel
def add_trees(features: Features, forest: Forest, trees: NDArray[np.int64], depth: int, seed: int) -> None:
    """Run one boosting stage for some of the tree sequences."""
    d, n = features.order.shape
    space = Workspace(
        np.empty((d, n), np.int32),
        np.empty((d, n), np.int32),
        np.empty(n, np.uint8),
        np.empty(n, np.int16),
        np.empty(n),
    )
    random = np.empty(1, np.uint64)
    n_nodes = (1 << (depth + 1)) - 1
    for tree in trees:
        random[0] = np.uint64(seed) * np.uint64(2654435761) + np.uint64(tree + 1) * np.uint64(0x9E3779B97F4A7C15)
        for _ in range(4):
            next_random(random)
        residual = forest.residual[tree]
        feature, threshold = grow(features, space, residual, depth, forest.gain[tree], random)
        if feature[0] >= 0:
            forest.grown[tree] += 1
        step = leaf_values(residual, space.node, n_nodes) * forest.shrink[tree]
        for i in range(n):
            forest.raw[tree, i] += step[space.node[i]]
        for i in range(features.test.shape[1]):
            q = 0
            while q < n_nodes and feature[q] >= 0:
                q = 2 * q + (2 if features.test[feature[q], i] > threshold[q] else 1)
            forest.raw_test[tree, i] += step[q]
