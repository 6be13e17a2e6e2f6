"""Split of a data set into images to train on and images held out, a pure function of the seed."""

import numpy as np

from models_zoo.errors import InvalidInput
from training.data.factors import Indices

SPLIT_STREAM = 2
"""Stream of randomness of a run's seed; those of `training.runs.batches` have other numbers."""


def split(n_images: int, held_out: float, seed: int, images: int | None = None) -> tuple[Indices, Indices]:
    """Return the images to train on and those held out: ascending int64 arrays without a common index.

    Parameters
    ----------
    n_images : int
        Size of the data set.
    held_out : float
        Share of the images in [0, 1) that is held out, rounded to whole images.
    seed : int
    images : int, optional
        Number of images to draw from the data set; all by default.

    Raises
    ------
    InvalidInput
        If the data set has fewer than ``images``.
    """
    if images is not None and images > n_images:
        raise InvalidInput(f"images: got {images:,}; allowed: up to {n_images:,}, the whole data set", field="/images")
    order = np.random.default_rng([seed, SPLIT_STREAM]).permutation(n_images)[:images]
    cut = round(len(order) * held_out)
    return np.sort(order[cut:]), np.sort(order[:cut])
