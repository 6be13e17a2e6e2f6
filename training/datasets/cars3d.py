"""Cars3D: 183 car models seen from 24 azimuths and 4 elevations."""

import io
import tarfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO, Literal

import numpy as np
import scipy.io

from models_zoo.errors import DamagedFile
from training.config import setting
from training.data.dataset import Array, Images, ImageTable
from training.data.distribution import DatasetConfig
from training.data.factors import Factor, FactorSpace
from training.data.formats.conversion import memory_mapped, shown
from training.data.formats.pictures import resized
from training.data.sources import SourceFile, official, require

TITLE = "Cars3D"
SOURCE = "Reed, Zhang, Zhang, Lee (2015): Deep visual analogy-making"
ARCHIVE = "nips2015-analogy-data.tar.gz"
URL = "http://www.scottreed.info/files/nips2015-analogy-data.tar.gz"
FILES = (SourceFile(ARCHIVE, (URL,), "md5:4e866a7919c1beedf53964e6f7a23686"),)
HOW = "axiscope data fetch cars3d downloads it; put the archive there as it is, it is not unpacked by hand"
N_OBJECTS, N_AZIMUTHS, N_ELEVATIONS, SIDE = 183, 24, 4, 128


class Config(DatasetConfig):
    """Settings of Cars3D."""

    side: Literal[64, 128] = setting(64, "side of the images; the pictures have 128", unit="pixels")


def factor_space(n_objects: int = N_OBJECTS) -> FactorSpace:
    """Return elevation, azimuth and object, slowest first."""
    return FactorSpace(
        (
            Factor("elevation", tuple(range(N_ELEVATIONS)), "ordinal"),
            Factor("azimuth", tuple(range(0, 360, 360 // N_AZIMUTHS)), "cyclic", "degrees"),
            Factor("object_type", tuple(range(n_objects)), "categorical"),
        )
    )


def objects_in_order(archive: tarfile.TarFile) -> list[str]:
    """Return member names of the objects in the order of `list.txt`, never in the order of the directory.

    Raises
    ------
    DamagedFile
        If the list or a file it names is missing.
    """
    members = {Path(name).name: name for name in archive.getnames() if "/cars/" in f"/{name}"}
    stream = archive.extractfile(members["list.txt"]) if "list.txt" in members else None
    if stream is None:
        raise DamagedFile(f"got {ARCHIVE} without data/cars/list.txt; allowed: the published file; fetch it again")
    names = [line.strip() for line in stream.read().decode().splitlines() if line.strip()]
    files = [name if name.endswith(".mat") else f"{name}.mat" for name in names]
    missing = [name for name in files if name not in members]
    if missing:
        raise DamagedFile(
            f"got {ARCHIVE} without {missing[0]}; allowed: the files that its list.txt names; fetch it again"
        )
    return [members[name] for name in files]


def read_object(stream: IO[bytes], side: int) -> Images:
    """Read the images (elevation, azimuth, side, side, 3) of one object's MATLAB file."""
    pictures = scipy.io.loadmat(stream, variable_names=["im"]).get("im")
    expected = (SIDE, SIDE, 3, N_AZIMUTHS, N_ELEVATIONS)
    if pictures is None or pictures.shape != expected:
        shape = None if pictures is None else pictures.shape
        raise DamagedFile(f"got an object of Cars3D with im of shape {shape}; allowed: {expected}; fetch it again")
    views = pictures.transpose(4, 3, 0, 1, 2)
    return np.stack([[resized(np.ascontiguousarray(view), side) for view in ring] for ring in views])


def load(settings: Config, data_directory: Path) -> ImageTable:
    """Open Cars3D; the archive is converted once."""
    paths = require(data_directory, "cars3d", FILES, HOW)
    file = paths[0].parent / "converted" / f"cars-{settings.side}.npy"
    shape = (N_ELEVATIONS, N_AZIMUTHS, N_OBJECTS, settings.side, settings.side, 3)
    images = memory_mapped(file, shape, np.uint8, partial(_fill, paths[0], settings.side), paths)
    flat = images.reshape(-1, settings.side, settings.side, 3)
    provenance = official(paths, FILES, licence="none stated", url=URL, citation=SOURCE)
    return ImageTable.of_array("cars3d", TITLE, flat, factor_space(), provenance)


def _fill(path: Path, side: int, out: Array) -> None:
    try:
        with tarfile.open(path) as archive:
            names = objects_in_order(archive)
        if len(names) != out.shape[2]:
            raise DamagedFile(f"got {path.name} with {len(names)} objects; allowed: {out.shape[2]}; fetch it again")
        with tarfile.open(path, "r|*") as archive:  # in the archive's own order: each step back would unpack it anew
            for number, content in shown(_contents(archive, names), len(names), "converting Cars3D"):
                out[:, :, number] = read_object(content, side)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise DamagedFile(
            f"got {path.name}, which is no whole archive ({error}); allowed: the published file; fetch it again"
        ) from None


def _contents(archive: tarfile.TarFile, names: list[str]) -> Iterator[tuple[int, IO[bytes]]]:
    numbers = {name: number for number, name in enumerate(names)}
    for member in archive:
        stream = archive.extractfile(member) if member.name in numbers else None
        if stream is not None:
            yield numbers[member.name], io.BytesIO(stream.read())
