"""Validation against JSON schemas, without the checks of formats."""

import importlib
import sys
from types import ModuleType
from typing import Any

from models_zoo.json_types import JsonObject

SLOW_FORMAT = "rfc3987_syntax"
"""A check of formats that reads a grammar for seconds, installed with Jupyter; jsonschema does without it."""


def schema_validator(schema: JsonObject) -> Any:
    """Return a validator of ``schema`` by jsonschema, which is imported at the first call."""
    return _import_jsonschema().Draft202012Validator(schema)


def best_match(errors: Any) -> Any:
    """Return the most telling of the ``errors`` of a validator, or None where there is none."""
    return _import_jsonschema().exceptions.best_match(errors)


def _import_jsonschema() -> ModuleType:
    """Import jsonschema while its slow format looks as if it was not installed: no validator here checks formats."""
    if "jsonschema" in sys.modules or SLOW_FORMAT in sys.modules:
        return importlib.import_module("jsonschema")
    sys.modules[SLOW_FORMAT] = None  # type: ignore[assignment]
    try:
        return importlib.import_module("jsonschema")
    finally:
        sys.modules.pop(SLOW_FORMAT, None)
