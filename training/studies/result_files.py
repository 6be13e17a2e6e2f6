"""Files of results that earlier versions wrote, `AXISCOPE_HOME/studies/NAME-scale-F/results.json`."""

import json
from collections.abc import Mapping
from pathlib import Path

from models_zoo.files import write_atomic
from models_zoo.home import home
from models_zoo.json_types import JsonObject

RESULTS = "results.json"


def study_folder(name: str, scale: float) -> Path:
    """Return the default folder of the results of a study at a scale."""
    return home() / "studies" / f"{name}-scale-{scale:g}"


def read_results(folder: Path) -> JsonObject:
    """Read the results so far, ``{"scale": F, "runs": {name: {...}}}``; without runs for a new folder."""
    path = folder / RESULTS
    if not path.exists():
        return {"scale": None, "runs": {}}
    document: JsonObject = json.loads(path.read_bytes())
    return document


def write_results(folder: Path, document: Mapping[str, object]) -> None:
    """Write `results.json` atomically."""
    write_atomic(folder / RESULTS, (json.dumps(document, indent=1) + "\n").encode())
