"""Noisy-dSprites: white sprites in uniform noise."""

from pathlib import Path

import numpy as np

from training.config import setting
from training.data.dataset import Images, ImageTable
from training.data.distribution import DatasetConfig
from training.data.factors import Indices
from training.data.formats.dsprites import generators, open_sprites, sprite_table
from training.data.rendering import sprites
from training.data.sources import SourceFile

TITLE = "Noisy-dSprites"
SOURCE = "Locatello et al. (2019), Challenging common assumptions, appendix; sprites of Matthey et al. (2017)"
FILES: tuple[SourceFile, ...] = ()
HOW = "made from dSprites by code; axiscope data fetch dsprites gets the official sprites"


class Config(DatasetConfig):
    """Settings of Noisy-dSprites."""

    seed: int = setting(0, "seed of the noise; an image keeps its noise at every access", ge=0, lt=2**63)


def load(settings: Config, data_directory: Path) -> ImageTable:
    """Open Noisy-dSprites: ``min(x + uniform(0, 1), 1)`` per pixel and channel."""
    source = open_sprites(data_directory)

    def read(indices: Indices) -> Images:
        shape = (sprites.SIDE, sprites.SIDE, 3)
        noise = [rng.integers(0, 256, shape, np.uint8) for rng in generators(settings.seed, indices)]
        noisy: Images = np.stack(noise)
        white = source.bits(indices) * np.uint8(255)
        for channel in range(3):
            noisy[..., channel] |= white
        return noisy

    return sprite_table("noisy_dsprites", TITLE, 3, source.provenance, read)
