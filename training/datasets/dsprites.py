"""dSprites: white squares, ellipses and hearts on black; shape, scale, orientation and position vary."""

from pathlib import Path

from training.data.dataset import Images, ImageTable
from training.data.distribution import DatasetConfig
from training.data.factors import Indices
from training.data.formats.dsprites import FILES as OFFICIAL_FILES
from training.data.formats.dsprites import open_sprites, sprite_table

TITLE = "dSprites"
SOURCE = "Matthey et al. (2017), https://github.com/google-deepmind/dsprites-dataset"

FILES = OFFICIAL_FILES
ONE_FILE_IS_ENOUGH = True
HOW = "axiscope data fetch dsprites downloads it; without it Axiscope draws its own rendering"


class Config(DatasetConfig):
    """dSprites has no settings of its own."""


def load(settings: Config, data_directory: Path) -> ImageTable:  # noqa: ARG001
    """Open dSprites: the official file where there is one, else the procedural rendering."""
    source = open_sprites(data_directory)

    def read(indices: Indices) -> Images:
        bits = source.bits(indices)
        bits *= 255
        return bits[..., None]

    return sprite_table("dsprites", TITLE, 1, source.provenance, read)
