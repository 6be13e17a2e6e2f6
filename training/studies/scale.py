"""Shorter runs of a study: all lengths of training multiplied by one scale."""

import json
from functools import lru_cache

from models_zoo.errors import InvalidInput
from models_zoo.json_types import JsonObject
from training.registry import DESCRIPTIONS
from training.runs.run_config import scale_run

MIN_STEPS = 10
MIN_IMAGES = 1_000
"""Images of each evaluation within a shortened run: as many as at full length would take longer than its steps."""


def shortened(spec: JsonObject, scale: float) -> JsonObject:
    """Return settings of a run with all lengths of training multiplied by ``scale``, at least one step each.

    The evaluations within the run are on fewer images in proportion, at least `MIN_IMAGES`.

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
    objective = described["objectives"][spec["objective"]]["schema"]
    short = scale_run(spec, described["run"], objective, max(scale, MIN_STEPS / spec["steps"]))
    images = spec["evaluate_images"]
    return {**short, "evaluate_images": min(images, max(MIN_IMAGES, round(images * scale)))}


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
