"""MNIST: 70,000 handwritten digits; the digit is the one factor."""

import struct
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models_zoo.errors import DamagedFile, UnsupportedFormat
from training.config import setting
from training.data.dataset import Array, Images, ImageTable
from training.data.distribution import DatasetConfig
from training.data.factors import Factor, FactorSpace
from training.data.formats.conversion import fill_rows, memory_mapped
from training.data.formats.pictures import resized
from training.data.sources import SourceFile, locate, official, read_unpacked, require

TITLE = "MNIST"
SOURCE = "LeCun, Cortes, Burges (1998): The MNIST database of handwritten digits"
MIRRORS = ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/")
_GZIPPED = {
    "train-images-idx3-ubyte": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "train-labels-idx1-ubyte": "d53e105ee54ea40749a09fcbcd1e9432",
    "t10k-images-idx3-ubyte": "9fb629c4189551a2d022fa330f9573f3",
    "t10k-labels-idx1-ubyte": "ec29112dd5afa0611ce80d1b7f02629c",
}
_PLAIN = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
FILES = tuple(SourceFile(f"{n}.gz", tuple(f"{m}{n}.gz" for m in MIRRORS), f"md5:{h}") for n, h in _GZIPPED.items())
OTHER_FORMS = tuple(SourceFile(name, (), f"md5:{checksum}") for name, checksum in _PLAIN.items())
HOW = "axiscope data fetch mnist downloads the four files; unpacked ones are read too"


class Config(DatasetConfig):
    """Settings of MNIST."""

    split: Literal["train", "test", "all"] = setting("all", "which digits: 60,000, 10,000 or both")
    side: Literal[28, 32, 64] = setting(64, "side: 28 as they are, 32 with a black border, 64 enlarged", unit="pixels")


UNSIGNED_BYTE = 0x08


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes, plain or gzipped by its name.

    Raises
    ------
    UnsupportedFormat
        If it is no IDX file of unsigned bytes.
    DamagedFile
        If the data are shorter or longer than the header states.
    """
    content = read_unpacked(path)
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != UNSIGNED_BYTE:
        raise UnsupportedFormat(
            f"got {path.name} with the first bytes {content[:4].hex()}; allowed: 000008, an IDX file of bytes; fetch "
            "it again"
        )
    n_dimensions = content[3]
    start = 4 + 4 * n_dimensions
    sizes = struct.unpack(f">{n_dimensions}I", content[4:start])
    expected = int(np.prod(sizes))
    if len(content) - start != expected:
        raise DamagedFile(f"got {path.name} with {len(content) - start:,} bytes; allowed: {expected:,}; fetch it again")
    return np.frombuffer(content, np.uint8, offset=start).reshape(sizes)


def _sources(data_directory: Path, settings: Config) -> tuple[list[Path], tuple[SourceFile, ...]]:
    wanted = {"train": slice(0, 2), "test": slice(2, 4), "all": slice(0, 4)}[settings.split]
    plain = OTHER_FORMS[wanted]
    if all(locate(data_directory, "mnist", source.name) for source in plain):
        return require(data_directory, "mnist", plain, HOW), plain
    return require(data_directory, "mnist", FILES[wanted], HOW), FILES[wanted]


def fitted(digit: NDArray[np.uint8], side: int) -> Images:
    """Fit a digit (28, 28) into (side, side, 1)."""
    if side == 32:
        return np.pad(digit, 2)[..., None]
    return resized(digit[..., None], side)


def load(settings: Config, data_directory: Path) -> ImageTable:
    """Open MNIST."""
    paths, sources = _sources(data_directory, settings)
    labels = np.concatenate([read_idx(path) for path in paths[1::2]]).astype(np.int64)

    def fill(out: Array) -> None:
        digits = np.concatenate([read_idx(path) for path in paths[::2]])
        if len(digits) != len(labels):
            raise DamagedFile(
                f"got {len(digits):,} digits and {len(labels):,} labels; allowed: a label for each digit; fetch the "
                "files again"
            )
        fill_rows(out, lambda row: fitted(digits[row], settings.side), "converting MNIST")

    file = paths[0].parent / "converted" / f"{settings.split}-{settings.side}.npy"
    images = memory_mapped(file, (len(labels), settings.side, settings.side, 1), np.uint8, fill, paths)
    factors = FactorSpace((Factor("digit", tuple(range(10)), "categorical"),), complete=False)
    provenance = official(paths, sources, licence="CC-BY-SA-3.0", url=MIRRORS[0], citation=SOURCE)
    return ImageTable.of_array("mnist", TITLE, images, factors, provenance, labels[:, None])
