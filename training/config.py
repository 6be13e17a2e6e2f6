"""Settings of plugins: frozen, validated, self-describing.

CLI options, the JSON schema and the page's form all come from these classes.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema

from models_zoo.errors import InvalidInput


class Config(BaseModel):
    """Base of every plugin's settings; unknown names, NaN and infinities are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True)

    def for_run(self, steps: int) -> Self:  # noqa: ARG002 - most settings do not depend on it
        """Work out the settings left open that follow from the run's number of steps; a run stores the result."""
        return self


C = TypeVar("C", bound=Config)
FilePath = Annotated[
    str,
    AfterValidator(lambda text: str(Path(text).expanduser().absolute()) if text else text),
    WithJsonSchema({"type": "string", "format": "path"}),
]
"""Path of a user's file, empty for none; made absolute, so that whoever opens the run later finds it.

The JSON schema says ``"format": "path"``, as for `pathlib.Path`. The service confines the settings that say so
(backend/catalog/data_paths.py); `tests/meta` refuses a setting that is a path and does not.
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
        Its value when nothing is said.
    meaning : str
        What it does, in words that stand beside the field of the form.
    unit : str
        Unit, e.g. ``"nats"`` or ``"steps"``.
    source : str
        Paper and equation or table the default comes from.
    scales_with_steps : bool, optional
        Whether it is a length of training, which a shorter version of the run shortens too; to be said of every
        setting whose unit is steps.
    **bounds
        ``ge``, ``gt``, ``le``, ``lt``, ``min_length`` ... as pydantic's ``Field`` takes them.
    """
    extra: dict[str, Any] = {"unit": unit, "source": source}
    if scales_with_steps is not None:
        extra["scales_with_steps"] = scales_with_steps
    return Field(default, description=meaning, json_schema_extra=extra, **bounds)


def shorten(config: C, scale: float) -> C:
    """Multiply the settings that are lengths of training by ``scale``; at least one step is left."""
    extras = {name: field.json_schema_extra for name, field in type(config).model_fields.items()}
    lengths = [name for name, extra in extras.items() if isinstance(extra, dict) and extra.get("scales_with_steps")]
    values = {name: getattr(config, name) for name in lengths}
    return config.model_copy(
        update={name: max(1, round(value * scale)) for name, value in values.items() if value is not None}
    )


def _sentence(error: Mapping[str, Any], allowed: Iterable[str]) -> str:
    name = ".".join(str(part) for part in error["loc"]) or "settings"
    if error["type"] == "extra_forbidden":
        return f"there is no setting {name!r}; there are: {', '.join(allowed) or 'none'}"
    return f"{name} = {error.get('input')!r}: {error['msg']}"


def build(config_class: type[C], values: Mapping[str, Any]) -> C:
    """Validate ``values`` into a ``config_class``.

    Raises
    ------
    InvalidInput
        Naming the setting, what came and what is allowed.
    """
    try:
        return config_class.model_validate(dict(values))
    except ValidationError as error:
        problems = error.errors()
        sentences = [_sentence(problem, config_class.model_fields) for problem in problems]
        pointer = "/" + "/".join(str(part) for part in problems[0]["loc"])
        raise InvalidInput("; ".join(sentences), field=pointer, allowed=list(config_class.model_fields)) from None


def parse_assignments(assignments: Iterable[str]) -> dict[str, Any]:
    """Turn ``["beta=4", "scales=[1, 2]"]`` into a mapping; values are JSON where they parse as JSON.

    Raises
    ------
    InvalidInput
        For a text without ``=``.
    """
    values: dict[str, Any] = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals or not name.strip():
            raise InvalidInput(f"{assignment!r} is not of the form key=value")
        try:
            values[name.strip()] = json.loads(text)
        except json.JSONDecodeError:
            values[name.strip()] = text.strip()
    return values
