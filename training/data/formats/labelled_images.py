"""Images and labels of the user: arrays in npz or h5, or a folder of pictures with a CSV."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from models_zoo.errors import DamagedFile, InvalidInput, MissingFiles, TooLarge, UnsupportedFormat
from training.data.dataset import Array
from training.data.factors import Factor, FactorSpace, Indices, Kind
from training.data.formats.conversion import fill_rows, memory_mapped
from training.data.formats.label_table import Column, read_csv
from training.data.formats.npz import open_member
from training.data.formats.pictures import read_picture, resized

if TYPE_CHECKING:
    import h5py

KINDS = ("categorical", "ordinal", "continuous", "cyclic")
PICTURES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp"}
MISSING = {"", "na", "nan", "none", "null", "?"}
MEMBERS = ("images", "labels", "label_names")
MAX_CLASSES = 10_000
MAX_PICTURES = 1_000_000


@dataclass(frozen=True)
class Labels:
    """Settings of labels: a CSV (may be empty), kinds by factor, bins of continuous factors."""

    csv: str = ""
    kinds: dict[str, str] = field(default_factory=dict)
    bins: int = 20


@dataclass(frozen=True)
class Opened:
    """Images (n, h, w, c) uint8, their factors, and classes (n, k) with -1 for missing."""

    images: NDArray[np.uint8]
    factors: FactorSpace
    classes: Indices


def as_bytes(images: Array, path: Path) -> NDArray[np.uint8]:
    """Return images (n, h, w) or (n, h, w, c) as uint8 (n, h, w, c); floats in [0, 1] are scaled.

    Raises
    ------
    InvalidInput
        For another shape or type, or values outside their range: the message names the first image at fault.
    """
    array = images[..., None] if images.ndim == 3 else images
    if array.ndim != 4 or array.shape[-1] not in (1, 3) or len(array) < 2:
        raise InvalidInput(
            f"got {path.name} with images of shape {images.shape}; allowed: (n, h, w[, 1 or 3]) with n >= 2; save "
            "them in that shape"
        )
    if array.dtype == np.uint8:
        return cast(NDArray[np.uint8], array)
    if not np.issubdtype(array.dtype, np.floating):
        raise InvalidInput(
            f"got {path.name} with images of {array.dtype}; allowed: uint8 in 0..255, or floats in 0..1; save them as "
            "one of these"
        )
    outside = ~((array >= 0) & (array <= 1)).reshape(len(array), -1).all(1)
    if outside.any():
        first = int(np.argmax(outside))
        raise InvalidInput(
            f"got {path.name} with values outside 0..1 in image {first}; allowed: floats in 0..1, or uint8; scale them",
            field=f"/images/{first}",
        )
    return (array * 255).round().astype(np.uint8)


def open_array_file(path: Path, *, side: int, labels: Labels) -> Opened:
    """Open `images` of an npz or h5 file; `labels` (n, k) with `label_names`, or a CSV, give the factors."""
    if not path.is_file():
        raise MissingFiles(
            f"got {path.name}, which does not exist; allowed: an existing file or folder; correct the path",
            field="/dataset_settings/path",
        )
    if path.suffix == ".npz":
        images = open_member(path, "images")
        table = _labels_of_npz(path)
    elif path.suffix in {".h5", ".hdf5"}:
        images, table = _read_h5(path)
    else:
        raise UnsupportedFormat(f"got {path.name}; allowed: .npz, .h5, .hdf5 and folders of pictures")
    pixels = as_bytes(images, path)
    if pixels.shape[1:3] != (side, side):
        pixels = np.stack([resized(np.ascontiguousarray(image), side) for image in pixels])
    if labels.csv:
        table = read_csv(Path(labels.csv), n=len(pixels))
    return Opened(pixels, *_factors(table, len(pixels), labels))


def _labels_of_npz(path: Path) -> dict[str, Column]:
    with np.load(path, allow_pickle=False) as arrays:
        present = set(arrays.files)
    if "labels" not in present:
        return {}
    names = [str(name) for name in open_member(path, "label_names")] if "label_names" in present else None
    return _columns(open_member(path, "labels"), names, path)


def _read_h5(path: Path) -> tuple[Array, dict[str, Column]]:
    import h5py  # noqa: PLC0415 - few files are HDF5

    try:
        with h5py.File(path) as file:
            if "images" not in file:
                raise DamagedFile(
                    f"got {path.name} without `images`; allowed: images, and labels with label_names; save them by "
                    "these names"
                )
            found = {name: _own_array(file, name, path)[:] for name in MEMBERS if name in file}
    except OSError:
        raise DamagedFile(
            f"got {path.name}, which is no whole HDF5 file; allowed: a readable file; copy it again"
        ) from None
    names = [n.decode() if isinstance(n, bytes) else str(n) for n in found.get("label_names", [])] or None
    table = _columns(found["labels"], names, path) if "labels" in found else {}
    return found["images"], table


def _own_array(file: "h5py.File", name: str, path: Path) -> "h5py.Dataset":
    """Return an array whose bytes stand in this very file: other files that HDF5 may name are not followed."""
    import h5py  # noqa: PLC0415 - few files are HDF5

    link = file.get(name, getlink=True)
    array = file[name] if isinstance(link, h5py.HardLink) else None
    if not isinstance(array, h5py.Dataset) or array.external or array.is_virtual:
        raise InvalidInput(
            f"got {path.name} with {name}, which is no array of this file; allowed: arrays that are stored in the "
            "file; save it there"
        )
    return array


def _columns(labels: Array, names: list[str] | None, path: Path) -> dict[str, Column]:
    array = labels[:, None] if labels.ndim == 1 else labels
    called = names or [f"label_{k}" for k in range(array.shape[-1])]
    if array.ndim != 2 or len(called) != array.shape[1]:
        raise InvalidInput(
            f"got {path.name} with labels of shape {labels.shape} and {len(called)} label_names; allowed: (n, k) and "
            "k names; correct one of them"
        )
    return {name: [str(value) for value in array[:, k]] for k, name in enumerate(called)}


def _factors(table: dict[str, Column], n: int, labels: Labels) -> tuple[FactorSpace, Indices]:
    for name, kind in labels.kinds.items():
        if name not in table or kind not in KINDS:
            raise InvalidInput(
                f"got kind {kind} of {name}; allowed: {', '.join(KINDS)}, of a label by the name of its column",
                field="/dataset_settings/kinds",
            )
    made = [_factor(name, column, number, labels) for number, (name, column) in enumerate(table.items(), 1)]
    for number, (factor, classes) in enumerate(made, 1):
        if len(classes) != n:
            raise InvalidInput(
                f"got label {number} of {len(classes)} rows and {n} images; allowed: a row for each image; correct "
                "the table"
            )
        if factor.size < 1:
            raise InvalidInput(
                f"got label {number} of {len(made)} without a value in any row; allowed: a value in at least one; "
                "remove its column"
            )
        if factor.size > MAX_CLASSES:
            raise TooLarge(
                f"got label {number} with {factor.size:,} different values; allowed: at most {MAX_CLASSES:,}; remove "
                "the column, or set its kind to continuous",
                allowed=MAX_CLASSES,
            )
    classes = np.stack([c for _, c in made], axis=1) if made else np.zeros((n, 0), np.int64)
    return FactorSpace(tuple(factor for factor, _ in made), complete=False), classes


def _factor(name: str, column: Column, number: int, labels: Labels) -> tuple[Factor, Indices]:
    known = np.array([value.lower() not in MISSING for value in column])
    present = [value for value, there in zip(column, known, strict=True) if there]
    numbers = _numbers(present)
    kind = cast(Kind, labels.kinds.get(name) or ("categorical" if numbers is None else _guess(numbers, labels.bins)))
    classes = np.full(len(column), -1, np.int64)
    if numbers is None:
        if kind != "categorical":
            raise InvalidInput(
                f"got label {number} of words with kind {kind}; allowed: categorical; correct the kind",
                field="/dataset_settings/kinds",
            )
        words = sorted(set(present))
        class_of = {word: place for place, word in enumerate(words)}
        classes[known] = [class_of[value] for value in present]
        return Factor(name, tuple(words), "categorical"), classes
    if kind == "continuous":
        edges = np.unique(np.quantile(numbers, np.linspace(0, 1, labels.bins + 1)))
        codes = np.clip(np.searchsorted(edges, numbers, side="right") - 1, 0, max(len(edges) - 2, 0))
        used, codes = np.unique(codes, return_inverse=True)
        values = tuple(float(numbers[codes == c].mean()) for c in range(len(used)))
    else:
        unique, codes = np.unique(numbers, return_inverse=True)
        values = tuple(float(value) for value in unique)
    classes[known] = codes
    return Factor(name, values, kind), classes


def _numbers(values: Column) -> NDArray[np.float64] | None:
    try:
        numbers = np.array([float(value) for value in values])
    except ValueError:
        return None
    return numbers if np.isfinite(numbers).all() else None


def _guess(numbers: NDArray[np.float64], bins: int) -> Kind:
    return "continuous" if len(np.unique(numbers)) > 5 * bins else "ordinal"


def picture_files(folder: Path) -> list[Path]:
    """Return regular files below ``folder`` with the suffix of a picture, in the order of their names.

    Raises
    ------
    MissingFiles
        If there are fewer than two, or more than `MAX_PICTURES`.
    """
    found = (p for p in folder.rglob("*") if p.suffix.lower() in PICTURES and not p.name.startswith("."))
    files = sorted(islice((p for p in found if p.is_file()), MAX_PICTURES + 1))
    if not 2 <= len(files) <= MAX_PICTURES:
        count = f"{len(files):,}" if len(files) < 2 else f"more than {MAX_PICTURES:,}"
        raise MissingFiles(
            f"got {folder.name} with {count} pictures; allowed: 2 to {MAX_PICTURES:,}, with the endings "
            f"{', '.join(sorted(PICTURES))}; name another folder",
            field="/dataset_settings/path",
        )
    return files


def labels_of(path: Path, csv: str) -> Path | None:
    """Return the label file of the images at ``path``: ``csv`` where it is set, else a folder's own ``labels.csv``."""
    beside = path / "labels.csv"
    return Path(csv) if csv else beside if beside.exists() else None


def state_of(files: Iterable[Path]) -> str:
    """Return path, size and time of change of each file: a text that changes where one of them does."""
    states = ((file, file.stat()) for file in files)
    return "\n".join(f"{file} {state.st_size} {state.st_mtime_ns}" for file, state in states)


def open_folder(folder: Path, converted: Path, *, side: int, channels: int, labels: Labels) -> Opened:
    """Open the pictures below a folder in the order of their names, converted once to a memory-mapped array.

    Raises
    ------
    MissingFiles
        If there are fewer than two pictures.
    DamagedFile
        Naming a picture that cannot be read.
    """
    files = picture_files(folder)
    names = [file.relative_to(folder).as_posix() for file in files]
    key = hashlib.sha256(f"{folder.absolute()} {side} {channels}\n{state_of(files)}".encode()).hexdigest()[:16]

    def fill(out: Array) -> None:
        fill_rows(out, lambda row: read_picture(files[row], side, channels), "converting pictures")

    images = memory_mapped(converted / f"{key}.npy", (len(files), side, side, channels), np.uint8, fill)
    path = labels_of(folder, labels.csv)
    table = read_csv(path, files=names) if path else {}
    return Opened(images, *_factors(table, len(files), labels))
