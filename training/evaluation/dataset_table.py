"""The table that metrics take, built from images of a data set and their codes."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from training.data.dataset import Dataset
from training.evaluation.table import CodeTable, Pictures, Rows

TRAIN_ROWS = 10_000
TEST_ROWS = 5_000


def labelled(labels: NDArray[np.integer]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Rows (n,) and factors (k,) that are left when missing labels (-1) are taken out.

    A factor without any label goes first; then the rows that lack one of the others.
    """
    known = labels >= 0
    factors = np.asarray(known.any(axis=0))
    rows = known[:, factors].all(axis=1) if factors.any() else np.zeros(len(labels), dtype=bool)
    return np.asarray(rows), factors


def published_split(n: int) -> tuple[Rows, Rows]:
    """First rows to fit on and the next to score on: 10,000 and 5,000, or two to one of fewer."""
    train = min(TRAIN_ROWS, max(1, n * 2 // 3))
    test = min(TEST_ROWS, n - train)
    return np.arange(train), np.arange(train, train + test)


def build_table(
    dataset: Dataset,
    indices: NDArray[np.int64],
    mean: NDArray[np.floating],
    logvar: NDArray[np.floating],
    pictures: Callable[[NDArray[np.int64]], Pictures],
) -> CodeTable:
    """Build the table of images with known labels, in the order given.

    Parameters
    ----------
    dataset : Dataset
    indices : int64 array of shape (n,)
        Images of the data set.
    mean, logvar : arrays of shape (n, d)
        Their posteriors.
    pictures : callable
        Makes the table's `Pictures` from the indices of its rows.

    Returns
    -------
    CodeTable
        With train and test rows of the published sizes. Rows or factors without labels are left out; a table
        without factors holds all rows where fewer than two have labels.
    """
    labels = dataset.labels(indices)
    rows, kept = labelled(labels)
    with_labels = bool(kept.any() and rows.sum() >= 2)
    if not with_labels:
        rows = np.ones(len(indices), dtype=bool)
    pick = np.flatnonzero(kept) if with_labels else np.zeros(0, np.int64)
    train, test = published_split(int(rows.sum()))
    return CodeTable(
        codes=mean[rows].astype(np.float64),
        factors=labels[rows][:, pick].astype(np.int64) if with_labels else None,
        factor_names=tuple(dataset.factors.names[k] for k in pick),
        factor_sizes=tuple(dataset.factors.sizes[k] for k in pick),
        logvar=logvar[rows].astype(np.float64),
        train=train,
        test=test,
        pictures=pictures(indices[rows]),
    )
