"""Complete grids whose images are numbered PNG files somewhere below a folder (Falcor3D, Isaac3D)."""

import re
from pathlib import Path

import numpy as np

from models_zoo.errors import DamagedFile, MissingFiles
from training.data.dataset import Array, ImageTable, Provenance
from training.data.factors import Factor, FactorSpace
from training.data.formats.conversion import fill_rows, memory_mapped
from training.data.formats.pictures import read_picture

NUMBERED = re.compile(r"\d{6}\.png")
LICENCE = "CC-BY-4.0"


def evenly(name: str, size: int) -> Factor:
    """Return an ordinal factor whose values lie evenly in [0, 1]."""
    return Factor(name, tuple(np.linspace(0, 1, size).tolist()), "ordinal")


def numbered_files(folder: Path, n_images: int, name: str, how: str) -> list[Path]:
    """Return the files `NNNNNN.png` below ``folder`` in the order of their numbers, 0 first.

    Raises
    ------
    MissingFiles
        If there are none.
    DamagedFile
        If their number is not the data set's.
    """
    files = sorted((path for path in folder.rglob("*.png") if NUMBERED.fullmatch(path.name)), key=lambda p: p.name)
    if not files:
        raise MissingFiles(
            f"got no numbered pictures (000000.png ...) below {folder}; allowed: those of {name}; {how}",
            field="/dataset",
        )
    if len(files) != n_images or int(files[-1].stem) != n_images - 1:
        raise DamagedFile(
            f"got {folder} with {len(files):,} numbered pictures, the last {files[-1].name}; allowed: the "
            f"{n_images:,} of {name}; unpack the archive again"
        )
    return files


def open_numbered(
    data_directory: Path, name: str, title: str, space: FactorSpace, *, side: int, how: str, url: str, citation: str
) -> ImageTable:
    """Open a set of numbered pictures, converted once to one memory-mapped array.

    Parameters
    ----------
    data_directory : Path
    name, title : str
    space : FactorSpace
        Complete grid; image ``i`` is the file with number ``i``.
    side : int
        Side of the images, pixels.
    how : str
        How to get the pictures.
    url, citation : str
        Of the provenance.
    """
    folder = data_directory / name
    converted = folder / "converted" / f"{name}-{side}.npy"
    shape = (space.n_combinations, side, side, 3)

    def fill(out: Array) -> None:
        files = numbered_files(folder, len(out), title, how)
        fill_rows(out, lambda row: read_picture(files[row], side, 3), f"converting {title}")

    images = memory_mapped(converted, shape, np.uint8, fill)
    provenance = Provenance("unverified", "pictures on this disk (no checksum was published)", LICENCE, url, citation)
    return ImageTable.of_array(name, title, images, space, provenance)
