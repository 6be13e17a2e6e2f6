"""`run.toml`: the settings of a run as a file that `axiscope train --config` reads again, value for value."""

import json
import re
from collections.abc import Mapping
from typing import Any

from models_zoo.errors import InvalidInput

HEADER = """\
# Settings of a run of Axiscope, all of them; what is not named has no value.
# `axiscope train --config run.toml` trains it again: on the same kind of CPU, with the same versions of Axiscope and
# PyTorch, the weights are equal bit for bit. Paths are relative to this file, or else to the data directory.
"""
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def run_text(values: Mapping[str, Any], note: str = "") -> str:
    """Return the text of a `run.toml`.

    Parameters
    ----------
    values : mapping
        Fields of a `RunConfig` as JSON values; None stands for "no value" and is left out.
    note : str
        Lines to add to the comment at the top.
    """
    comment = "".join(f"# {line}\n" for line in note.splitlines())
    return f"{HEADER}{comment}\n{to_toml({'run': values})}"


def to_toml(document: Mapping[str, Any]) -> str:
    """Write a document of JSON values as TOML 1.0; `tomllib` reads equal values from it.

    Mappings become tables, None is left out (TOML has no null).

    Raises
    ------
    InvalidInput
        If a list holds None, or a value is of a type that TOML does not have.
    """
    lines: list[str] = []
    _write_table(document, (), lines)
    return "\n".join(lines).strip("\n") + "\n"


def _write_table(table: Mapping[str, Any], path: tuple[str, ...], lines: list[str]) -> None:
    given = {name: value for name, value in table.items() if value is not None}
    plain = {name: value for name, value in given.items() if not isinstance(value, Mapping)}
    if path and (plain or not given):
        lines.extend(["", f"[{'.'.join(_key(part) for part in path)}]"])
    lines.extend(f"{_key(name)} = {_literal(value)}" for name, value in plain.items())
    for name, value in given.items():
        if isinstance(value, Mapping):
            _write_table(value, (*path, name), lines)


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else _text(name)


def _text(value: str) -> str:
    # JSON's escapes are TOML's; DEL is the one character that JSON leaves bare and TOML does not allow.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(_literal(item) for item in value)}]"
    if isinstance(value, Mapping):
        given = {name: inner for name, inner in value.items() if inner is not None}
        return "{" + ", ".join(f"{_key(name)} = {_literal(inner)}" for name, inner in given.items()) + "}"
    raise InvalidInput(f"got {value!r}; allowed: text, numbers, true, false, lists and tables: TOML has nothing else")
