"""Sample of codes in a model folder, `sample.npz`: codes and factors of random images."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from backend.catalog.opened_datasets import Datasets
from models_zoo.catalog import ZooModel
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

    def first(self, n: int) -> "CodeSample":
        """Return the first ``n`` rows."""
        return CodeSample(self.indices[:n], self.mean[:n], self.logvar[:n], self.labels[:n])

    def typical(self) -> NDArray[np.float32]:
        """Return the code (D,) of the image nearest to the median, each latent in units of its standard deviation.

        Unlike the median itself it is the code of an image: latents of colours lie in clusters with nothing between.
        """
        deviation = self.mean.std(axis=0)
        distance = (self.mean - np.median(self.mean, axis=0)) / np.where(deviation > 0, deviation, 1)
        nearest: NDArray[np.float32] = self.mean[np.square(distance).sum(axis=1).argmin()]
        return nearest


@lru_cache(maxsize=32)
def _read(path: Path, _time: int) -> CodeSample:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            sample = CodeSample(arrays["indices"], arrays["mean"], arrays["logvar"], arrays["labels"])
    except (OSError, ValueError, KeyError) as error:
        raise DamagedFile(
            f"got {path.parent.name}/{path.name}, which cannot be read: {error}; allowed: the file of an export; "
            "export the model again"
        ) from None
    if not (len(sample.indices) == len(sample.mean) == len(sample.logvar) == len(sample.labels)):
        raise DamagedFile(
            f"got {path.parent.name}/{path.name} with arrays of different length; allowed: one row for each image; "
            "export the model again"
        )
    if not (np.isfinite(sample.mean).all() and np.isfinite(sample.logvar).all()):
        raise DamagedFile(
            f"got {path.parent.name}/{path.name} with numbers that are not finite; allowed: finite numbers; export "
            "the model again"
        )
    return sample


def read(model: ZooModel) -> CodeSample:
    """Return the sample of a model.

    Raises
    ------
    NotFound
        If the model has none, e.g. one imported without a data set.
    DamagedFile
        If it cannot be read.
    """
    path = model.folder / SAMPLE
    if not path.is_file():
        raise NotFound(
            f"got model {model.id!r}, which has no sample of codes; allowed: models with one; import it with --dataset"
        )
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _hash(path: Path, _time: int, _size: int) -> str:
    return sha256_of(path)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, cached until the file changes."""
    stat = path.stat()
    return _hash(path, stat.st_mtime_ns, stat.st_size)


@dataclass(frozen=True)
class SampleFactor:
    """One factor of a sample; ``values`` is empty where the data set is not here."""

    column: int
    name: str
    size: int
    kind: str = "ordinal"
    unit: str = ""
    values: tuple[float | str, ...] = ()

    @property
    def title(self) -> str:
        """Name as text with the unit."""
        return self.name.replace("_", " ") + (f" [{self.unit}]" if self.unit else "")

    def text(self, place: int) -> str:
        """Value of a class, rounded, without its unit; the number of the class where the value is unknown."""
        if not 0 <= place < len(self.values):
            return str(place)
        value = self.values[place]
        return value if isinstance(value, str) else str(round(value, 2 if abs(value) < 10 else 1)).removesuffix(".0")


def describe_factors(datasets: Datasets, manifest: Manifest, sample: CodeSample) -> list[SampleFactor]:
    """Return the factors of a sample; names and sizes are estimated from the sample without the data set."""
    count = sample.labels.shape[1]
    try:
        space = datasets.of_model(manifest.dataset, manifest.dataset_settings, manifest.id).factors
        if len(space.factors) == count:
            return [
                SampleFactor(column, each.name, each.size, each.kind, each.unit, each.values)
                for column, each in enumerate(space.factors)
            ]
    except AxiscopeError:
        pass
    names = manifest.factor_names if len(manifest.factor_names) == count else [f"factor {k}" for k in range(count)]
    sizes = sample.labels.max(0, initial=0) + 1
    return [SampleFactor(column, names[column], int(sizes[column])) for column in range(count)]


def factor_kinds(datasets: Datasets, manifest: Manifest) -> list[str]:
    """Return the kind of each factor of the manifest; ordinal without the data set."""
    try:
        space = datasets.of_model(manifest.dataset, manifest.dataset_settings, manifest.id).factors
    except AxiscopeError:
        return ["ordinal"] * len(manifest.factor_names)
    kinds = {each.name: each.kind for each in space.factors}
    return [kinds.get(name, "ordinal") for name in manifest.factor_names]
