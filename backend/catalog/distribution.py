"""Distribution of the training images that a query describes: size, correlations, a joint table and a few images."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from backend.schemas.data import DistributionDocument
from models_zoo.errors import InvalidInput
from training.config import build
from training.data.dataset import Dataset
from training.data.distribution import DatasetConfig, WeightedDraw, distribution_of

SAMPLE_SEED = 0


def describe(
    dataset: Dataset, correlations: Sequence[str], held_out: Sequence[str], pair: str | None, sample: int
) -> DistributionDocument:
    """Return the document of a distribution over the images of a data set.

    Parameters
    ----------
    dataset : Dataset
    correlations, held_out : sequence of str
        As `training.data.distribution` reads them.
    pair : str, optional
        Names of two factors joined by a comma, whose joint table is wanted; those of the first correlation by default.
    sample : int
        Number of images to draw.

    Raises
    ------
    InvalidInput
        If a rule is wrong, or the pair does not name two factors.
    """
    rules = {"correlations": list(correlations), "held_out_combinations": list(held_out)}
    found = distribution_of(dataset, build(DatasetConfig, rules).model_dump())
    probabilities = found.probabilities
    names = dataset.factors.names
    first, second = _columns(names, pair)
    draw = WeightedDraw(np.arange(len(dataset)), probabilities)
    return DistributionDocument(
        **rules,
        n_images=len(dataset),
        allowed_images=int(found.allowed.sum()),
        effective_images=float(1 / (probabilities**2).sum()),
        factors=list(names),
        correlation_matrix=_correlation_matrix(dataset, probabilities),
        pair=[names[first], names[second]],
        joint=_joint(dataset, probabilities, first, second).tolist(),
        sample=draw.draw(sample, np.random.default_rng(SAMPLE_SEED)).tolist(),
    )


def _columns(names: Sequence[str], pair: str | None) -> tuple[int, int]:
    given = [part.strip() for part in pair.split(",")] if pair else list(names[:2])
    if len(given) != 2 or given[0] == given[1] or any(name not in names for name in given):
        allowed = ", ".join(names) if len(names) > 1 else "none, since it has fewer than two"
        raise InvalidInput(
            f"got the pair {(pair or '')[:80]!r}; allowed: two factors of the data set joined by a comma: {allowed}",
            field="query/pair",
        )
    return names.index(given[0]), names.index(given[1])


def _joint(dataset: Dataset, probabilities: NDArray[np.float64], first: int, second: int) -> NDArray[np.float64]:
    """Return the probabilities of the classes of two factors, (size of the first, size of the second).

    Images whose label of one of them is missing are left out.
    """
    sizes = dataset.factors.sizes
    if dataset.factors.complete:
        others = tuple(set(range(len(sizes))) - {first, second})
        table = probabilities.reshape(sizes).sum(others)
        return np.asarray(table if first < second else table.T)
    labels = dataset.labels(np.arange(len(dataset)))[:, [first, second]]
    known = (labels >= 0).all(axis=1)
    table = np.zeros((sizes[first], sizes[second]))
    np.add.at(table, tuple(labels[known].T), probabilities[known])
    return np.asarray(table / table.sum())


def _correlation(joint: NDArray[np.float64]) -> float | None:
    """Return the correlation of the classes of two factors; None where one has a single class."""
    first, second = (np.arange(size) for size in joint.shape)
    first = first - joint.sum(1) @ first
    second = second - joint.sum(0) @ second
    product = first @ joint @ second
    scale = float((joint.sum(1) @ first**2) * (joint.sum(0) @ second**2))
    return float(product / np.sqrt(scale)) if scale > 0 else None


def _correlation_matrix(dataset: Dataset, probabilities: NDArray[np.float64]) -> list[list[float | None]]:
    n = len(dataset.factors.factors)
    matrix: list[list[float | None]] = [[1.0] * n for _ in range(n)]
    for first, second in combinations(range(n), 2):
        value = _correlation(_joint(dataset, probabilities, first, second))
        matrix[first][second] = matrix[second][first] = value
    return matrix
