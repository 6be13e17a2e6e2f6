"""Sample of codes in a model folder, `sample.npz`: codes and factors of random images."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from backend.catalog.opened_datasets import Datasets
from models_zoo.catalog import Entry
from models_zoo.errors import AxiscopeError, DamagedFile, NotFound
from models_zoo.files import sha256_of
from models_zoo.manifest import SAMPLE, Manifest


@dataclass(frozen=True)
class CodeSample:
    """Rows of `sample.npz`: `indices` (n,), `mean` and `logvar` (n, D), `labels` (n, K)."""

    indices: NDArray[np.int64]
    mean: NDArray[np.float32]
    logvar: NDArray[np.float32]
    labels: NDArray[np.int64]


@lru_cache(maxsize=32)
def _read(path: Path, _time: int) -> CodeSample:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            sample = CodeSample(arrays["indices"], arrays["mean"], arrays["logvar"], arrays["labels"])
    except (OSError, ValueError, KeyError) as error:
        raise DamagedFile(f"{path.parent.name}/{path.name} cannot be read: {error}: export the model again") from None
    if not (len(sample.indices) == len(sample.mean) == len(sample.logvar) == len(sample.labels)):
        raise DamagedFile(f"{path.parent.name}/{path.name}: its arrays differ in length: export the model again")
    return sample


def read(entry: Entry) -> CodeSample:
    """Return the sample of a model.

    Raises
    ------
    NotFound
        If the model has none, e.g. one imported without a data set.
    DamagedFile
        If it cannot be read.
    """
    path = entry.folder / SAMPLE
    if not path.is_file():
        raise NotFound(f"model {entry.id!r} has no sample of codes: import it with --dataset to get one")
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _hash(path: Path, _time: int, _size: int) -> str:
    return sha256_of(path)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, cached until the file changes."""
    stat = path.stat()
    return _hash(path, stat.st_mtime_ns, stat.st_size)


def describe_factors(
    datasets: Datasets, manifest: Manifest, sample: CodeSample
) -> tuple[list[str], list[int], list[str]]:
    """Return names, sizes and kinds of the sample's factors; estimated from the sample without the data set."""
    count = sample.labels.shape[1]
    try:
        space = datasets.of_model(manifest.dataset, manifest.dataset_settings, manifest.id).factors
        if len(space.factors) == count:
            return list(space.names), list(space.sizes), [factor.kind for factor in space.factors]
    except AxiscopeError:
        pass
    names = list(manifest.factor_names) or [f"factor {k}" for k in range(count)]
    return names, [int(size) + 1 for size in sample.labels.max(0, initial=0)], ["ordinal"] * count


def factor_kinds(datasets: Datasets, manifest: Manifest) -> dict[str, str]:
    """Return the kind of each factor by name; empty without the data set."""
    try:
        space = datasets.of_model(manifest.dataset, manifest.dataset_settings, manifest.id).factors
    except AxiscopeError:
        return {}
    return {each.name: each.kind for each in space.factors}
