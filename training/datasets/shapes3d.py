"""3D Shapes: one solid in a room; hues of floor, wall and object, scale, shape and orientation vary."""

from pathlib import Path

from training import config
from training.dataset import Provenance
from training.factors import Factor, FactorSpace
from training.image_table import ImageTable
from training.rendering import room
from training.rendering.solids import SHAPES

TITLE = "3D Shapes"
SOURCE = "Burgess and Kim (2018), https://github.com/google-deepmind/3d-shapes"
LICENCE = "Apache-2.0"
URL = "https://github.com/google-deepmind/3d-shapes"
CITATION = "Burgess, Kim (2018): 3D Shapes dataset"


class Config(config.Config):
    """3D Shapes has no settings."""


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


def load(settings: Config, data_directory: Path) -> ImageTable:  # noqa: ARG001
    """Open 3D Shapes."""
    factors = factor_space()
    pictures = room.Room()
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
