"""Removal of absolute paths of this machine from responses and logs.

The rule: a path in the folder of data sets is given relative to it, as requests name it; another path in the home
begins with ``AXISCOPE_HOME``; of any other path the last part remains.
"""

import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar, cast

from models_zoo.home import home as own_home

QUOTED = re.compile(r"""(["'])((?:~|/)[^"'\n]*?)\1""")
PLAIN = re.compile(r"""(?<![\w:/.~<])(?:~?/[^\s"'`:;,()\[\]{}<>|\\/]+)(?:/[^\s"'`:;,()\[\]{}<>|\\/]+)*/?""")
CODE = Path(__file__).resolve().parents[1]
T = TypeVar("T")


def _shorten(path: str, home: Path) -> str:
    for root, shown in ((home / "data", ""), (home, "AXISCOPE_HOME")):
        if path == str(root) or path.startswith(f"{root}/"):
            rest = path.removeprefix(str(root)).strip("/")
            return "/".join(part for part in (shown, rest) if part) or "data"
    return path.rstrip("/").rpartition("/")[2]


def without_paths(value: T, home: Path | None = None) -> T:
    """Return ``value`` with every absolute path in its texts shortened by the rule.

    Parameters
    ----------
    value : JSON value
        Settings, results, commands, messages of programs; not texts that name addresses of the API. A tuple inside
        comes back as a list.
    home : Path, optional
        AXISCOPE_HOME; that of this process by default.
    """
    return cast(T, _without_paths(value, home or own_home()))


def _without_paths(value: object, base: Path) -> object:
    if isinstance(value, str):
        if value.startswith(("/", "~/")) and "\n" not in value and "://" not in value and " /" not in value:
            return _shorten(value, base)
        text = QUOTED.sub(lambda match: f"{match[1]}{_shorten(match[2], base)}{match[1]}", value)
        return PLAIN.sub(lambda match: _shorten(match[0], base), text)
    if isinstance(value, Mapping):
        return {key: _without_paths(each, base) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_paths(each, base) for each in value]
    return value


def without_folders(text: str, home: Path | None = None) -> str:
    """Return a message without the known folders of this machine; addresses of the API stay.

    A path that the client itself has sent, and the message quotes, stays too.
    """
    base = home or own_home()
    known = {str(base): "AXISCOPE_HOME", str(CODE): "axiscope", sys.prefix: "python", tempfile.gettempdir(): "tmp"}
    known[str(Path.home())] = "~"
    for folder in sorted(known, key=len, reverse=True):
        if len(folder) > 1:
            text = re.sub(rf"{re.escape(folder)}(?![\w.-])", known[folder], text)
    return text
