"""Your own images: an npz or h5 file, or a folder of pictures with a CSV, with or without labels."""

import hashlib
from pathlib import Path

from models_zoo.errors import InvalidInput, MissingFiles
from training.config import FilePath, setting
from training.data.dataset import ImageTable, Provenance
from training.data.distribution import DatasetConfig
from training.data.formats.image_store import stored
from training.data.formats.labelled_images import (
    Labels,
    Opened,
    labels_of,
    open_array_file,
    open_folder,
    picture_files,
    state_of,
)
from training.data.sources import SourceFile

TITLE = "Own images"
SOURCE = "yours"
FILES: tuple[SourceFile, ...] = ()
UPLOADS = Path("own", "uploads")
"""Folder of uploaded sets below the data directory, a folder for each."""
HOW = "name the file or folder by the setting `path` (docs/datasets.md, Your own data)"


class Config(DatasetConfig):
    """Settings of own images."""

    path: FilePath = setting("", "npz or h5 file with `images` (n, h, w[, c]), or a folder of pictures")
    title: str = setting("", "display name; the file's name by default")
    labels: FilePath = setting(
        "", "CSV with a column `file` (or a row per image) and one column per factor; empty for none"
    )
    kinds: dict[str, str] = setting({}, "kind per factor: categorical, ordinal, continuous or cyclic")
    side: int = setting(64, "side that images are brought to", unit="pixels", ge=8, le=512)
    grey: bool = setting(False, "turn pictures of a folder into one channel")
    bins: int = setting(20, "classes that a continuous factor is cut into, equally filled", ge=2, le=1000)


def conversions_of(path: Path, data_directory: Path) -> Path:
    """Return the folder of arrays converted from ``path``: an uploaded set has its own, which goes with the set."""
    uploads = (data_directory / UPLOADS).resolve()
    place = path.resolve()
    if place != uploads and place.is_relative_to(uploads):
        return uploads / place.relative_to(uploads).parts[0] / ".converted"
    return data_directory / "own" / "converted"


def _key(path: Path, settings: Config) -> str:
    """Return the digest of the settings and of the state of all files that they name."""
    files = picture_files(path) if path.is_dir() else [path]
    labels = labels_of(path, settings.labels)
    try:
        state = state_of([*files, *([labels] if labels else [])])
    except FileNotFoundError as error:
        name = Path(error.filename).name
        field = "labels" if labels and name == labels.name else "path"
        raise MissingFiles(
            f"got {name}, which does not exist; allowed: an existing file or folder; correct the path",
            field=f"/dataset_settings/{field}",
        ) from None
    facts = settings.model_dump_json(exclude={"title"})
    return hashlib.sha256(f"{facts}\n{state}".encode()).hexdigest()[:16]


def load(settings: Config, data_directory: Path) -> ImageTable:
    """Open own images.

    Raises
    ------
    InvalidInput
        If no path is set, an image is outside its range, or labels do not match the images.
    MissingFiles, DamagedFile, UnsupportedFormat
    """
    if not settings.path:
        raise InvalidInput(f"got no path; allowed: a file or folder; {HOW}", field="/dataset_settings/path")
    path = Path(settings.path)
    converted = conversions_of(path, data_directory)
    wanted = Labels(settings.labels, settings.kinds, settings.bins)

    def read() -> Opened:
        if path.is_dir():
            channels = 1 if settings.grey else 3
            return open_folder(path, converted, side=settings.side, channels=channels, labels=wanted)
        return open_array_file(path, side=settings.side, labels=wanted)

    opened = stored(converted, _key(path, settings), read)
    provenance = Provenance("own", f"{path.name}, {len(opened.images):,} images", "yours")
    title = settings.title or path.stem
    return ImageTable.of_array("own", title, opened.images, opened.factors, provenance, opened.classes)
