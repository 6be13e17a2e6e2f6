"""Shorter runs of a study: all lengths of training multiplied by one scale."""

import json
from functools import lru_cache

from models_zoo.errors import InvalidInput
from models_zoo.json_types import JsonObject
from training.registry import DESCRIPTIONS

MIN_STEPS = 10
MIN_ROWS = 50
"""Rows of the history that a shortened run has at least, one a step if it has fewer steps."""


def shortened(spec: JsonObject, scale: float) -> JsonObject:
    """Return settings of a run with all lengths of training multiplied by ``scale``, at least one step each.

    Parameters
    ----------
    spec : dict
        Settings of a run with all defaults, those of its objective included.
    scale : float
        In (0, 1].

    Raises
    ------
    InvalidInput
        If ``scale`` is outside (0, 1] or not a number.
    """
    check_scale(scale)
    described = _descriptions()
    settings = _scaled(spec["objective_settings"], described["objectives"][spec["objective"]]["schema"], scale)
    short = {**_scaled(spec, described["run"], scale), "objective_settings": settings}
    steps = max(MIN_STEPS, short["steps"])
    return {**short, "steps": steps, "log_every": max(1, min(spec["log_every"], steps // MIN_ROWS))}


def _scaled(values: JsonObject, schema: JsonObject | None, scale: float) -> JsonObject:
    properties = (schema or {}).get("properties", {})
    lengths = [name for name, each in properties.items() if each.get("scales_with_steps") and values.get(name)]
    return {**values, **{name: max(1, round(values[name] * scale)) for name in lengths}}


def check_scale(scale: float) -> float:
    """Return ``scale`` if it is in (0, 1].

    Raises
    ------
    InvalidInput
        Otherwise, and for NaN.
    """
    if not 0 < scale <= 1:
        raise InvalidInput(f"scale: got {scale}; allowed: above 0 up to 1", field="/scale")
    return scale


@lru_cache(maxsize=1)
def _descriptions() -> JsonObject:
    """Return the descriptions of all plugins, which name the settings that are lengths of training."""
    document: JsonObject = json.loads(DESCRIPTIONS.read_bytes())
    return document
