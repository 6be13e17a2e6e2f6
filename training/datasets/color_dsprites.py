"""Color-dSprites: every sprite in one random colour on black."""

from pathlib import Path

import numpy as np

from training.config import setting
from training.data.dataset import Images, ImageTable
from training.data.distribution import DatasetConfig
from training.data.factors import Indices
from training.data.formats.dsprites import generators, open_sprites, sprite_table
from training.data.sources import SourceFile

TITLE = "Color-dSprites"
SOURCE = "Locatello et al. (2019), Challenging common assumptions, appendix; sprites of Matthey et al. (2017)"
FILES: tuple[SourceFile, ...] = ()
HOW = "made from dSprites by code; axiscope data fetch dsprites gets the official sprites"


class Config(DatasetConfig):
    """Settings of Color-dSprites."""

    seed: int = setting(0, "seed of the colours; an image keeps its colour at every access", ge=0, lt=2**63)


def load(settings: Config, data_directory: Path) -> ImageTable:
    """Open Color-dSprites: ``x * uniform(0.5, 1)`` per image and channel; colour is no factor."""
    source = open_sprites(data_directory)

    def read(indices: Indices) -> Images:
        colours = np.stack([rng.uniform(0.5, 1, 3) for rng in generators(settings.seed, indices)])
        levels = (colours * 255).round().astype(np.uint8)
        bits = source.bits(indices)
        images = np.empty((*bits.shape, 3), np.uint8)
        for channel in range(3):
            np.multiply(bits, levels[:, None, None, channel], out=images[..., channel])
        return images

    return sprite_table("color_dsprites", TITLE, 3, source.provenance, read)
