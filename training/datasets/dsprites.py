"""dSprites: white squares, ellipses and hearts on black; shape, scale, orientation and position vary."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training import config
from training.dataset import Images, Provenance
from training.factors import FactorSpace, Indices, check_image_indices
from training.formats.dsprites import ProceduralSprites, Sprites
from training.rendering import sprites

TITLE = "dSprites"
SOURCE = "Matthey et al. (2017), https://github.com/google-deepmind/dsprites-dataset"


class Config(config.Config):
    """dSprites has no settings."""


class Dsprites:
    """All 737,280 sprites as images (64, 64, 1) of 0 and 255."""

    name = "dsprites"
    image_shape = (sprites.SIDE, sprites.SIDE, 1)

    def __init__(self, source: Sprites, factors: FactorSpace) -> None:
        self._source = source
        self.factors = factors

    @property
    def provenance(self) -> Provenance:
        """Where the sprites come from."""
        return self._source.provenance

    @property
    def title(self) -> str:
        """Display name."""
        return TITLE if self.provenance.source == "official" else f"{TITLE} ({self.provenance.source})"

    def __len__(self) -> int:
        """Count the images."""
        return sprites.N_IMAGES

    def images(self, indices: NDArray[np.integer]) -> Images:
        """Images (n, 64, 64, 1), uint8 of 0 and 255, of the indices (n,)."""
        bits = self._source.bits(check_image_indices(indices, len(self)))
        bits *= 255
        return bits[..., None]

    def labels(self, indices: NDArray[np.integer]) -> Indices:
        """Classes (n, 5) of shape, scale, orientation, posX, posY."""
        return self.factors.from_index(indices)


def load(settings: Config, data_directory: Path) -> Dsprites:  # noqa: ARG001
    """Open dSprites."""
    source = ProceduralSprites()
    return Dsprites(source, source.space)
