"""What every data set gives the rest of the product. numpy only: the service reads it too."""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from training.data.factors import FactorSpace, Indices

Images = NDArray[np.uint8]


@dataclass(frozen=True)
class Provenance:
    """Where the pixels come from.

    Parameters
    ----------
    source : {"official", "unverified", "procedural", "own", "stand-in"}
        ``official`` only for files whose checksum was compared and matched; ``unverified`` for the rest of them.
    description : str
        One line for a person: file and checksum, or how they are drawn.
    licence : str
        Licence of the pixels.
    url : str
        Where the original lives; empty where there is none.
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
        Display name that never passes a rendering for the original: ``"dSprites (procedural)"``.
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
        """Images (n, height, width, channels), uint8 in [0, 255], of the indices (n,)."""
        ...

    def labels(self, indices: NDArray[np.integer]) -> Indices:
        """Factor classes (n, k), int64, of the indices (n,); -1 marks a missing label."""
        ...
