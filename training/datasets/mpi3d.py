"""MPI3D: a robot arm with an object, simulated (toy, realistic) or photographed (real, complex); seven factors.

A set is one flat npz of images in grid order. The number of images determines the grid.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from models_zoo.errors import DamagedFile
from training.data.dataset import ImageTable
from training.data.distribution import DatasetConfig
from training.data.factors import Factor, FactorSpace
from training.data.formats.npz import open_member
from training.data.sources import SourceFile, official, require

SIDE = 64
COLOURS = ("white", "green", "red", "blue", "brown", "olive")
SHAPES = ("cone", "cube", "cylinder", "hexagonal", "pyramid", "sphere")
COMPLEX_COLOURS = ("yellow", "green", "olive", "red")
COMPLEX_SHAPES = ("coffee-cup", "tennis-ball", "croissant", "beer-cup")
HUB = "https://huggingface.co/datasets/waleedgondal/mpi3d/resolve/main/"
LICENCE = "CC-BY-4.0"
URL = "https://github.com/rr-learning/disentanglement_dataset"
CITATION = "Gondal et al. (2019): On the transfer of inductive bias from simulation to the real world"
SIZES_BY_COUNT = {1_036_800: (6, 6), 460_800: (4, 4)}
"""Number of images -> sizes of object colour and object shape."""


class Config(DatasetConfig):
    """MPI3D has no settings of its own."""


def factor_space(n_images: int, *, complex_objects: bool) -> FactorSpace:
    """Return seven factors in the order of the file.

    Raises
    ------
    DamagedFile
        If no published grid has ``n_images`` images.
    """
    if n_images not in SIZES_BY_COUNT:
        raise DamagedFile(
            f"got {n_images:,} images; allowed: {' or '.join(f'{n:,}' for n in SIZES_BY_COUNT)}; fetch the file again"
        )
    n_colours, n_shapes = SIZES_BY_COUNT[n_images]
    colours, shapes = (COMPLEX_COLOURS, COMPLEX_SHAPES) if complex_objects else (COLOURS, SHAPES)
    return FactorSpace(
        (
            Factor("object_color", colours[:n_colours], "categorical"),
            Factor("object_shape", shapes[:n_shapes], "categorical"),
            Factor("object_size", ("small", "large"), "ordinal"),
            Factor("camera_height", ("top", "center", "bottom"), "ordinal"),
            Factor("background_color", ("purple", "sea green", "salmon"), "categorical"),
            Factor("horizontal_axis", tuple(np.linspace(0, 1, 40).tolist()), "ordinal"),
            Factor("vertical_axis", tuple(np.linspace(0, 1, 40).tolist()), "ordinal"),
        )
    )


@dataclass(frozen=True)
class Variant:
    """One of the four sets.

    Parameters
    ----------
    name, TITLE : str
        Plugin name and display name.
    FILES : tuple of SourceFile
        One file: a stored (not deflated) npz is mapped in place.
    HOW : str
        How to get it.
    """

    name: str
    TITLE: str
    FILES: tuple[SourceFile, ...]
    HOW: str
    SOURCE: ClassVar = f"Gondal et al. (2019), {URL}"
    Config: ClassVar = Config

    def load(self, settings: DatasetConfig, data_directory: Path) -> ImageTable:  # noqa: ARG002
        """Open the set."""
        paths = require(data_directory, self.name, self.FILES, self.HOW)
        images = open_member(paths[0], "images")
        if images.ndim != 4 or images.shape[1:] != (SIDE, SIDE, 3) or images.dtype != np.uint8:
            raise DamagedFile(
                f"got {paths[0].name} with images of {images.dtype} {images.shape}; allowed: uint8 (n, {SIDE}, "
                f"{SIDE}, 3); fetch it again"
            )
        factors = factor_space(len(images), complex_objects=self.name == "mpi3d_complex")
        provenance = official(paths, self.FILES, licence=LICENCE, url=URL, citation=CITATION)
        return ImageTable.of_array(self.name, self.TITLE, images, factors, provenance)


def _downloaded(name: str, title: str, checksum: str) -> Variant:
    source = SourceFile(f"{name}.npz", (f"{HUB}{name}.npz",), checksum, earlier_edition=True)
    return Variant(name, title, (source,), f"axiscope data fetch {name} downloads it (5.7 to 12.7 GB)")


VARIANTS = {
    "toy": _downloaded("mpi3d_toy", "MPI3D toy", "md5:55889cb7c7dfc655d6e0277beee88868"),
    "realistic": _downloaded("mpi3d_realistic", "MPI3D realistic", "md5:59a6225b88b635365f70c91b3e52f70f"),
    "real": _downloaded("mpi3d_real", "MPI3D real", "md5:0f33f609918fb5c97996692f91129802"),
    "complex": Variant(
        "mpi3d_complex",
        "MPI3D complex",
        (SourceFile("mpi3d_real_complex.npz", ()),),
        "download mpi3d_real_complex.npz by hand (Google Drive id 1Tp8eTdHxgUMtsZv5uAoYAbJR1BOa_OQm) and put it there",
    ),
}
