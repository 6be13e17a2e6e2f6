"""JSON schemas of all plugins. Objectives and architectures import torch, so another process describes them."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from models_zoo.errors import Unavailable
from models_zoo.files import write_atomic
from training.registry import ARCHITECTURES, DATASETS, METRICS, OBJECTIVES, ROOT

SECONDS = 60
KINDS = (OBJECTIVES, ARCHITECTURES, DATASETS, METRICS)
_lock = threading.Lock()


def _digest() -> str:
    """Hash of the plugin files: the answer is made anew when one of them changes."""
    found = hashlib.sha256()
    files = [ROOT / "config.py", *(path for kind in KINDS for path in (ROOT / kind.folder).glob("*.py"))]
    for path in sorted(files):
        found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()[:32]


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
