"""Descriptions of all plugins, read from the file that `make docs` writes, since objectives import torch."""

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from models_zoo.errors import Unavailable
from models_zoo.json_types import JsonObject
from training.registry import DESCRIPTIONS, KINDS, METRICS, STRESS, Registry


@lru_cache(maxsize=2)
def _read(path: Path, changed_at: int) -> JsonObject:  # noqa: ARG001 - a key of the cache
    return json.loads(path.read_bytes())  # type: ignore[no-any-return]


def _described(kinds: Sequence[Registry]) -> JsonObject:
    """Read the descriptions, and compare those of ``kinds`` with the installed plugins."""
    path = DESCRIPTIONS
    name = f"{path.parent.name}/{path.name}"
    try:
        document = _read(path, path.stat().st_mtime_ns)
    except (OSError, ValueError) as error:
        raise Unavailable(
            f"got {name}, which cannot be read ({type(error).__name__}); allowed: the file that `make docs` writes; "
            "run `make docs`"
        ) from None
    for kind in kinds:
        present, described = kind.names(), document.get(kind.folder, {})
        for plugin in present:
            if plugin not in described:
                raise Unavailable(
                    f"got {name} without the {kind.kind} {plugin!r}; allowed: a description of each plugin; run `make "
                    "docs`"
                )
        for plugin in described:
            if plugin not in present:
                raise Unavailable(
                    f"got {name} with the {kind.kind} {plugin!r}, which does not exist; allowed: the present plugins; "
                    "run `make docs`"
                )
    return document


def stress() -> JsonObject:
    """Return the table of `axiscope stress --write`: metrics by structures of codes."""
    return _read(STRESS, STRESS.stat().st_mtime_ns)


def without_stress(table: JsonObject) -> set[str]:
    """Return the metrics that the table does not have, or has of an earlier version."""
    present = {name: document["info"]["version"] for name, document in metrics().items()}
    return {name for name, version in present.items() if table["metrics"].get(name, {}).get("version") != version}


def schemas() -> JsonObject:
    """Return title, source and JSON schema of every plugin by kind and name, and of a training run under ``run``.

    Raises
    ------
    Unavailable
        If the file cannot be read, or describes other plugins than those that are installed.
    """
    return _described(KINDS)


def metrics() -> JsonObject:
    """Return the part of `schemas` that describes the metrics; the other kinds are not compared."""
    return _described([METRICS])[METRICS.folder]  # type: ignore[no-any-return]


def metric_versions() -> dict[str, str]:
    """Return the version of each metric."""
    return {name: str(each["info"]["version"]) for name, each in metrics().items()}
