"""3D Shapes: one solid in a room; hues of floor, wall and object, scale, shape and orientation vary."""

from functools import partial
from pathlib import Path

import numpy as np

from models_zoo.errors import DamagedFile
from training.data.dataset import Array, ImageTable, Provenance
from training.data.distribution import DatasetConfig
from training.data.factors import Factor, FactorSpace
from training.data.formats.conversion import memory_mapped, rows
from training.data.rendering import room
from training.data.rendering.solids import SHAPES
from training.data.sources import SourceFile, locate, official

TITLE = "3D Shapes"
SOURCE = "Burgess and Kim (2018), https://github.com/google-deepmind/3d-shapes"
LICENCE = "Apache-2.0"
URL = "https://github.com/google-deepmind/3d-shapes"
CITATION = "Burgess, Kim (2018): 3D Shapes dataset"

FILES = (
    SourceFile(
        "3dshapes.h5",
        ("https://storage.googleapis.com/3d-shapes/3dshapes.h5",),
        "sha256:0a0f6ed98baff276a50f3a081a7434d788da63cb135a98189b2a5b5769be1785",
        267_573_662,
    ),
)
HOW = "axiscope data fetch shapes3d downloads it; without it Axiscope draws its own rendering"


class Config(DatasetConfig):
    """3D Shapes has no settings of its own."""


def factor_space() -> FactorSpace:
    """Return the six factors in the order of the official file."""
    hues = tuple(room.HUES.round(2).tolist())
    return FactorSpace(
        (
            Factor("floor_hue", hues, "cyclic"),
            Factor("wall_hue", hues, "cyclic"),
            Factor("object_hue", hues, "cyclic"),
            Factor("scale", tuple(room.SCALES.tolist()), "ordinal"),
            Factor("shape", SHAPES, "categorical"),
            Factor("orientation", tuple(room.ORIENTATIONS.tolist()), "ordinal", "degrees"),
        )
    )


def _official(data_directory: Path) -> ImageTable | None:
    path = locate(data_directory, "shapes3d", FILES[0].name)
    if path is None:
        return None
    space = factor_space()
    shape = (space.n_combinations, room.SIDE, room.SIDE, 3)
    fill = partial(fill_from_hdf5, path)
    images = memory_mapped(path.parent / "converted" / "images.npy", shape, np.uint8, fill, [path])
    provenance = official([path], FILES, licence=LICENCE, url=URL, citation=CITATION)
    return ImageTable.of_array("shapes3d", TITLE, images, space, provenance)


def fill_from_hdf5(path: Path, out: Array) -> None:
    """Copy `images` block by block: the file is compressed and random reads are very slow.

    Raises
    ------
    DamagedFile
        If the file is truncated or its images have another shape.
    """
    import h5py  # noqa: PLC0415 - few files are HDF5

    try:
        with h5py.File(path) as file:
            images = file["images"]
            if images.shape != out.shape or images.dtype != np.uint8:
                raise DamagedFile(
                    f"got {path.name} with images of {images.dtype} {images.shape}; allowed: uint8 {out.shape}; fetch "
                    "it again"
                )
            for part in rows(len(out), "converting 3D Shapes", step=2_000):
                out[part] = images[part]
    except (OSError, KeyError) as error:
        raise DamagedFile(
            f"got {path.name}, which is no whole 3D Shapes file ({error}); allowed: the published file; fetch it again"
        ) from None


def load(settings: Config, data_directory: Path) -> ImageTable:  # noqa: ARG001
    """Open 3D Shapes: the official file, converted once, where there is one; else the procedural rendering."""
    found = _official(data_directory)
    if found is not None:
        return found
    factors = factor_space()
    pictures = room.shared()
    return ImageTable(
        name="shapes3d",
        original_title=TITLE,
        image_shape=(room.SIDE, room.SIDE, 3),
        factors=factors,
        provenance=Provenance(
            "procedural",
            "drawn by Axiscope with geometry and colours like 3D Shapes; not the original file",
            LICENCE,
            URL,
            CITATION,
        ),
        read=lambda indices: pictures.render(factors.from_index(indices)),
    )
