"""TOML files of a run: recipes, and the `run.toml` that trains a run again."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

import tomli_w

from models_zoo.errors import DamagedFile, NotFound
from models_zoo.home import data_directory
from models_zoo.json_types import JsonObject

TOML_HEADER = """\
# Settings of a run of Axiscope, all of them; a setting that is not named has no value.
# `axiscope train --config run.toml` repeats the run: on the same kind of CPU, with the same versions of Axiscope and
# PyTorch, the weights are equal bit for bit. Paths are relative to this file, or else to the data directory.
"""


def read_toml(path: Path) -> JsonObject:
    """Read a recipe or run file in TOML.

    Raises
    ------
    NotFound, DamagedFile
        If there is no such file, or it is not TOML (with the line).
    """
    try:
        return tomllib.loads(path.read_text())
    except FileNotFoundError:
        raise NotFound(f"got {path}, which does not exist; allowed: a TOML file; correct the path") from None
    except ValueError as error:  # no UTF-8, or no TOML
        raise DamagedFile(
            f"got {path}, which is not TOML: {error}; allowed: TOML as `axiscope train` writes it; correct the line"
        ) from None


def read_recipe(path: Path) -> JsonObject:
    """Read the ``[run]`` table of a recipe or `run.toml`; its relative paths become absolute.

    ``start_from`` and path settings of the data set are relative to the file, or else to the data directory.

    Raises
    ------
    NotFound, DamagedFile
        If there is no such file, it is not TOML, or has no table ``[run]``.
    """
    from training.data.local import path_settings  # noqa: PLC0415 - `axiscope --help` loads no numpy

    values = read_toml(path).get("run")
    if not isinstance(values, dict):
        raise DamagedFile(f"got {path} without a table [run]; allowed: settings of a run below [run]; add that line")
    folder = path.absolute().parent
    if isinstance(values.get("start_from"), str):
        values["start_from"] = str(folder / values["start_from"])
    settings = values.get("dataset_settings", {})
    for name in path_settings(values["dataset"]) if "dataset" in values and isinstance(settings, dict) else ():
        if isinstance(settings.get(name), str) and settings[name]:
            here = folder / settings[name]
            settings[name] = str(here if here.exists() else data_directory() / settings[name])
    return values


def run_toml(values: Mapping[str, object], note: str = "") -> str:
    """Return the text of a `run.toml`; `tomllib` reads equal values from it.

    Parameters
    ----------
    values : mapping
        Fields of a `RunConfig` as JSON values; None stands for "no value" and is left out.
    note : str
        Lines to add to the comment at the top.
    """
    comment = "".join(f"# {line}\n" for line in note.splitlines())
    return f"{TOML_HEADER}{comment}\n{tomli_w.dumps({'run': _without_none(values)})}"


def _without_none(values: Mapping[str, object]) -> dict[str, object]:
    """Return ``values`` without those that are None, in nested mappings too: TOML has no null."""
    given = {name: value for name, value in values.items() if value is not None}
    return {name: _without_none(value) if isinstance(value, Mapping) else value for name, value in given.items()}
