"""MPI3D: one flat npz of images in grid order; which grid, the number of images tells."""

from pathlib import Path

import numpy as np

from models_zoo.errors import DamagedFile
from training.data.factors import Factor, FactorSpace
from training.data.formats.npz import open_member
from training.data.image_table import ImageTable, rows_of
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
"""Number of images -> sizes of object colour and object shape; a name says nothing about it."""


def factor_space(n_images: int, *, complex_objects: bool) -> FactorSpace:
    """Seven factors in the order of the file.

    Raises
    ------
    DamagedFile
        If no published grid has ``n_images`` images.
    """
    if n_images not in SIZES_BY_COUNT:
        raise DamagedFile(f"{n_images:,} images came; MPI3D has {' or '.join(f'{n:,}' for n in SIZES_BY_COUNT)}")
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


def open_mpi3d(data_directory: Path, name: str, title: str, source: SourceFile, how: str) -> ImageTable:
    """Open one of the four sets; a stored (not deflated) npz is mapped in place.

    Raises
    ------
    NotFound, DamagedFile
    """
    (path,) = require(data_directory, name, (source,), how)
    images = open_member(path, "images")
    if images.ndim != 4 or images.shape[1:] != (SIDE, SIDE, 3) or images.dtype != np.uint8:
        raise DamagedFile(
            f"{path.name}: images is {images.dtype} {images.shape}, MPI3D is uint8 (n, {SIDE}, {SIDE}, 3)"
        )
    return ImageTable(
        name=name,
        original_title=title,
        image_shape=(SIDE, SIDE, 3),
        factors=factor_space(len(images), complex_objects=name == "mpi3d_complex"),
        provenance=official([path], (source,), licence=LICENCE, url=URL, citation=CITATION),
        read=rows_of(images),
    )
