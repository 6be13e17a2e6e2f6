"""Inputs of figures: history, matrices, lists of latents and factors."""

import numpy as np
from numpy.typing import NDArray

from models_zoo.catalog import ZooModel
from models_zoo.errors import DamagedFile, InvalidInput, NotFound
from models_zoo.json_types import JsonObject, read_json
from models_zoo.manifest import HISTORY, Manifest
from models_zoo.statistics import defined_history


def read_history(entry: ZooModel) -> JsonObject:
    """Return the history of training.

    Raises
    ------
    NotFound
        If the model came without one.
    DamagedFile
        If it cannot be read.
    """
    path = entry.folder / HISTORY
    if not path.is_file():
        raise NotFound(
            f"got model {entry.id!r}, which has no history of training; allowed: models that were trained here; "
            "imported models have none"
        )
    try:
        record = read_json(path.read_bytes())
    except ValueError:
        raise DamagedFile(
            f"got {entry.id}/{HISTORY}, which is not JSON; allowed: the file of an export; export the model again"
        ) from None
    if not isinstance(record, dict) or "step" not in record:
        raise DamagedFile(
            f"got {entry.id}/{HISTORY} without steps; allowed: the file of an export; export the model again"
        )
    return defined_history(record, entry.manifest.objective if entry.manifest else None)


def latents(text: str | None, manifest: Manifest, default: list[int], field: str) -> list[int]:
    """Return the latents of a text in which commas join them.

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
        raise InvalidInput(f"got {text[:60]!r}; allowed: latents joined by commas, e.g. 3,0,1", field=field) from None
    for d in found:
        if not 0 <= d < manifest.latents:
            raise InvalidInput(f"got latent {d}; allowed: 0 to {manifest.latents - 1}", field=field)
    return _each_once(found, text, field)


def _each_once(found: list[int], text: str, field: str) -> list[int]:
    if len(set(found)) < len(found):
        raise InvalidInput(f"got {text[:60]!r}, which names one twice; allowed: each once", field=field)
    return found


def by_kl(manifest: Manifest, count: int) -> list[int]:
    """Return the latents of the largest KL (without one, variance), or the first ones without statistics."""
    if not manifest.statistics:
        return list(range(min(count, manifest.latents)))
    return sorted(range(manifest.latents), key=lambda d: -manifest.statistics[d].information)[:count]


def factor(text: str, names: list[str], field: str) -> int:
    """Return the number of the factor that ``text`` names.

    Raises
    ------
    InvalidInput
        Listing the names.
    """
    if text not in names:
        raise InvalidInput(f"got factor {text[:60]!r}; allowed: {', '.join(names)}", field=field, allowed=names)
    return names.index(text)


def factors(text: str | None, names: list[str], field: str) -> list[int]:
    """Return the numbers of the factors of a text in which commas join them; all factors without a text.

    Raises
    ------
    InvalidInput
        For an unknown factor, or one that is named twice.
    """
    if not text:
        return list(range(len(names)))
    return _each_once([factor(name, names, field) for name in text.split(",")], text, field)


def matrix(details: JsonObject, key: str, manifest: Manifest) -> NDArray[np.float64]:
    """Return a matrix (latents, factors) of a metric's details, missing values as 0.

    Raises
    ------
    DamagedFile
        If its shape is not the model's.
    """
    values = np.array(details[key], dtype=np.float64)
    if values.ndim != 2 or len(values) != manifest.latents:
        raise DamagedFile(
            f"got the stored {key} of model {manifest.id!r} with shape {values.shape}; allowed: (latents, factors); "
            "evaluate it again"
        )
    return np.nan_to_num(values)


def factor_names(manifest: Manifest, count: int) -> list[str]:
    """Return the names of the columns of a matrix."""
    names = list(manifest.factor_names)
    return names if len(names) == count else [f"factor {k}" for k in range(count)]
