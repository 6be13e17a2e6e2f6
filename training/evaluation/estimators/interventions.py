"""Draws of rows that share the value of a factor, for a whole batch of interventions."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Groups:
    """Rows of a table grouped by the class of one factor.

    Parameters
    ----------
    order : int64 array of shape (n,)
        Rows sorted by class.
    start, count : int64 arrays of shape (n,)
        Where in ``order`` the group of each row begins, and its size.
    position : int64 array of shape (n,)
        Where in ``order`` each row is.
    """

    order: Rows
    start: Rows
    count: Rows
    position: Rows

    @property
    def smallest(self) -> int:
        """Size of the smallest group."""
        return int(self.count.min())

    def partners(self, rows: Rows, rng: np.random.Generator) -> Rows:
        """Draw one other row of the same group for each of ``rows`` (any shape); itself where it is alone."""
        others = np.maximum(self.count[rows] - 1, 1)
        steps = 1 + (rng.random(rows.shape) * others).astype(np.int64)
        inside = (self.position[rows] - self.start[rows] + steps) % self.count[rows]
        return np.asarray(self.order[self.start[rows] + inside])

    def members(self, rows: Rows, n: int, rng: np.random.Generator) -> Rows:
        """Draw ``n`` rows with repetition from the group of each of ``rows`` (m,): (m, n)."""
        inside = (rng.random((len(rows), n)) * self.count[rows, None]).astype(np.int64)
        return np.asarray(self.order[self.start[rows, None] + inside])


def group(classes: NDArray[np.int64]) -> Groups:
    """Group rows by the classes (n,) of one factor."""
    order = np.argsort(classes, kind="stable")
    _, starts, inverse, counts = np.unique(classes[order], return_index=True, return_inverse=True, return_counts=True)
    position = np.empty(len(order), dtype=np.int64)
    position[order] = np.arange(len(order))
    start, count = np.empty_like(position), np.empty_like(position)
    start[order], count[order] = starts[inverse], counts[inverse]
    return Groups(order, start, count, position)
