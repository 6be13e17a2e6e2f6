"""Images that the rows of a score are drawn from: the whole data set, or what training did or did not show."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models_zoo.errors import InvalidInput
from models_zoo.manifest import Manifest
from training.data.dataset import Dataset
from training.data.distribution import WeightedDraw, distribution_of
from training.data.factors import Indices
from training.data.split import training_images

ImageChoice = Literal["all", "held_out", "training", "held_out_combinations"]
CHOICES: tuple[ImageChoice, ...] = ("all", "held_out", "training", "held_out_combinations")
"""The whole data set; the images held out of training; the distribution of training; combinations it never showed."""
TABLED: tuple[ImageChoice, ...] = ("all", "held_out")
"""Choices whose scores tables of models show; the others stand beside them, on and off the training distribution."""


@dataclass(frozen=True)
class ImagePool:
    """Images to draw from.

    Parameters
    ----------
    images : int64 array of shape (n,)
        Ascending.
    weights : float64 array of shape (n,), optional
        Relative probabilities; None for draws without repetition of equally probable images.
    """

    images: Indices
    weights: NDArray[np.float64] | None = None

    def choose(self, limit: int | None, seed: int) -> Indices:
        """Return images, ascending: all, or ``limit`` of them drawn without repetition.

        By weight, draws are independent of each other, so that an image may come several times; without ``limit`` there
        are as many as the pool has images.
        """
        if self.weights is not None:
            n = len(self.images) if limit is None else limit
            return np.sort(WeightedDraw(self.images, self.weights).draw(n, np.random.default_rng(seed)))
        if limit is None or limit >= len(self.images):
            return self.images
        return np.sort(np.random.default_rng(seed).choice(self.images, size=limit, replace=False)).astype(np.int64)


def pool_of(manifest: Manifest, dataset: Dataset, choice: ImageChoice) -> ImagePool:
    """Return the images of a choice for one model.

    Raises
    ------
    InvalidInput
        If there is no such choice, or training made no difference between these images and others.
    """
    if choice not in CHOICES:
        raise InvalidInput(f"images: got {choice!r}; allowed: {', '.join(CHOICES)}", field="/images", allowed=CHOICES)
    if choice == "all":
        return ImagePool(np.arange(len(dataset), dtype=np.int64))
    if choice == "held_out":
        return _held_out(manifest, dataset)
    distribution = distribution_of(dataset, manifest.dataset_settings)
    if distribution.uniform:
        raise InvalidInput(
            f"images: got {choice!r} of model {manifest.id}, in whose training all combinations were equally probable; "
            "allowed: all",
            field="/images",
        )
    if choice == "training":
        weights = distribution.weights
        allowed = np.flatnonzero(distribution.allowed)
        return ImagePool(allowed, None if weights is None else weights[allowed])
    if not len(distribution.held_out):
        raise InvalidInput(
            f"images: got {choice!r} of model {manifest.id}, whose training held out no combination; "
            "allowed: all, training",
            field="/images",
        )
    return ImagePool(distribution.held_out)


def _held_out(manifest: Manifest, dataset: Dataset) -> ImagePool:
    run = manifest.training
    chosen = training_images(
        dataset, manifest.dataset_settings, run.get("held_out", 0), run.get("seed", 0), run.get("images")
    )
    if not len(chosen.held_out):
        raise InvalidInput(
            f"got model {manifest.id}, which was trained on all images, and images that were held out; allowed: all "
            "images; evaluate it on these"
        )
    return ImagePool(chosen.held_out)
