"""Check of the path settings of data sets that arrive over HTTP: which files of this machine they may name."""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from models_zoo.errors import InvalidInput, NotFound, TooLarge
from models_zoo.json_types import JsonObject
from training.data.local import path_settings
from training.datasets.own import UPLOADS

MAX_ENTRIES = 1_000_000
ALLOWED = "names of uploaded pictures, and paths below AXISCOPE_HOME/data or a folder of AXISCOPE_DATA_ROOTS"


class DataPaths:
    """Folders that path settings may name, and the check of a setting against them.

    Parameters
    ----------
    data_directory : Path
        ``AXISCOPE_HOME/data``; the root of relative paths, unless they are the name of an uploaded set.
    roots : iterable of Path
        Further allowed folders (``AXISCOPE_DATA_ROOTS``).
    """

    def __init__(self, data_directory: Path, roots: Iterable[Path] = ()) -> None:
        self.data_directory = data_directory
        self._roots = tuple(roots)

    def check(self, dataset: str, settings: Mapping[str, object], field: str) -> JsonObject:
        """Return ``settings`` with every path absolute and free of symbolic links.

        No file is opened. ``field`` is the pointer of the settings in the request.

        Raises
        ------
        InvalidInput
            If a path leads outside the allowed folders, whether or not there is a file.
        NotFound
            If there is no file or folder at an allowed path.
        """
        checked: JsonObject = dict(settings)
        for name in path_settings(dataset):
            if checked.get(name):
                checked[name] = str(self._resolve(checked[name], f"{field}/{name}"))
        return checked

    def confine(self, dataset: str, settings: Mapping[str, object], field: str) -> JsonObject:
        """Check ``settings`` as `check` does, and refuse folders with a symbolic link to the outside."""
        checked = self.check(dataset, settings, field)
        for name in path_settings(dataset):
            if checked.get(name) and (folder := Path(checked[name])).is_dir():
                self._check_links(folder, f"{field}/{name}")
        return checked

    def _allowed(self) -> list[Path]:
        return [root.resolve() for root in (self.data_directory, *self._roots)]

    def _inside(self, path: Path) -> bool:
        return any(path.is_relative_to(root) for root in self._allowed())

    def _resolve(self, text: object, field: str) -> Path:
        if not isinstance(text, str):
            raise InvalidInput(f"{field}: got {type(text).__name__}; allowed: text", field=field)
        refusal = InvalidInput(
            f"{field}: got {text[:200]!r}; allowed: {ALLOWED}; upload the pictures on the Data page, or have the "
            "operator copy them there",
            field=field,
            allowed=ALLOWED,
        )
        if "\0" in text or text.startswith("~"):
            raise refusal
        uploaded = self.data_directory / UPLOADS / text
        try:
            path = (uploaded if os.path.lexists(uploaded) else self.data_directory / text).resolve()
            if not self._inside(path):
                raise refusal
            if not path.exists():
                raise NotFound(
                    f"{field}: got {text[:200]!r}, which does not exist; allowed: existing paths; correct it",
                    field=field,
                )
        except (OSError, RuntimeError, ValueError):  # a name that is too long, a cycle of links
            raise refusal from None
        return path

    def _check_links(self, folder: Path, field: str) -> None:
        for count, entry in enumerate(_walk(folder)):
            if count >= MAX_ENTRIES:
                raise TooLarge(
                    f"{field}: got a folder of more entries; allowed: at most {MAX_ENTRIES:,}; name a smaller one",
                    field=field,
                )
            if entry.is_symlink() and not self._inside(Path(os.path.realpath(entry.path))):
                raise InvalidInput(
                    f"{field}: got a folder with a symbolic link to another place; allowed: links to places below "
                    "the allowed folders; replace the link by the file",
                    field=field,
                )


def _walk(folder: Path) -> Iterator[os.DirEntry[str]]:
    pending = [str(folder)]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                yield entry
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
