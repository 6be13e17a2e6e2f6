"""MPI3D realistic: simulated, photo-realistic rendering; seven factors."""

from pathlib import Path

from training import config
from training.data.formats.mpi3d import HUB, open_mpi3d
from training.data.image_table import ImageTable
from training.data.sources import SourceFile

TITLE = "MPI3D realistic"
SOURCE = "Gondal et al. (2019), https://github.com/rr-learning/disentanglement_dataset"
FILES = (
    SourceFile(
        "mpi3d_realistic.npz",
        (HUB + "mpi3d_realistic.npz",),
        "md5:59a6225b88b635365f70c91b3e52f70f",
        earlier_edition=True,
    ),
)
HOW = "axiscope data fetch mpi3d_realistic downloads it (5.7 to 12.7 GB)"


class Config(config.Config):
    """MPI3D realistic has no settings."""


def load(settings: Config, data_directory: Path) -> ImageTable:  # noqa: ARG001
    """Open MPI3D realistic."""
    return open_mpi3d(data_directory, "mpi3d_realistic", TITLE, FILES[0], HOW)
