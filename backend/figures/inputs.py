"""Reading what figures are drawn from: history, samples, matrices, lists of latents and factors."""

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.models.samples import CodeSample
from models_zoo.catalog import ZooModel
from models_zoo.errors import DamagedFile, InvalidInput, NotFound
from models_zoo.manifest import HISTORY, Manifest


def read_history(entry: ZooModel) -> dict[str, Any]:
    """History of training.

    Raises
    ------
    NotFound
        If the model came without one.
    DamagedFile
        If it cannot be read.
    """
    path = entry.folder / HISTORY
    if not path.is_file():
        raise NotFound(f"model {entry.id!r} has no history of training: it was imported")
    try:
        record = json.loads(path.read_bytes())
    except ValueError:
        raise DamagedFile(f"{entry.id}/{HISTORY} is not JSON: export the model again") from None
    if not isinstance(record, dict) or "step" not in record:
        raise DamagedFile(f"{entry.id}/{HISTORY} holds no steps: export the model again")
    return record


def latents(text: str | None, manifest: Manifest, default: list[int], field: str) -> list[int]:
    """Numbers of latents joined by commas.

    Raises
    ------
    InvalidInput
        For anything else than latents of the model.
    """
    if text is None:
        return default
    try:
        found = [int(part) for part in text.split(",")]
    except ValueError:
        raise InvalidInput(
            f"{text[:60]!r} came; allowed are latents joined by commas, e.g. 3,0,1", field=field
        ) from None
    for d in found:
        if not 0 <= d < manifest.latents:
            raise InvalidInput(f"latent {d} came; allowed is 0 to {manifest.latents - 1}", field=field)
    if len(set(found)) < len(found):
        raise InvalidInput(f"a latent came twice in {text[:60]!r}; allowed is each once: leave it out", field=field)
    return found


def by_kl(manifest: Manifest, count: int) -> list[int]:
    """Latents of the largest KL, or the first ones where no statistics are known."""
    if not manifest.statistics:
        return list(range(min(count, manifest.latents)))
    return sorted(range(manifest.latents), key=lambda d: -manifest.statistics[d].kl_nats)[:count]


def factor(text: str, names: list[str], field: str) -> int:
    """Number of a factor named by ``text``.

    Raises
    ------
    InvalidInput
        Listing the names.
    """
    if text not in names:
        raise InvalidInput(f"factor {text[:60]!r} came; allowed are {', '.join(names)}", field=field, allowed=names)
    return names.index(text)


def matrix(details: dict[str, Any], key: str, manifest: Manifest) -> NDArray[np.float64]:
    """Matrix (latents, factors) of a metric's details, missing values as 0.

    Raises
    ------
    DamagedFile
        If its shape is not the model's.
    """
    values = np.array(details[key], dtype=np.float64)
    if values.ndim != 2 or len(values) != manifest.latents:
        raise DamagedFile(f"the stored {key} of model {manifest.id!r} has shape {values.shape}: evaluate it again")
    return np.nan_to_num(values)


def factor_names(manifest: Manifest, count: int) -> list[str]:
    """Names of the columns of a matrix."""
    names = list(manifest.factor_names)
    return names if len(names) == count else [f"factor {k}" for k in range(count)]


def sampled(sample: CodeSample, n: int) -> CodeSample:
    """First ``n`` rows."""
    return CodeSample(sample.indices[:n], sample.mean[:n], sample.logvar[:n], sample.labels[:n])
