"""MPI3D toy: simulated, simple rendering; seven factors."""

from pathlib import Path

from training import config
from training.data.formats.mpi3d import HUB, open_mpi3d
from training.data.image_table import ImageTable
from training.data.sources import SourceFile

TITLE = "MPI3D toy"
SOURCE = "Gondal et al. (2019), https://github.com/rr-learning/disentanglement_dataset"
FILES = (
    SourceFile("mpi3d_toy.npz", (HUB + "mpi3d_toy.npz",), "md5:55889cb7c7dfc655d6e0277beee88868", earlier_edition=True),
)
HOW = "axiscope data fetch mpi3d_toy downloads it (5.7 to 12.7 GB)"


class Config(config.Config):
    """MPI3D toy has no settings."""


def load(settings: Config, data_directory: Path) -> ImageTable:  # noqa: ARG001
    """Open MPI3D toy."""
    return open_mpi3d(data_directory, "mpi3d_toy", TITLE, FILES[0], HOW)
