"""Data sets on this disk: their status without opening them, and opening one."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from models_zoo.errors import InvalidInput
from models_zoo.manifest import Manifest
from training.config import build
from training.data.dataset import Dataset
from training.data.sources import SourceFile, locate
from training.registry import DATASETS

FileState = Literal["there", "incomplete", "missing"]


@dataclass(frozen=True)
class FileStatus:
    """One official file: its name, whether it is there in full length, its bytes here, and where it comes from."""

    name: str
    state: FileState
    bytes: int
    official_bytes: int | None
    urls: tuple[str, ...]
    checksum: str


@dataclass(frozen=True)
class DatasetStatus:
    """A data set at a glance.

    Parameters
    ----------
    name, title, source : str
        Plugin name, official display name, paper.
    how : str
        How to get it.
    folder : Path
        Where its files belong.
    files : tuple of FileStatus
        Empty where a program can neither fetch nor compare anything.
    bytes_on_disk : int
        Of everything in its folder: official files, partial downloads, converted arrays.
    brought : bool
        Whether its images are the user's, named by a path: without one there is nothing to open.
    """

    name: str
    title: str
    source: str
    how: str
    folder: Path
    files: tuple[FileStatus, ...]
    bytes_on_disk: int
    brought: bool = False

    @property
    def has_files(self) -> bool:
        """Whether opening may have to read, compare or convert files of its own."""
        if self.brought:
            return False
        return self.bytes_on_disk > 0 or any(file.state != "missing" for file in self.files)


def path_settings(name: str) -> tuple[str, ...]:
    """Return the names of the settings of data set ``name`` that are paths.

    Raises
    ------
    NotFound
        If there is no such data set.
    """
    properties = DATASETS.load(name).Config.model_json_schema().get("properties", {})
    return tuple(setting for setting, schema in properties.items() if _is_path(schema))


def _is_path(schema: Mapping[str, Any]) -> bool:
    return schema.get("format") == "path" or any(_is_path(each) for each in schema.get("anyOf", ()))


def _file_status(source: SourceFile, name: str, data_directory: Path) -> FileStatus:
    path = locate(data_directory, name, source.name)
    if path is None:
        partial = data_directory / name / f"{source.name}.part"
        arrived = partial.stat().st_size if partial.exists() else 0
        state: FileState = "incomplete" if arrived else "missing"
    else:
        arrived = path.stat().st_size
        state = "incomplete" if source.size is not None and arrived < source.size else "there"
    return FileStatus(source.name, state, arrived, source.size, source.urls, source.checksum)


def dataset_status(name: str, data_directory: Path) -> DatasetStatus:
    """Return the status of data set ``name``, from the data directory alone.

    Raises
    ------
    NotFound
        If there is no such data set.
    """
    plugin = DATASETS.load(name)
    folder = data_directory / name
    on_disk = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else 0
    files = tuple(_file_status(source, name, data_directory) for source in plugin.FILES)
    brought = not files and bool(path_settings(name))
    return DatasetStatus(name, plugin.TITLE, plugin.SOURCE, plugin.HOW, folder, files, on_disk, brought)


def open_dataset_of(manifest: Manifest, data_directory: Path) -> Dataset:
    """Open the data set that a model was trained on.

    Raises
    ------
    InvalidInput
        If the model names none.
    """
    if manifest.dataset is None:
        raise InvalidInput(
            f"got model {manifest.id!r}, which names no data set; allowed: models with one; import it again with "
            "--dataset",
            field="/model",
        )
    return open_dataset(manifest.dataset, manifest.dataset_settings, data_directory)


def open_dataset(name: str, settings: Mapping[str, Any], data_directory: Path) -> Dataset:
    """Open data set ``name``.

    Raises
    ------
    NotFound, InvalidInput, DamagedFile
        If there is no such data set, a setting is wrong, or its files are missing or damaged.
    """
    plugin = DATASETS.load(name)
    dataset: Dataset = plugin.load(build(plugin.Config, settings), data_directory)
    return dataset
