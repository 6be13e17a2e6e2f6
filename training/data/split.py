"""Split of a data set into images to train on and images held out, a pure function of the seed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models_zoo.errors import InvalidInput
from training.data.dataset import Dataset
from training.data.distribution import Distribution, distribution_of
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
    if images is None and held_out == 0:
        return np.arange(n_images, dtype=np.int64), np.empty(0, dtype=np.int64)
    order = np.random.default_rng([seed, SPLIT_STREAM]).permutation(n_images)[:images]
    cut = round(len(order) * held_out)
    return np.sort(order[cut:]), np.sort(order[:cut])


@dataclass(frozen=True)
class TrainingImages:
    """Images of a run.

    Parameters
    ----------
    rows, held_out : int64 arrays
        Images to train on and those held out, ascending, without a common one; none of a held-out combination.
    distribution : Distribution
        Over the whole data set, by the settings of the data set.
    """

    rows: Indices
    held_out: Indices
    distribution: Distribution

    @property
    def weights(self) -> NDArray[np.float64] | None:
        """Relative probabilities of ``rows``, float64; None where they are equally probable."""
        weights = self.distribution.weights
        return None if weights is None else weights[self.rows]


def training_images(
    dataset: Dataset, settings: Mapping[str, Any], held_out: float, seed: int, images: int | None = None
) -> TrainingImages:
    """Return the images of a run: those of `split` that are of no held-out combination.

    Parameters
    ----------
    dataset : Dataset
    settings : mapping
        Those of the data set.
    held_out, seed, images
        As `split` takes them.

    Raises
    ------
    InvalidInput
        If no image is left to train on.
    """
    distribution = distribution_of(dataset, settings)
    rows, rest = (part[distribution.allowed[part]] for part in split(len(dataset), held_out, seed, images))
    found = TrainingImages(rows, rest, distribution)
    if not len(found.rows) or (found.weights is not None and not found.weights.any()):
        raise InvalidInput(
            "held_out_combinations and correlations: got rules that leave none of the images of the run; allowed: "
            "rules that leave some, or more images",
            field="/dataset_settings/held_out_combinations",
        )
    return found
