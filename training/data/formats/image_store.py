"""Store of arrays read from the user's images: a later opening maps them and parses none of the user's files."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from models_zoo.files import write_atomic
from models_zoo.json_types import JsonObject
from training.data.dataset import Array
from training.data.factors import Factor, FactorSpace
from training.data.formats.conversion import memory_mapped
from training.data.formats.labelled_images import Opened

VERSION = 1


def stored(folder: Path, key: str, read: Callable[[], Opened]) -> Opened:
    """Open what is stored of ``key`` in ``folder``; store the result of ``read`` where there is nothing.

    Parameters
    ----------
    folder : Path
        Gets ``KEY.json``, ``KEY.classes.npy`` and, where the images are not mapped already, ``KEY.npy``.
    key : str
        Changes with every file and setting that ``read`` depends on.
    read : callable
    """
    record = folder / f"{key}.json"
    try:
        return _open(json.loads(record.read_bytes()), folder, key)
    except (OSError, ValueError, KeyError, TypeError):
        pass  # not written yet, or its arrays were deleted
    opened = read()
    images = _mapped(opened.images, folder / f"{key}.npy")
    if opened.classes.size:
        _mapped(opened.classes, folder / f"{key}.classes.npy")
    where = {"file": str(images.filename), "offset": images.offset, "shape": images.shape}
    factors = [asdict(factor) for factor in opened.factors.factors]
    document = {"version": VERSION, "images": where, "factors": factors}
    write_atomic(record, json.dumps(document).encode())
    return _open(document, folder, key)


def _mapped(array: Array, path: Path) -> np.memmap[Any, Any]:
    """Return ``array`` if it lies in a file as it is, else a map of a copy at ``path``."""
    if isinstance(array, np.memmap) and array.flags.c_contiguous and array.base is not None and array.filename:
        return array
    return memory_mapped(path, array.shape, array.dtype, lambda out: np.copyto(out, array))  # type: ignore[return-value]


def _open(document: JsonObject, folder: Path, key: str) -> Opened:
    if document["version"] != VERSION:
        raise ValueError
    where = document["images"]
    shape = tuple(int(size) for size in where["shape"])
    images = np.memmap(where["file"], np.uint8, "r", int(where["offset"]), shape)
    factors = tuple(Factor(**{**each, "values": tuple(each["values"])}) for each in document["factors"])
    classes = np.zeros((shape[0], 0), np.int64)
    if factors:
        classes = np.load(folder / f"{key}.classes.npy", mmap_mode="r", allow_pickle=False)
        if classes.shape != (shape[0], len(factors)):
            raise ValueError
    return Opened(images, FactorSpace(factors, complete=False), classes)
