"""Falcor3D: an indoor scene; lighting and camera vary."""

from pathlib import Path
from typing import Literal

from training.config import setting
from training.data.dataset import ImageTable
from training.data.distribution import DatasetConfig
from training.data.factors import FactorSpace
from training.data.formats.numbered_pictures import evenly, open_numbered
from training.data.sources import SourceFile

TITLE = "Falcor3D"
SOURCE = "Nie et al. (2020): Semi-supervised StyleGAN for disentanglement learning"
URL = "https://github.com/NVlabs/High-res-disentanglement-datasets"
FILES: tuple[SourceFile, ...] = ()
HOW = (
    "download Falcor3D_128x128 (3.7 GB, Google Drive id 1XAQfFK1x6cpN1eiovbP0hVfLTm5SsSoJ) by hand and unpack it there"
)


class Config(DatasetConfig):
    """Settings of Falcor3D."""

    side: Literal[64, 128] = setting(64, "side of the images", unit="pixels")


def factor_space() -> FactorSpace:
    """Return the factors, slowest first."""
    factors = (
        evenly("lighting_intensity", 5),
        evenly("lighting_x-dir", 6),
        evenly("lighting_y-dir", 6),
        evenly("lighting_z-dir", 6),
        evenly("camera_x-pos", 6),
        evenly("camera_y-pos", 6),
        evenly("camera_z-pos", 6),
    )
    return FactorSpace(factors)


def load(settings: Config, data_directory: Path) -> ImageTable:
    """Open Falcor3D; its pictures are converted once."""
    return open_numbered(
        data_directory, "falcor3d", TITLE, factor_space(), side=settings.side, how=HOW, url=URL, citation=SOURCE
    )
