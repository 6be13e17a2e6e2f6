"""JSON schemas of all plugins. Objectives and architectures import torch, so another process describes them."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any

from models_zoo.errors import Unavailable
from models_zoo.files import write_atomic
from training.registry import ARCHITECTURES, DATASETS, METRICS, OBJECTIVES, ROOT

SECONDS = 180
KINDS = (OBJECTIVES, ARCHITECTURES, DATASETS, METRICS)
_lock = threading.Lock()


def _digest() -> str:
    """Hash of the plugin files: the answer is made anew when one of them changes."""
    files = [ROOT / "config.py", *(path for kind in KINDS for path in (ROOT / kind.folder).glob("*.py"))]
    return _hash(tuple((path, path.stat().st_mtime_ns) for path in sorted(files)))


@lru_cache(maxsize=1)
def _hash(files: tuple[tuple[Path, int], ...]) -> str:
    found = hashlib.sha256()
    for path, _ in files:
        found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()[:32]


@lru_cache(maxsize=1)
def _versions(path: Path) -> dict[str, str]:
    described = json.loads(path.read_bytes()).get("metrics", {})
    return {name: str(each["info"]["version"]) for name, each in described.items() if each.get("info")}


def _describe() -> dict[str, Any]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT.parent), os.environ.get("PYTHONPATH", "")])}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "training", "schemas"],
            capture_output=True,
            timeout=SECONDS,
            check=True,
            env=environment,
        )
        return json.loads(done.stdout)  # type: ignore[no-any-return]
    except subprocess.CalledProcessError as error:
        last = (error.stderr.decode(errors="replace").strip().splitlines() or ["no message"])[-1]
        raise Unavailable(f"the plugins cannot be described: {last[:300]}: see `axiscope doctor`") from None
    except (subprocess.TimeoutExpired, ValueError) as error:
        raise Unavailable(f"the plugins cannot be described: {type(error).__name__}: see `axiscope doctor`") from None


def metric_versions(cache: Path) -> dict[str, str]:
    """Present version of each metric, as far as the schemas were made already; never waits for another process."""
    path = cache / f"schemas-{_digest()}.json"
    return _versions(path) if path.is_file() else {}


def schemas(cache: Path) -> dict[str, Any]:
    """Title, source and JSON schema of every plugin by kind and name; cached in the folder ``cache``.

    Raises
    ------
    Unavailable
        If the describing process fails.
    """
    path = cache / f"schemas-{_digest()}.json"
    with _lock:
        if not path.is_file():
            write_atomic(path, json.dumps(_describe()).encode())
        return json.loads(path.read_bytes())  # type: ignore[no-any-return]


def metrics_at_hand(cache: Path) -> dict[str, Any]:
    """Describe the metrics as of now or, while plugins that changed are described anew, as of last time.

    Waits for another process only where there is no description at all.
    """
    newest = sorted(cache.glob("schemas-*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    present = cache / f"schemas-{_digest()}.json"
    for path in (present, *newest):
        if path.is_file():
            found: dict[str, Any] = json.loads(path.read_bytes())["metrics"]
            return found
    return schemas(cache)["metrics"]  # type: ignore[no-any-return]
