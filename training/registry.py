"""Plugins by file name: `training/objectives/vae.py` is the objective ``vae``.

A file that assigns a dictionary literal ``VARIANTS`` is a family: `mdl_vae.py` with ``VARIANTS = {"v1": ...}`` is
``mdl_vae_v1``. Names are read from the files without importing them; a module is imported when it is loaded.
Files whose name begins with an underscore are not plugins.
"""

import ast
import difflib
import importlib
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from models_zoo.errors import NotFound, Unavailable

ROOT = Path(__file__).parent


class Plugin(Protocol):
    """Attributes of every plugin: a module, or one value of the ``VARIANTS`` of its family.

    `CONTRIBUTING.md` names the further attributes that each kind of plugin has.
    """

    TITLE: str
    SOURCE: str

    def __getattr__(self, name: str) -> Any:
        """Return ``Config``, or an attribute that only one kind of plugin has."""
        ...


@dataclass(frozen=True)
class Place:
    """Place of a plugin: module name, and key of ``VARIANTS`` where the module is a family."""

    module: str
    variant: str | None = None


def _is_plugin(file: str) -> bool:
    return file.endswith(".py") and not file.startswith("_")


@lru_cache(maxsize=1024)
def _variants(file: str, changed_at: int) -> tuple[str, ...] | None:  # noqa: ARG001 - an altered file is read again
    """Return the keys of ``VARIANTS`` in ``file``, None where it is a single plugin."""
    content = Path(file).read_bytes()
    if b"VARIANTS" not in content:
        return None
    for node in ast.parse(content).body:
        match node:
            case ast.Assign(targets=[ast.Name("VARIANTS")], value=ast.Dict(keys=keys)):
                return tuple(ast.literal_eval(key) for key in keys if key)
    return None


@dataclass(frozen=True)
class Registry:
    """All plugins of one kind.

    Parameters
    ----------
    kind : str
        Name of one of them in messages: ``"objective"``.
    folder : str
        Folder below `training/` that holds them: ``"objectives"``.
    """

    kind: str
    folder: str

    def places(self) -> dict[str, Place]:
        """Return where each plugin is written, by public name in alphabetical order, without importing any of them.

        Raises
        ------
        Unavailable
            If two files claim one name.
        """
        found: dict[str, Place] = {}
        with os.scandir(ROOT / self.folder) as entries:  # pathlib takes twice as long
            files = sorted((each.name, each.path, each.stat().st_mtime_ns) for each in entries if _is_plugin(each.name))
        for file, path, changed_at in files:
            module, variants = file.removesuffix(".py"), _variants(path, changed_at)
            places = [Place(module)] if variants is None else [Place(module, each) for each in variants]
            for place in places:
                name = module if place.variant is None else f"{module}_{place.variant}"
                if name in found:
                    both = f"{self.folder}/{found[name].module}.py and {self.folder}/{file}"
                    raise Unavailable(
                        f"got the {self.kind} {name!r} in {both}; allowed: a name in one file; rename one of them"
                    )
                found[name] = place
        return dict(sorted(found.items()))

    def names(self) -> tuple[str, ...]:
        """Return the public names in alphabetical order."""
        return tuple(self.places())

    def place(self, name: str) -> Place:
        """Return where plugin ``name`` is written, without importing it.

        Raises
        ------
        NotFound
            If there is none; the message lists the names and the nearest one.
        """
        places = self.places()
        if name not in places:
            near = difflib.get_close_matches(name, places, n=1)
            action = f"did you mean {near[0]!r}?" if near else "name one of these"
            message = f"got {self.kind} {name!r}; allowed: {', '.join(places)}; {action}"
            raise NotFound(message, field=f"/{self.kind}", allowed=list(places))
        return places[name]

    def load(self, name: str) -> Plugin:
        """Import plugin ``name``.

        Raises
        ------
        NotFound
            See `place`.
        """
        place = self.place(name)
        module = importlib.import_module(f"training.{self.folder}.{place.module}")
        plugin: Plugin = module if place.variant is None else module.VARIANTS[place.variant]
        return plugin


OBJECTIVES = Registry("objective", "objectives")
ARCHITECTURES = Registry("architecture", "architectures")
DATASETS = Registry("dataset", "datasets")
METRICS = Registry("metric", "metrics")
KINDS = (OBJECTIVES, ARCHITECTURES, DATASETS, METRICS)
DESCRIPTIONS = ROOT / "plugins.json"
STRESS = ROOT / "stress.json"
"""Table of `axiscope stress --write`."""
"""Title, source and JSON schema of every plugin, written by `make docs`: the service reads them without an import."""
