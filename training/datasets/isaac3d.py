"""Isaac3D: a robot arm in a room; object, robot, camera and lighting vary."""

from pathlib import Path
from typing import Literal

from training.config import setting
from training.data.dataset import ImageTable
from training.data.distribution import DatasetConfig
from training.data.factors import Factor, FactorSpace
from training.data.formats.numbered_pictures import evenly, open_numbered
from training.data.sources import SourceFile

TITLE = "Isaac3D"
SOURCE = "Nie et al. (2020): Semi-supervised StyleGAN for disentanglement learning"
URL = "https://github.com/NVlabs/High-res-disentanglement-datasets"
FILES: tuple[SourceFile, ...] = ()
HOW = "download Isaac3D_128x128 (13 GB, Google Drive id 1OmQ1G2wnm6eTsSFGTKFZZAh5D3nQTW1B) by hand and unpack it there"


class Config(DatasetConfig):
    """Settings of Isaac3D."""

    side: Literal[64, 128] = setting(64, "side of the images", unit="pixels")


def factor_space() -> FactorSpace:
    """Return the factors, slowest first.

    The order is that of the official demo script; the list in its README puts scale and camera
    before the robot, and is wrong.
    """
    factors = (
        Factor("object_shape", tuple(range(3)), "categorical"),
        evenly("robot_x-move", 8),
        evenly("robot_y-move", 5),
        evenly("camera_height", 4),
        evenly("object_scale", 4),
        evenly("lighting_intensity", 4),
        evenly("lighting_y-dir", 6),
        Factor("object_color", tuple(range(4)), "categorical"),
        Factor("wall_color", tuple(range(4)), "categorical"),
    )
    return FactorSpace(factors)


def load(settings: Config, data_directory: Path) -> ImageTable:
    """Open Isaac3D; its pictures are converted once."""
    return open_numbered(
        data_directory, "isaac3d", TITLE, factor_space(), side=settings.side, how=HOW, url=URL, citation=SOURCE
    )
