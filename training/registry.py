"""Plugins by file name: `training/objectives/vae.py` is the objective ``vae``.

Listing names reads the folder and imports nothing; a module is imported when it is asked for.
Files whose name begins with an underscore are not plugins.
"""

import difflib
import importlib
import pkgutil
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from models_zoo.errors import NotFound

ROOT = Path(__file__).parent


@dataclass(frozen=True)
class Registry:
    """All plugins of one kind.

    Parameters
    ----------
    kind : str
        What a person calls one of them: ``"objective"``.
    folder : str
        The folder below `training/` that holds them: ``"objectives"``.
    """

    kind: str
    folder: str

    def names(self) -> tuple[str, ...]:
        """Names in alphabetical order, without importing any of them."""
        found = pkgutil.iter_modules([str(ROOT / self.folder)])
        return tuple(sorted(module.name for module in found if not module.name.startswith("_")))

    def load(self, name: str) -> ModuleType:
        """Import plugin ``name``.

        Raises
        ------
        NotFound
            If there is none; the message lists the names and the nearest one.
        """
        names = self.names()
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else "."
            message = f"there is no {self.kind} {name!r}{hint} There are: {', '.join(names)}"
            raise NotFound(message, field=f"/{self.kind}", allowed=list(names))
        return importlib.import_module(f"training.{self.folder}.{name}")


OBJECTIVES = Registry("objective", "objectives")
ARCHITECTURES = Registry("architecture", "architectures")
DATASETS = Registry("dataset", "datasets")
METRICS = Registry("metric", "metrics")
