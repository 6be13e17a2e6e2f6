"""Your own images: an npz or h5 file, or a folder of pictures with a CSV, with or without labels."""

from pathlib import Path
from typing import Any

from models_zoo.errors import InvalidInput
from training import config
from training.config import FilePath, setting
from training.dataset import Provenance
from training.formats.own import Labels, open_array_file, open_folder
from training.image_table import ImageTable, rows_of
from training.sources import SourceFile

TITLE = "Own images"
SOURCE = "yours"
FILES: tuple[SourceFile, ...] = ()
HOW = "name the file or folder by the setting `path` (docs/datasets.md, Your own data)"


class Config(config.Config):
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


def load(settings: Config, data_directory: Path) -> ImageTable:
    """Open own images.

    Raises
    ------
    InvalidInput
        If no path is set, an image is outside its range, or labels do not match the images.
    NotFound, DamagedFile, UnsupportedFormat
    """
    if not settings.path:
        raise InvalidInput(f"no path came: {HOW}", field="/dataset_settings/path")
    path = Path(settings.path)
    wanted = Labels(settings.labels, settings.kinds, settings.bins)
    opened: Any
    if path.is_dir():
        converted = data_directory / "own" / "converted"
        opened = open_folder(path, converted, side=settings.side, channels=1 if settings.grey else 3, labels=wanted)
    else:
        opened = open_array_file(path, side=settings.side, labels=wanted)
    height, width, channels = opened.images.shape[1:]
    return ImageTable(
        name="own",
        original_title=settings.title or path.stem,
        image_shape=(height, width, channels),
        factors=opened.factors,
        provenance=Provenance("own", f"{path.name}, {len(opened.images):,} images", "yours"),
        read=rows_of(opened.images),
        n_images=len(opened.images),
        classes=opened.classes,
    )
