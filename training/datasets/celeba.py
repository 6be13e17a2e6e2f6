"""CelebA: 202,599 faces with 40 yes-or-no attributes and no ground-truth factors."""

import io
import zipfile
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models_zoo.errors import DamagedFile
from training import config
from training.config import setting
from training.dataset import Images
from training.factors import Factor, FactorSpace, Indices
from training.formats.conversion import memory_mapped, rows
from training.image_table import ImageTable
from training.sources import SourceFile, official, require

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


class Config(config.Config):
    """Settings of CelebA."""

    split: Literal["train", "valid", "test", "all"] = setting("all", "which faces, by the official partition")
    crop: int | None = setting(148, "side of the centred square cut out first; none squeezes the whole", ge=32, le=178)
    side: Literal[64, 128] = setting(64, "side of the images", unit="pixels")


def read_attributes(path: Path) -> tuple[tuple[str, ...], list[str], NDArray[np.int64]]:
    """Attribute names, file names, and classes (n, 40): 0 for the file's -1, 1 for its 1.

    Raises
    ------
    DamagedFile
        If the count in its first line is not that of its rows.
    """
    lines = path.read_text().splitlines()
    count, names = int(lines[0]), tuple(lines[1].split())
    cells = [line.split() for line in lines[2:] if line.strip()]
    if len(cells) != count or any(len(row) != len(names) + 1 for row in cells):
        raise DamagedFile(f"{path.name} says {count} rows of {len(names)} attributes and has {len(cells)} rows")
    values = np.array([row[1:] for row in cells], dtype=np.int64)
    return names, [row[0] for row in cells], (values > 0).astype(np.int64)


def read_face(content: bytes, crop: int | None, side: int) -> Images:
    """JPEG as (side, side, 3)."""
    with Image.open(io.BytesIO(content)) as opened:
        face = opened.convert("RGB")
    if crop is not None:
        left, top = (face.width - crop) // 2, (face.height - crop) // 2
        face = face.crop((left, top, left + crop, top + crop))
    return np.asarray(face.resize((side, side), Image.Resampling.LANCZOS), np.uint8)


def load(settings: Config, data_directory: Path) -> ImageTable:
    """Open CelebA.

    Raises
    ------
    NotFound, DamagedFile
    """
    paths = require(data_directory, "celeba", FILES, HOW)
    names, files, classes = read_attributes(paths[1])
    parts = {name: int(part) for name, part in (line.split() for line in paths[2].read_text().splitlines() if line)}
    chosen = [row for row, name in enumerate(files) if settings.split == "all" or parts[name] == PARTS[settings.split]]

    def fill(out: NDArray[Any]) -> None:
        try:
            with zipfile.ZipFile(paths[0]) as archive:
                members = {Path(name).name: name for name in archive.namelist()}
                for part in rows(len(out), "converting CelebA"):
                    for row in range(part.start, part.stop):
                        face = archive.read(members[files[chosen[row]]])
                        out[row] = read_face(face, settings.crop, settings.side)
        except (zipfile.BadZipFile, KeyError) as error:
            raise DamagedFile(f"{ARCHIVE} is not whole ({error}): download it again") from None

    file = paths[0].parent / "converted" / f"{settings.split}-{settings.crop}-{settings.side}.npy"
    images = memory_mapped(file, (len(chosen), settings.side, settings.side, 3), np.uint8, fill, paths)
    return ImageTable(
        name="celeba",
        original_title=TITLE,
        image_shape=(settings.side, settings.side, 3),
        factors=FactorSpace(tuple(Factor(name, ("no", "yes"), "categorical") for name in names), complete=False),
        provenance=official(paths, FILES, licence="non-commercial research only", url=URL, citation=SOURCE),
        read=partial(_read, images),
        n_images=len(chosen),
        classes=classes[chosen],
    )


def _read(images: NDArray[np.uint8], indices: Indices) -> Images:
    return np.ascontiguousarray(images[indices])
