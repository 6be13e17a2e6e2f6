"""Types of JSON documents; only here the type of their values is open."""

import json
from typing import Any

JsonObject = dict[str, Any]
"""JSON object that was parsed or will be written; its values are checked where they are used.

A function that only reads a mapping takes ``Mapping[str, object]``; one that passes a value on takes ``object``.
"""


def read_json(data: bytes) -> Any:
    """Return the value of a JSON document; raise `ValueError` for NaN and infinities, which are not JSON."""
    return json.loads(data, parse_constant=_refuse)


def _refuse(constant: str) -> None:
    raise ValueError(f"got {constant}; allowed: JSON")
