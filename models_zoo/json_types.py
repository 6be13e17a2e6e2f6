"""Types of JSON documents; only here the type of their values is open."""

from typing import Any

JsonObject = dict[str, Any]
"""JSON object that was parsed or will be written; its values are checked where they are used.

A function that only reads a mapping takes ``Mapping[str, object]``; one that passes a value on takes ``object``.
"""
