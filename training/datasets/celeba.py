"""CelebA: 202,599 faces with 40 yes-or-no attributes and no ground-truth factors."""

import io
import zipfile
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models_zoo.errors import DamagedFile
from training.config import setting
from training.data.dataset import Array, Images, ImageTable
from training.data.distribution import DatasetConfig
from training.data.factors import Factor, FactorSpace
from training.data.formats.conversion import fill_rows, memory_mapped
from training.data.sources import SourceFile, official, require

TITLE = "CelebA"
SOURCE = "Liu, Luo, Wang, Tang (2015): Deep learning face attributes in the wild"
URL = "http://mmlab.ie.cuhk.edu.hk/projects/CelebA.html"
ARCHIVE, ATTRIBUTES, PARTITION = "img_align_celeba.zip", "list_attr_celeba.txt", "list_eval_partition.txt"
FILES = (
    SourceFile(ARCHIVE, (), "sha256:46fb89443c578308acf364d7d379fe1b9efb793042c0af734b6112e4fd3a8c74", 1_443_490_838),
    SourceFile(ATTRIBUTES, (), "sha256:f0e5da289d5ccf75ffe8811132694922b60f2af59256ed362afa03fefba324d0", 26_721_026),
    SourceFile(PARTITION, (), "sha256:fc955bcb3ef8fbdf7d5640d9a8693a8431b5f2ee291a5c1449a1549e7e073fe7", 2_836_386),
)
HOW = f"download {ARCHIVE}, {ATTRIBUTES} and {PARTITION} by hand from {URL} and put them there, the archive as it is"
PARTS = {"train": 0, "valid": 1, "test": 2}


class Config(DatasetConfig):
    """Settings of CelebA."""

    split: Literal["train", "valid", "test", "all"] = setting("all", "which faces, by the official partition")
    crop: int | None = setting(148, "side of the centred square cut out first; none squeezes the whole", ge=32, le=178)
    side: Literal[64, 128] = setting(64, "side of the images", unit="pixels")


def read_header(path: Path) -> tuple[int, tuple[str, ...]]:
    """Read the number of faces and the names of the attributes: the first two lines.

    Raises
    ------
    DamagedFile
        If the first line is no number.
    """
    with path.open() as stream:
        count, names = stream.readline().strip(), stream.readline().split()
    if not count.isdecimal():
        raise DamagedFile(
            f"got {path.name} with the first line {count[:40]!r}; allowed: the number of faces; download it again"
        )
    return int(count), tuple(names)


def read_rows(path: Path, skip: int, width: int) -> dict[str, list[str]]:
    """Read for each file name the ``width`` words after it, in the order of the file.

    Raises
    ------
    DamagedFile
        If a line has another number of words.
    """
    found = {}
    for number, line in enumerate(path.read_text().splitlines()[skip:], skip + 1):
        name, *words = line.split() or [""]
        if name and len(words) != width:
            raise DamagedFile(
                f"{path.name}, line {number}: got {len(words)} values; allowed: {width}; download it again"
            )
        if name:
            found[name] = words
    return found


def fill_labels(attributes: Path, partition: Path, out: Array) -> None:
    """Write a row per face: 0 for each -1 and 1 for each 1 of the attributes, and the part it belongs to.

    Raises
    ------
    DamagedFile
        If the two files do not list the same faces.
    """
    count, n_attributes = out.shape[0], out.shape[1] - 1
    values, parts = read_rows(attributes, 2, n_attributes), read_rows(partition, 0, 1)
    if len(values) != count:
        raise DamagedFile(
            f"got {attributes.name} of {len(values)} rows; allowed: {count}, as its first line states; download it "
            "again"
        )
    unlisted = values.keys() - parts.keys()
    if unlisted:
        raise DamagedFile(
            f"got {partition.name} without {min(unlisted)}; allowed: the faces of {attributes.name}; download it again"
        )
    out[:, :-1] = np.array(list(values.values()), np.int8) > 0
    out[:, -1] = [int(parts[name][0]) for name in values]


def read_face(content: bytes, crop: int | None, side: int) -> Images:
    """Decode a JPEG to (side, side, 3)."""
    with Image.open(io.BytesIO(content)) as opened:
        face = opened.convert("RGB")
    if crop is not None:
        left, top = (face.width - crop) // 2, (face.height - crop) // 2
        face = face.crop((left, top, left + crop, top + crop))
    return np.asarray(face.resize((side, side), Image.Resampling.LANCZOS), np.uint8)


def load(settings: Config, data_directory: Path) -> ImageTable:
    """Open CelebA."""
    paths = require(data_directory, "celeba", FILES, HOW)
    converted = paths[0].parent / "converted"
    count, names = read_header(paths[1])
    fill = partial(fill_labels, paths[1], paths[2])
    labels = memory_mapped(converted / "labels.npy", (count, len(names) + 1), np.int8, fill, paths[1:])
    chosen = np.arange(count) if settings.split == "all" else np.flatnonzero(labels[:, -1] == PARTS[settings.split])
    images = memory_mapped(
        converted / f"{settings.split}-{settings.crop}-{settings.side}.npy",
        (len(chosen), settings.side, settings.side, 3),
        np.uint8,
        partial(_fill_faces, settings, paths, chosen),
        paths,
    )
    factors = FactorSpace(tuple(Factor(name, ("no", "yes"), "categorical") for name in names), complete=False)
    provenance = official(paths, FILES, licence="non-commercial research only", url=URL, citation=SOURCE)
    return ImageTable.of_array("celeba", TITLE, images, factors, provenance, labels[chosen, :-1])


def _fill_faces(settings: Config, paths: list[Path], chosen: NDArray[np.int64], out: Array) -> None:
    files = list(read_rows(paths[1], 2, len(read_header(paths[1])[1])))
    try:
        with zipfile.ZipFile(paths[0]) as archive:
            members = {Path(name).name: name for name in archive.namelist()}

            def read(row: int) -> Images:
                return read_face(archive.read(members[files[chosen[row]]]), settings.crop, settings.side)

            fill_rows(out, read, "converting CelebA")
    except (zipfile.BadZipFile, KeyError) as error:
        raise DamagedFile(
            f"got {ARCHIVE}, which is not whole ({error}); allowed: the published file; download it again"
        ) from None
