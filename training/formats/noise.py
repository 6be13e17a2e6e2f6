"""Randomness that belongs to one image: the same for every access, whatever else is read."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray


def generators(seed: int, indices: NDArray[np.int64]) -> Iterator[np.random.Generator]:
    """One generator per image, a function of the data set's seed and the image's index."""
    for index in indices:
        yield np.random.Generator(np.random.Philox(key=[seed, int(index)]))
