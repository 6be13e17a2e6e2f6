"""Images and labels that a person brings: arrays in npz or h5, or a folder of pictures with a CSV."""

import csv
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import h5py
import numpy as np
from numpy.typing import NDArray

from models_zoo.errors import DamagedFile, InvalidInput, NotFound, UnsupportedFormat
from training.factors import Factor, FactorSpace, Indices, Kind
from training.formats.conversion import fill_rows, memory_mapped
from training.formats.npz import open_member
from training.formats.pictures import read_picture, resized

KINDS = ("categorical", "ordinal", "continuous", "cyclic")
PICTURES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp"}
MISSING = {"", "na", "nan", "none", "null", "?"}
Column = list[str]


@dataclass(frozen=True)
class Labels:
    """What is known of labels: a CSV (may be empty), kinds by factor, bins of continuous factors."""

    csv: str = ""
    kinds: dict[str, str] = field(default_factory=dict)
    bins: int = 20


@dataclass(frozen=True)
class Opened:
    """Images (n, h, w, c) uint8, their factors, and classes (n, k) with -1 for missing."""

    images: NDArray[np.uint8]
    factors: FactorSpace
    classes: Indices


def as_bytes(images: NDArray[Any], path: Path) -> NDArray[np.uint8]:
    """Images (n, h, w) or (n, h, w, c) as uint8 (n, h, w, c); floats in [0, 1] are scaled.

    Raises
    ------
    InvalidInput
        For another shape or type, or values outside their range: the message names the first image at fault.
    """
    array = images[..., None] if images.ndim == 3 else images
    if array.ndim != 4 or array.shape[-1] not in (1, 3) or len(array) < 2:
        raise InvalidInput(f"{path.name}: images has shape {images.shape}; allowed is (n, h, w[, 1 or 3]), n >= 2")
    if array.dtype == np.uint8:
        return cast(NDArray[np.uint8], array)
    if not np.issubdtype(array.dtype, np.floating):
        raise InvalidInput(f"{path.name}: images is {array.dtype}; allowed are uint8 in 0..255 and floats in 0..1")
    outside = ~((array >= 0) & (array <= 1)).reshape(len(array), -1).all(1)
    if outside.any():
        first = int(np.argmax(outside))
        raise InvalidInput(
            f"{path.name}: image {first} has values from {array[first].min():g} to {array[first].max():g}; "
            "floats must lie in 0..1",
            field=f"/images/{first}",
        )
    return (array * 255).round().astype(np.uint8)


def open_array_file(path: Path, *, side: int, labels: Labels) -> Opened:
    """Open `images` of an npz or h5 file; `labels` (n, k) with `label_names`, or a CSV, tell the factors.

    Raises
    ------
    NotFound, UnsupportedFormat, InvalidInput, DamagedFile
    """
    if not path.is_file():
        raise NotFound(f"there is no file or folder {path}", field="/dataset_settings/path")
    if path.suffix == ".npz":
        images = open_member(path, "images")
        table = _labels_of_npz(path)
    elif path.suffix in {".h5", ".hdf5"}:
        images, table = _read_h5(path)
    else:
        raise UnsupportedFormat(f"{path.name} came; allowed are .npz, .h5, .hdf5 and folders of pictures")
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


def _read_h5(path: Path) -> tuple[NDArray[Any], dict[str, Column]]:
    try:
        with h5py.File(path) as file:
            if "images" not in file:
                raise DamagedFile(f"{path.name} has no `images`; it has: {', '.join(file) or 'nothing'}")
            names = [n.decode() if isinstance(n, bytes) else str(n) for n in file.get("label_names", [])] or None
            table = _columns(file["labels"][:], names, path) if "labels" in file else {}
            return file["images"][:], table
    except OSError as error:
        raise DamagedFile(f"{path.name} is no whole HDF5 file ({error})") from None


def _columns(labels: NDArray[Any], names: list[str] | None, path: Path) -> dict[str, Column]:
    array = labels[:, None] if labels.ndim == 1 else labels
    called = names or [f"label_{k}" for k in range(array.shape[-1])]
    if array.ndim != 2 or len(called) != array.shape[1]:
        raise InvalidInput(f"{path.name}: labels has shape {labels.shape} and label_names {len(called)} names")
    return {name: [str(value) for value in array[:, k]] for k, name in enumerate(called)}


def read_csv(path: Path, *, n: int | None = None, files: list[str] | None = None) -> dict[str, Column]:
    """Columns of a CSV, put in the order of ``files`` where it has a column `file`.

    Raises
    ------
    NotFound
        If there is no such CSV.
    InvalidInput
        If rows and images do not match: the message names both counts or the picture that is not there.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            lines = list(csv.DictReader(stream))
    except FileNotFoundError:
        raise NotFound(f"there is no label file {path}", field="/dataset_settings/labels") from None
    if files is not None and lines and "file" in lines[0]:
        by_name = {line["file"]: line for line in lines}
        strangers = sorted(by_name.keys() - set(files))
        if strangers:
            raise InvalidInput(f"{path.name} names {strangers[0]!r}, which is not among the {len(files)} pictures")
        lines = [by_name.get(name, {}) for name in files]
    expected = n if files is None else len(files)
    if expected is not None and len(lines) != expected:
        raise InvalidInput(f"{path.name} has {len(lines)} rows and there are {expected} images: they must be equal")
    names = [name for name in (lines[0] if lines else {}) if name != "file"]
    names = names or sorted({key for line in lines for key in line if key != "file"})
    return {name: [(line.get(name) or "").strip() for line in lines] for name in names}


def _factors(table: dict[str, Column], n: int, labels: Labels) -> tuple[FactorSpace, Indices]:
    for name, kind in labels.kinds.items():
        if name not in table or kind not in KINDS:
            raise InvalidInput(
                f"kinds says {name}: {kind}; factors are {', '.join(table) or 'none'}, kinds {', '.join(KINDS)}"
            )
    made = [_factor(name, column, labels) for name, column in table.items()]
    for (factor, classes), name in zip(made, table, strict=True):
        if len(classes) != n:
            raise InvalidInput(f"label {name} has {len(classes)} rows and there are {n} images: they must be equal")
        if factor.size < 1:
            raise InvalidInput(f"label {name} has no value in any row")
    classes = np.stack([c for _, c in made], axis=1) if made else np.zeros((n, 0), np.int64)
    return FactorSpace(tuple(factor for factor, _ in made), complete=False), classes


def _factor(name: str, column: Column, labels: Labels) -> tuple[Factor, Indices]:
    known = np.array([value.lower() not in MISSING for value in column])
    present = [value for value, there in zip(column, known, strict=True) if there]
    numbers = _numbers(present)
    kind = cast(Kind, labels.kinds.get(name) or ("categorical" if numbers is None else _guess(numbers, labels.bins)))
    classes = np.full(len(column), -1, np.int64)
    if numbers is None:
        if kind != "categorical":
            raise InvalidInput(f"label {name} has words such as {present[0]!r}: only categorical goes with words")
        words = sorted(set(present))
        classes[known] = [words.index(value) for value in present]
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


def open_folder(folder: Path, converted: Path, *, side: int, channels: int, labels: Labels) -> Opened:
    """Pictures below a folder in the order of their names, converted once to a memory-mapped array.

    Raises
    ------
    NotFound
        If there are fewer than two pictures.
    DamagedFile
        Naming a picture that cannot be read.
    """
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in PICTURES and not p.name.startswith("."))
    if len(files) < 2:
        raise NotFound(f"{folder} holds {len(files)} pictures; allowed endings: {', '.join(sorted(PICTURES))}")
    names = [file.relative_to(folder).as_posix() for file in files]
    state = "\n".join(f"{n} {f.stat().st_size} {f.stat().st_mtime_ns}" for n, f in zip(names, files, strict=True))
    key = hashlib.sha256(f"{folder.absolute()} {side} {channels}\n{state}".encode()).hexdigest()[:16]

    def fill(out: NDArray[Any]) -> None:
        fill_rows(out, lambda row: read_picture(files[row], side, channels), "converting pictures")

    images = memory_mapped(converted / f"{key}.npy", (len(files), side, side, channels), np.uint8, fill)
    beside = folder / "labels.csv"
    path = labels.csv or (str(beside) if beside.exists() else "")
    table = read_csv(Path(path), files=names) if path else {}
    return Opened(images, *_factors(table, len(files), labels))
