"""Contract of a data set, and the table of images that most of them return. numpy only: the service reads it too."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from training.data.factors import FactorSpace, Indices, check_image_indices

Array = NDArray[Any]
"""Array of any type of element."""
Images = NDArray[np.uint8]


@dataclass(frozen=True)
class Provenance:
    """Where the pixels come from.

    Parameters
    ----------
    source : {"official", "unverified", "procedural", "own", "stand-in"}
        ``official`` only for files whose checksum was compared and matched; ``unverified`` for the rest of them.
    description : str
        One line: file and checksum, or how they are drawn.
    licence : str
        Licence of the pixels.
    url : str
        Address of the original; empty where there is none.
    citation : str
        The paper that introduced the data set.
    """

    source: Literal["official", "unverified", "procedural", "own", "stand-in"]
    description: str
    licence: str
    url: str = ""
    citation: str = ""


class Dataset(Protocol):
    """Images by index with their factors.

    Attributes
    ----------
    name : str
        Plugin name, e.g. ``"dsprites"``.
    title : str
        Display name that distinguishes a rendering from the original: ``"dSprites (procedural)"``.
    image_shape : tuple of int
        Height, width, channels.
    factors : FactorSpace
        Empty factors where nothing is known of the images.
    provenance : Provenance
    """

    name: str
    title: str
    image_shape: tuple[int, int, int]
    factors: FactorSpace
    provenance: Provenance

    def __len__(self) -> int:
        """Count the images."""
        ...

    def images(self, indices: NDArray[np.integer]) -> Images:
        """Return images (n, height, width, channels), uint8 in [0, 255], of the indices (n,)."""
        ...

    def labels(self, indices: NDArray[np.integer]) -> Indices:
        """Return the factor classes (n, k), int64, of the indices (n,); -1 marks a missing label."""
        ...


@dataclass(frozen=True)
class ImageTable:
    """Images by index with their factors; what the data set plugins return from ``load``.

    Parameters
    ----------
    name : str
        Plugin name.
    original_title : str
        Display name of the official set; `title` adds what the pixels really are.
    image_shape : tuple of int
        Height, width, channels.
    factors : FactorSpace
    provenance : Provenance
    read : callable
        Takes valid image indices (n,) int64, returns uint8 (n, height, width, channels).
    n_images : int, optional
        Where it is not the number of combinations of the factors.
    classes : int array (n_images, k), optional
        Class of every factor per image, -1 where missing; not needed for a complete grid.
    """

    name: str
    original_title: str
    image_shape: tuple[int, int, int]
    factors: FactorSpace
    provenance: Provenance
    read: Callable[[Indices], Images]
    n_images: int | None = None
    classes: NDArray[np.integer] | None = None

    @classmethod
    def of_array(
        cls,
        name: str,
        original_title: str,
        images: NDArray[np.uint8],
        factors: FactorSpace,
        provenance: Provenance,
        classes: NDArray[np.integer] | None = None,
    ) -> "ImageTable":
        """Return the table of an array of images (n, height, width, channels)."""
        n, height, width, channels = images.shape
        return cls(
            *(name, original_title, (height, width, channels), factors, provenance),
            read=lambda indices: np.ascontiguousarray(images[indices]),
            n_images=n,
            classes=classes,
        )

    @property
    def title(self) -> str:
        """Display name; anything but the official pixels is named as what it is."""
        source = self.provenance.source
        return self.original_title if source in {"official", "own"} else f"{self.original_title} ({source})"

    def __len__(self) -> int:
        """Count the images."""
        return self.factors.n_combinations if self.n_images is None else self.n_images

    def images(self, indices: NDArray[np.integer]) -> Images:
        """Return images (n, height, width, channels), uint8 in [0, 255], of the indices (n,)."""
        return self.read(check_image_indices(indices, len(self)))

    def labels(self, indices: NDArray[np.integer]) -> Indices:
        """Return the factor classes (n, k), int64, of the indices (n,); -1 marks a missing label."""
        if self.classes is None:
            return self.factors.from_index(indices)
        return self.classes[check_image_indices(indices, len(self))].astype(np.int64)
