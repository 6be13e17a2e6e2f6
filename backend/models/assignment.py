"""The assignment problem, solved here: the library's import would cost the service 30 MB and .4 s at every start.

Kuhn 1955, Munkres 1957, in the O(n^2 m) form with potentials and shortest augmenting paths.
"""

import numpy as np
from numpy.typing import NDArray


def assign_rows(cost: NDArray[np.float64]) -> NDArray[np.int64]:
    """Column for each row so that the sum of the costs is least and no column is used twice.

    Parameters
    ----------
    cost : float array of shape (n, m)

    Returns
    -------
    int64 array of shape (n,)
        -1 for rows that get none, where n > m.
    """
    n, m = cost.shape
    if n > m:
        columns = assign_rows(np.ascontiguousarray(cost.T))
        result = np.full(n, -1, np.int64)
        result[columns] = np.arange(m)
        return result
    row_potential, column_potential = np.zeros(n + 1), np.zeros(m + 1)
    owner = np.zeros(m + 1, np.int64)
    for row in range(1, n + 1):
        _augment(cost, row, owner, row_potential, column_potential)
    result = np.full(n, -1, np.int64)
    used = owner[1:] > 0
    result[owner[1:][used] - 1] = np.flatnonzero(used)
    return result


def _augment(
    cost: NDArray[np.float64],
    row: int,
    owner: NDArray[np.int64],
    row_potential: NDArray[np.float64],
    column_potential: NDArray[np.float64],
) -> None:
    """Find the shortest augmenting path from ``row`` (counted from 1) and flip it; column 0 is its start."""
    m = cost.shape[1]
    owner[0] = row
    current = 0
    least = np.full(m + 1, np.inf)
    before = np.zeros(m + 1, np.int64)
    visited = np.zeros(m + 1, bool)
    while owner[current] != 0:
        visited[current] = True
        at = owner[current]
        reduced = cost[at - 1] - row_potential[at] - column_potential[1:]
        better = ~visited[1:] & (reduced < least[1:])
        least[1:][better] = reduced[better]
        before[1:][better] = current
        open_least = np.where(visited, np.inf, least)
        open_least[0] = np.inf
        following = int(open_least.argmin())
        step = open_least[following]
        row_potential[owner[visited]] += step
        column_potential[visited] -= step
        least[~visited] -= step
        current = following
    while current:
        owner[current] = owner[before[current]]
        current = int(before[current])
