"""MPI3D complex: photographs of a robot arm with everyday objects; seven factors."""

from pathlib import Path

from training import config
from training.data.formats.mpi3d import open_mpi3d
from training.data.image_table import ImageTable
from training.data.sources import SourceFile

TITLE = "MPI3D complex"
SOURCE = "Gondal et al. (2019), https://github.com/rr-learning/disentanglement_dataset"
FILES = (SourceFile("mpi3d_real_complex.npz", ()),)
HOW = "download mpi3d_real_complex.npz by hand (Google Drive id 1Tp8eTdHxgUMtsZv5uAoYAbJR1BOa_OQm) and put it there"


class Config(config.Config):
    """MPI3D complex has no settings."""


def load(settings: Config, data_directory: Path) -> ImageTable:  # noqa: ARG001
    """Open MPI3D complex."""
    return open_mpi3d(data_directory, "mpi3d_complex", TITLE, FILES[0], HOW)
