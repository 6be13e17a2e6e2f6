"""The input of every metric: codes beside factors. numpy only."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models_zoo.errors import InvalidInput
from models_zoo.manifest import NOISELESS_LOGVAR
from training.data.dataset import Dataset

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


Network = Callable[[NDArray[np.uint8]], Floats]
"""Features (n, f) of images (n, height, width, channels)."""
NetworkKind = Literal["factor", "inception"]


@dataclass(frozen=True)
class Pictures:
    """Images behind a table's rows, and the model's decoder, for the metrics that look at images.

    Parameters
    ----------
    dataset : Dataset
    indices : int64 array of shape (n,)
        Images of the table's rows.
    decode : callable
        Images (n, height, width, channels) in [0, 1], float32, of latent points (n, d).
    encode : callable
        Posterior means (n, d) of images (n, height, width, channels), uint8 or float32 in [0, 1].
    network : callable
        ``network(kind, **settings)`` loads a feature network, which needs PyTorch: `factor` (trained on the labels) or
        `inception` (by path).
    """

    dataset: Dataset
    indices: Rows
    decode: Callable[[Floats], NDArray[np.float32]]
    encode: Callable[[NDArray[np.uint8] | NDArray[np.float32]], Floats]
    network: Callable[..., Network]

    @property
    def title(self) -> str:
        """Display name of the data set."""
        return self.dataset.title

    def originals(self, rows: Rows) -> NDArray[np.uint8]:
        """Return images (n, height, width, channels) in [0, 255]."""
        return self.dataset.images(self.indices[rows])


@dataclass(frozen=True)
class ModelCodes:
    """Codes of one of several models on the same rows.

    Parameters
    ----------
    codes : float64 array of shape (n, d)
    kl : float64 array of shape (d,), optional
        Mean KL of each latent to its prior, nats; None where it is not known.
    """

    codes: Floats
    kl: Floats | None = None


@dataclass(frozen=True)
class CodeTable:
    """Codes and factors of the same images, row by row.

    Parameters
    ----------
    codes : float64 array of shape (n, d)
        Posterior means; finite.
    factors : int64 array of shape (n, k), optional
        Classes counted from 0; None where none is known.
    factor_names : tuple of str
    factor_sizes : tuple of int
        Number of classes of each factor.
    logvar : float64 array of shape (n, d), optional
        Log-variances of the posteriors.
    train, test : int64 arrays, optional
        Rows to fit on and to score on, for the metrics that fit something.
    models : tuple of ModelCodes
        Two or more models on the same rows, for the metrics that compare models.
    pictures : Pictures, optional
    """

    codes: Floats
    factors: Rows | None = None
    factor_names: tuple[str, ...] = ()
    factor_sizes: tuple[int, ...] = ()
    logvar: Floats | None = None
    train: Rows | None = None
    test: Rows | None = None
    models: tuple[ModelCodes, ...] = ()
    pictures: Pictures | None = None

    @property
    def n(self) -> int:
        """Number of rows."""
        return int(self.codes.shape[0])

    @property
    def n_latents(self) -> int:
        """Number of latents D."""
        return int(self.codes.shape[1])

    @property
    def n_factors(self) -> int:
        """Number of factors K; 0 without labels."""
        return 0 if self.factors is None else int(self.factors.shape[1])

    @property
    def kl(self) -> Floats | None:
        """Mean KL of each latent to N(0, 1), nats (d,); None without log-variances or noise."""
        if self.logvar is None or np.allclose(self.logvar, NOISELESS_LOGVAR, rtol=1e-6):
            return None
        return np.asarray(0.5 * np.mean(self.codes**2 + np.exp(self.logvar) - self.logvar - 1, axis=0))


def split_rows(table: CodeTable, rng: np.random.Generator, *, in_order: bool) -> tuple[Rows, Rows]:
    """Return rows to fit on and rows to score on.

    The table's own split where it has one, with all other rows where it has one half of it; else the first 70 %
    and the rest, in order as published code takes them from a random sample, or drawn at random, since rows of a
    file may be sorted.

    Raises
    ------
    InvalidInput
        If the rows named for one side leave none for the other.
    """
    order = np.arange(table.n) if in_order else rng.permutation(table.n)
    train, test = table.train, table.test
    if train is not None or test is not None:
        train = np.setdiff1d(order, test if test is not None else order) if train is None else train
        test = np.setdiff1d(order, train) if test is None else test
        if not len(train) or not len(test):
            raise InvalidInput(
                f"got rows that leave none to {'score' if len(train) else 'fit'} on; allowed: a row for each; name "
                "both ranges"
            )
        return train, test
    cut = min(max(round(0.7 * table.n), 1), table.n - 1)
    return np.sort(order[:cut]), np.sort(order[cut:])


TRAIN_ROWS = 10_000
TEST_ROWS = 5_000


def labelled(labels: NDArray[np.integer]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the rows (n,) and factors (k,) that are left when missing labels (-1) are taken out.

    A factor without any label goes first; then the rows that lack one of the others.
    """
    known = labels >= 0
    factors = np.asarray(known.any(axis=0))
    rows = known[:, factors].all(axis=1) if factors.any() else np.zeros(len(labels), dtype=bool)
    return np.asarray(rows), factors


def published_split(n: int) -> tuple[Rows, Rows]:
    """Return the first rows to fit on and the next to score on: 10,000 and 5,000, or two to one of fewer."""
    train = min(TRAIN_ROWS, max(1, n * 2 // 3))
    test = min(TEST_ROWS, n - train)
    return np.arange(train), np.arange(train, train + test)


def build_table(
    dataset: Dataset,
    indices: NDArray[np.int64],
    mean: NDArray[np.floating],
    logvar: NDArray[np.floating],
    *,
    decode: Callable[[Floats], NDArray[np.float32]],
    encode: Callable[[NDArray[np.uint8] | NDArray[np.float32]], Floats],
    network: Callable[..., Network],
) -> CodeTable:
    """Build the table of images with known labels, in the order given.

    Parameters
    ----------
    dataset : Dataset
    indices : int64 array of shape (n,)
        Images of the data set.
    mean, logvar : arrays of shape (n, d)
        Their posteriors.
    decode, encode, network : callable
        Of the table's `Pictures`.

    Returns
    -------
    CodeTable
        With train and test rows of the published sizes. Rows or factors without labels are left out; a table
        without factors holds all rows where fewer than two have labels.
    """
    labels = dataset.labels(indices)
    rows, kept = labelled(labels)
    with_labels = bool(kept.any() and rows.sum() >= 2)
    rows = rows if with_labels else np.ones(len(indices), dtype=bool)
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
        pictures=Pictures(dataset, indices[rows], decode, encode, network),
    )
