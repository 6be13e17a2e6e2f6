"""Settings of plugins and runs: frozen, validated, with a description of each field.

Command-line options, JSON schemas and the forms of the page are made from these classes.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema
from pydantic_core import ErrorDetails

from models_zoo.errors import InvalidInput
from models_zoo.json_types import JsonObject


class Config(BaseModel):
    """Base of the settings of every plugin; unknown names, NaN and infinities are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True)

    def for_run(self, steps: int) -> Self:  # noqa: ARG002 - most settings do not depend on it
        """Return these settings with those filled in that follow from the number of steps of the run."""
        return self


C = TypeVar("C", bound=Config)
FilePath = Annotated[
    str,
    AfterValidator(lambda text: str(Path(text).expanduser().absolute()) if text else text),
    WithJsonSchema({"type": "string", "format": "path"}),
]
"""Path of a user's file, made absolute; empty for none.

The JSON schema has ``"format": "path"``, as for `pathlib.Path`. The service confines settings of this format
(backend/catalog/data_paths.py), and `tests/meta` demands it of every setting that is a path.
"""


def setting(
    default: Any,
    meaning: str,
    *,
    unit: str = "",
    source: str = "",
    scales_with_steps: bool | None = None,
    **bounds: Any,
) -> Any:
    """Declare one setting.

    Parameters
    ----------
    default : object
        Default value.
    meaning : str
        What the setting does; the form shows it beside the field.
    unit : str
        Unit, e.g. ``"nats"`` or ``"steps"``.
    source : str
        Paper, and equation or table, of the default.
    scales_with_steps : bool, optional
        Whether the setting is a length of training, which scales with the run; needed where the unit is steps.
    **bounds
        ``ge``, ``gt``, ``le``, ``lt``, ``min_length`` ... as pydantic's ``Field`` takes them.
    """
    extra: JsonObject = {"unit": unit, "source": source}
    if scales_with_steps is not None:
        extra["scales_with_steps"] = scales_with_steps
    return Field(default, description=meaning, json_schema_extra=extra, **bounds)


def scale_lengths(values: JsonObject, schema: JsonObject | None, scale: float) -> JsonObject:
    """Return settings with the lengths of training that they have multiplied by ``scale``; each is at least one step.

    Parameters
    ----------
    values : dict
        All settings, by name.
    schema : dict or None
        JSON schema of their class, which names the lengths.
    scale : float
        Above 0.
    """
    properties = (schema or {}).get("properties", {})
    lengths = [name for name, each in properties.items() if each.get("scales_with_steps") and values.get(name)]
    return {**values, **{name: max(1, round(values[name] * scale)) for name in lengths}}


def _sentence(error: ErrorDetails, allowed: Iterable[str]) -> str:
    name = ".".join(str(part) for part in error["loc"]) or "settings"
    if error["type"] == "extra_forbidden":
        return f"got setting {name!r}; allowed: {', '.join(allowed) or 'none'}; remove or rename it"
    if error["type"] == "missing":
        return f"{name}: got nothing; allowed: a value; set it"
    if error["type"] == "value_error":
        return f"{name}: {error['msg'].removeprefix('Value error, ')}"
    return f"{name}: got {error.get('input')!r}; allowed: {error['msg'].removeprefix('Input should be ')}; correct it"


def build(config_class: type[C], values: Mapping[str, object]) -> C:
    """Validate ``values`` as a ``config_class``.

    Raises
    ------
    InvalidInput
        Naming the setting, its value and what is allowed.
    """
    try:
        return config_class.model_validate(dict(values))
    except ValidationError as error:
        problems = error.errors()
        sentences = [_sentence(problem, config_class.model_fields) for problem in problems]
        pointer = "/" + "/".join(str(part) for part in problems[0]["loc"])
        raise InvalidInput("; ".join(sentences), field=pointer, allowed=list(config_class.model_fields)) from None


def parse_assignments(assignments: Iterable[str]) -> JsonObject:
    """Parse ``["beta=4", "scales=[1, 2]"]``; values are JSON where they parse as JSON, else text.

    Raises
    ------
    InvalidInput
        For a text without ``=``.
    """
    values: JsonObject = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals or not name.strip():
            raise InvalidInput(f"got {assignment!r}; allowed: key=value")
        try:
            values[name.strip()] = json.loads(text)
        except json.JSONDecodeError:
            values[name.strip()] = text.strip()
    return values
