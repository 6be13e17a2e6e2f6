"""MPI3D real: photographs of a robot arm with simple objects; seven factors."""

from pathlib import Path

from training import config
from training.data.formats.mpi3d import HUB, open_mpi3d
from training.data.image_table import ImageTable
from training.data.sources import SourceFile

TITLE = "MPI3D real"
SOURCE = "Gondal et al. (2019), https://github.com/rr-learning/disentanglement_dataset"
FILES = (
    SourceFile(
        "mpi3d_real.npz", (HUB + "mpi3d_real.npz",), "md5:0f33f609918fb5c97996692f91129802", earlier_edition=True
    ),
)
HOW = "axiscope data fetch mpi3d_real downloads it (5.7 to 12.7 GB)"


class Config(config.Config):
    """MPI3D real has no settings."""


def load(settings: Config, data_directory: Path) -> ImageTable:  # noqa: ARG001
    """Open MPI3D real."""
    return open_mpi3d(data_directory, "mpi3d_real", TITLE, FILES[0], HOW)
