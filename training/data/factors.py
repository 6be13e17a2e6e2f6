"""Ground-truth factors of a data set and their arithmetic.

On a *complete grid* image ``i`` shows the combination whose mixed-radix number is ``i``: first factor
slowest, last fastest (``np.ravel_multi_index(factors.T, sizes)``), classes counted from 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models_zoo.errors import InvalidInput

Indices = NDArray[np.int64]
Kind = Literal["categorical", "ordinal", "cyclic", "continuous"]


def check_image_indices(indices: Sequence[int] | NDArray[np.integer], n_images: int) -> Indices:
    """Validate indices of images: int64 (n,), each in [0, ``n_images``).

    Raises
    ------
    InvalidInput
        For another shape or type, or an index outside; negative ones do not count from the end.
    """
    array = np.asarray(indices)
    if array.ndim != 1 or (array.size and not np.issubdtype(array.dtype, np.integer)):
        raise InvalidInput(
            f"got image indices of shape {array.shape} and type {array.dtype}; allowed: (n,) of integers",
            field="/index",
        )
    outside = (array < 0) | (array >= n_images)
    if outside.any():
        raise InvalidInput(f"got image index {array[outside][0]}; allowed: 0 to {n_images - 1}", field="/index")
    return array.astype(np.int64)


@dataclass(frozen=True)
class Factor:
    """One ground-truth factor.

    Parameters
    ----------
    name : str
        As in the literature, snake case.
    values : tuple
        What each class means, in order: numbers, or words for a categorical factor.
    kind : {"categorical", "ordinal", "cyclic", "continuous"}
        Whether classes have an order, and whether the order closes on itself.
    unit : str
        Unit of ``values``, e.g. ``"rad"``; empty for pure numbers and words.
    """

    name: str
    values: tuple[float | str, ...]
    kind: Kind
    unit: str = ""

    @property
    def size(self) -> int:
        """Number of classes."""
        return len(self.values)


@dataclass(frozen=True)
class FactorSpace:
    """The factors of a data set.

    Parameters
    ----------
    factors : tuple of Factor
        In mixed-radix order, slowest first.
    complete : bool
        Whether every combination has exactly one image, at its mixed-radix number.
    """

    factors: tuple[Factor, ...]
    complete: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """Factor names in order."""
        return tuple(factor.name for factor in self.factors)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of classes of each factor."""
        return tuple(factor.size for factor in self.factors)

    @property
    def n_combinations(self) -> int:
        """Product of the sizes."""
        return int(np.prod(self.sizes, dtype=np.int64))

    def check(self, factors: NDArray[np.integer]) -> Indices:
        """Validate factor indices (n, k).

        Raises
        ------
        InvalidInput
            If the shape is wrong or a class lies outside its factor; the message names row and factor.
        """
        array = np.asarray(factors)
        if array.ndim != 2 or array.shape[1] != len(self.factors) or not np.issubdtype(array.dtype, np.integer):
            raise InvalidInput(
                f"got factors of shape {array.shape} and type {array.dtype}; "
                f"allowed: (n, {len(self.factors)}) of integers: {', '.join(self.names)}"
            )
        outside = (array < 0) | (array >= np.array(self.sizes))
        if outside.any():
            row, column = np.argwhere(outside)[0]
            factor = self.factors[column]
            raise InvalidInput(
                f"row {row}: got {factor.name} = {array[row, column]}; allowed: 0 to {factor.size - 1}",
                field=f"/{row}/{column}",
            )
        return array.astype(np.int64)

    def to_index(self, factors: NDArray[np.integer]) -> Indices:
        """Return the image indices (n,) of the combinations ``factors`` (n, k)."""
        indices: Indices = np.ravel_multi_index(tuple(self.check(factors).T), self.sizes).astype(np.int64)
        return indices

    def from_index(self, indices: Sequence[int] | NDArray[np.integer]) -> Indices:
        """Return the factor indices (n, k) of the images ``indices`` (n,).

        Raises
        ------
        InvalidInput
            For an index outside [0, ``n_combinations``).
        """
        array = check_image_indices(indices, self.n_combinations)
        return np.stack(np.unravel_index(array, self.sizes), axis=-1).astype(np.int64)

    def sample(self, n: int, rng: np.random.Generator) -> Indices:
        """Draw ``n`` combinations uniformly and independently: int64 (n, k)."""
        return rng.integers(0, self.sizes, size=(n, len(self.factors)), dtype=np.int64)

    def nearest(self, classes: NDArray[np.integer], wanted: NDArray[np.integer]) -> int:
        """Return the image whose factors are closest to a combination, for sets without every combination.

        Each factor counts 0 where it agrees and up to 1: the share of its range between the two (of half the
        circle where it is cyclic), 1 for another category or a missing label. The first of equals is taken.

        Parameters
        ----------
        classes : int array of shape (n, k)
            Classes of all images, -1 where missing.
        wanted : int array of shape (k,)

        Returns
        -------
        int
            Row of ``classes``.
        """
        (target,) = self.check(np.asarray(wanted)[None])
        distance = np.zeros(len(classes))
        for factor, column, at in zip(self.factors, np.asarray(classes).T, target, strict=True):
            apart = np.abs(column - at)
            if factor.kind == "categorical":
                share = (apart > 0).astype(float)
            elif factor.kind == "cyclic":
                share = np.minimum(apart, factor.size - apart) / max(1, factor.size // 2)
            else:
                share = apart / max(1, factor.size - 1)
            distance += np.where(column < 0, 1.0, share)
        return int(distance.argmin())
