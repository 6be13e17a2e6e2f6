"""The data set encoded once: codes of every image in a memory-mapped cache that content names.

A folder of the cache is named by what is in it: weights of the encoder, data set with settings and
origin of its pixels, rows. Another encoder or other pixels have another folder, so that no entry becomes stale.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models_zoo.codec import Codec
from models_zoo.files import new_directory, sha256_of
from models_zoo.home import cache_directory
from models_zoo.manifest import ENCODER
from training.data.dataset import Dataset
from training.evaluation.images import ImagePool

BATCH = 256
FORMAT = 1
"""Rises when encoding would give other numbers for the same weights and pixels."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class EncodedRows:
    """Posteriors of images, memory-mapped where they were encoded before.

    Parameters
    ----------
    indices : int64 array of shape (n,)
        Images of the data set, in the order of the rows.
    mean, logvar : float32 arrays of shape (n, latents)
    key : str
        Hash of the content; part of the key of every score computed from it.
    """

    indices: NDArray[np.int64]
    mean: NDArray[np.float32]
    logvar: NDArray[np.float32]
    key: str


def content_key(folder: Path, dataset: Dataset, indices: NDArray[np.int64]) -> str:
    """Return the name of the cache folder: 32 hexadecimal digits of everything the codes depend on.

    Pixels are identified by the data set's provenance and by a few of its images, so that
    changed settings or another rendering do not share codes with the old one.
    """
    digest = hashlib.sha256()
    probe = np.unique(np.linspace(0, len(dataset) - 1, 16).astype(np.int64))
    facts = [FORMAT, sha256_of(folder / ENCODER), dataset.name, len(dataset), dataset.provenance.description]
    digest.update(json.dumps(facts).encode())
    digest.update(np.ascontiguousarray(dataset.images(probe)).tobytes())
    digest.update(np.ascontiguousarray(indices).tobytes())
    return digest.hexdigest()[:32]


def encode_rows(
    folder: Path,
    dataset: Dataset,
    *,
    limit: int | None = None,
    seed: int = 0,
    pool: ImagePool | None = None,
    threads: int = 1,
    progress: Progress | None = None,
    cache: Path | None = None,
) -> EncodedRows:
    """Encode the data set by the model in ``folder``, or read the codes from the cache.

    Parameters
    ----------
    folder : Path
        Zoo entry with `encoder.onnx` and `decoder.onnx`.
    dataset : Dataset
    limit : int, optional
        Encode this many images drawn by ``seed`` instead of all.
    seed : int
        Seed of that draw.
    pool : ImagePool, optional
        Images to draw from; the whole data set by default.
    threads : int
        Threads of ONNX Runtime.
    progress : callable, optional
        Called ``(done, total)`` in images while encoding.
    cache : Path, optional
        Folder of the cache, that of the home by default.
    """
    indices = (pool or ImagePool(np.arange(len(dataset), dtype=np.int64))).choose(limit, seed)
    key = content_key(folder, dataset, indices)
    target = (cache or cache_directory()) / "codes" / key
    found = _open(target, indices, key)
    if found is not None:
        return found
    codec = Codec(folder, threads=threads, device="auto")
    parts = []
    for start in range(0, len(indices), BATCH):
        parts.append(codec.encode(dataset.images(indices[start : start + BATCH])))
        if progress:
            progress(min(start + BATCH, len(indices)), len(indices))
    mean, logvar = (np.concatenate(part) for part in zip(*parts, strict=True))
    with new_directory(target) as temporary:
        np.save(temporary / "mean.npy", mean)
        np.save(temporary / "logvar.npy", logvar)
    return EncodedRows(indices, mean, logvar, key)


def _open(folder: Path, indices: NDArray[np.int64], key: str) -> EncodedRows | None:
    try:
        mean, logvar = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("mean", "logvar"))
    except (OSError, ValueError):
        return None
    whole = mean.ndim == 2 and mean.shape == logvar.shape and mean.shape[0] == len(indices)
    return EncodedRows(indices, mean, logvar, key) if whole else None
