"""smallNORB: photographs of toys from 9 elevations, 18 azimuths and under 6 lightings."""

import struct
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models_zoo.errors import DamagedFile, UnsupportedFormat
from training.config import setting
from training.data.dataset import Array, ImageTable
from training.data.distribution import DatasetConfig
from training.data.factors import Factor, FactorSpace
from training.data.formats.conversion import fill_rows, memory_mapped
from training.data.formats.pictures import resized
from training.data.sources import SourceFile, official, read_unpacked, require

TITLE = "smallNORB"
SOURCE = "LeCun, Huang, Bottou (2004), https://cs.nyu.edu/~ylclab/data/norb-v1.0-small/"
SITE = "https://cs.nyu.edu/~ylclab/data/norb-v1.0-small/"
TRAIN, TEST = "smallnorb-5x46789x9x18x6x2x96x96-training", "smallnorb-5x01235x9x18x6x2x96x96-testing"
HOW = "axiscope data fetch smallnorb downloads the six files"

_PUBLISHED = {
    f"{TRAIN}-dat.mat.gz": (131_896_188, "5ffd6272a07d32695ee1082a26a41a93a37aab8c28da047f8c34ed348d214873"),
    f"{TRAIN}-cat.mat.gz": (348, "2784e542c1922060691090952b6cd6278879a216c90f81476f0f00256d42cdaa"),
    f"{TRAIN}-info.mat.gz": (71_052, "de7eb932ebe7a4ee16217fead60660d0eb3d23632c2f4d1c51f88c501c17bf32"),
    f"{TEST}-dat.mat.gz": (130_799_817, "cf7104eed3e51174d2f65b66d1e5878b9da233b886f161b0d88f4510ba2c7474"),
    f"{TEST}-cat.mat.gz": (347, "ecaf6d5bb8c3bc5eab9cf0258f6d2198dd474e016e374836fc097f2e5ff509ff"),
    f"{TEST}-info.mat.gz": (10_428, "16adf314226327ee006d1a44db8cfef52773c06c829951d5653a9f6f310248a2"),
}
FILES = tuple(
    SourceFile(name, (SITE + name,), f"sha256:{checksum}", size) for name, (size, checksum) in _PUBLISHED.items()
)
CATEGORIES = ("four-legged animal", "human", "airplane", "truck", "car")
# columns of the info matrix
INSTANCE, ELEVATION, AZIMUTH, LIGHTING = range(4)


class Config(DatasetConfig):
    """Settings of smallNORB."""

    split: Literal["train", "test", "all"] = setting("all", "which photographs; published studies take all")
    instance: Literal["nuisance", "factor"] = setting(
        "nuisance", "whether the toy of a category is left out of the factors or is one of them"
    )
    side: int = setting(64, "side of the images; the photographs have 96", unit="pixels", ge=16, le=96)


TYPES = {0x1E3D4C55: "u1", 0x1E3D4C54: "<i4", 0x1E3D4C56: "<i2", 0x1E3D4C51: "<f4", 0x1E3D4C53: "<f8"}
MIN_STORED_SIZES = 3


def read_matrix(path: Path) -> Array:
    """Read a smallNORB matrix, plain or gzipped by its name.

    Raises
    ------
    UnsupportedFormat
        If the magic number is none of the known ones (the packed type is not read).
    DamagedFile
        If the file is truncated.
    """
    content = read_unpacked(path)
    if len(content) < 8:
        raise DamagedFile(f"got {path.name} of {len(content)} bytes; allowed: at least 8; fetch it again")
    magic, n_dimensions = struct.unpack("<ii", content[:8])
    if magic not in TYPES:
        raise UnsupportedFormat(
            f"got {path.name} with the first number {magic:#x}; allowed: {', '.join(map(hex, TYPES))}; fetch it again"
        )
    stored = max(MIN_STORED_SIZES, n_dimensions)
    start = 8 + 4 * stored
    shape = struct.unpack(f"<{stored}i", content[8:start])[:n_dimensions]
    dtype = np.dtype(TYPES[magic])
    expected = int(np.prod(shape)) * dtype.itemsize
    if len(content) - start < expected:
        raise DamagedFile(f"got {path.name} with {len(content) - start:,} bytes; allowed: {expected:,}; fetch it again")
    return np.frombuffer(content, dtype, count=int(np.prod(shape)), offset=start).reshape(shape)


def read_classes(category_file: Path, info_file: Path) -> NDArray[np.int64]:
    """Read classes (n, 5): category, instance, elevation, azimuth (stored doubled), lighting."""
    category = read_matrix(category_file).astype(np.int64)
    info = read_matrix(info_file).astype(np.int64)
    if info.shape != (len(category), 4):
        raise DamagedFile(
            f"got {info_file.name} of shape {info.shape} and {category_file.name} of {len(category)} rows; allowed: "
            "(rows, 4); fetch both again"
        )
    columns = [category, info[:, INSTANCE], info[:, ELEVATION], info[:, AZIMUTH] // 2, info[:, LIGHTING]]
    return np.stack(columns, axis=1)


def _factors(classes: NDArray[np.int64], settings: Config) -> FactorSpace:
    toys = tuple(float(toy) for toy in np.unique(classes[:, 1]))
    factors = [
        Factor("category", CATEGORIES, "categorical"),
        Factor("instance", toys, "categorical"),
        Factor("elevation", tuple(range(30, 75, 5)), "ordinal", "degrees"),
        Factor("azimuth", tuple(range(0, 360, 20)), "cyclic", "degrees"),
        Factor("lighting", tuple(range(6)), "categorical"),
    ]
    with_instance = settings.instance == "factor"
    space = FactorSpace(tuple(f for f in factors if with_instance or f.name != "instance"), complete=False)
    complete = with_instance and len(classes) == space.n_combinations
    return FactorSpace(space.factors, complete=complete)


def load(settings: Config, data_directory: Path) -> ImageTable:
    """Open smallNORB: the left photograph of every stereo pair, rows put in grid order."""
    sources = {"train": FILES[:3], "test": FILES[3:], "all": FILES}[settings.split]
    paths = require(data_directory, "smallnorb", sources, HOW)
    halves = [paths[start : start + 3] for start in range(0, len(paths), 3)]
    classes = np.concatenate([read_classes(category, info) for _, category, info in halves])
    order = np.lexsort(classes.T[::-1])

    def fill(out: Array) -> None:
        pairs = [read_matrix(pictures) for pictures, _, _ in halves]
        left = np.concatenate([pair[:, 0] for pair in pairs])
        if len(left) != len(classes):
            raise DamagedFile(
                f"got {len(left)} photographs and {len(classes)} labels; allowed: a label for each photograph; fetch "
                "the files again"
            )
        fill_rows(out, lambda row: resized(left[order[row]][..., None], settings.side), "converting smallNORB")

    shape = (len(classes), settings.side, settings.side, 1)
    file = paths[0].parent / "converted" / f"{settings.split}-{settings.side}.npy"
    images = memory_mapped(file, shape, np.uint8, fill, paths)
    sorted_classes = classes[order]
    sorted_classes[:, 1] = np.unique(sorted_classes[:, 1], return_inverse=True)[1]
    kept = sorted_classes if settings.instance == "factor" else sorted_classes[:, [0, 2, 3, 4]]
    provenance = official(paths, sources, licence="for research purposes", url=SITE, citation=SOURCE)
    return ImageTable.of_array("smallnorb", TITLE, images, _factors(classes, settings), provenance, kept)
