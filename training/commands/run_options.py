"""Options of `axiscope train`, one for each setting of `RunConfig` with its meaning, bounds and default."""

import inspect
import types
import typing
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

import typer
from pydantic.fields import FieldInfo

from models_zoo.json_types import JsonObject
from training.config import parse_assignments
from training.runs.run_config import RunConfig

NAMES = {
    "learning_rate": ("--lr", "--learning-rate"),
    "evaluate_metrics": ("--evaluate", "--evaluate-metrics"),
    "objective_settings": ("--set",),
    "dataset_settings": ("--data-set",),
}
"""Options whose name differs from that of the setting."""
_BOUNDS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}


def with_run_options(command: Callable[..., None]) -> Callable[..., None]:
    """Replace the parameter ``**given`` of a Typer command by an option for each field of `RunConfig`.

    The command gets the value of each option, None where it was not given; `settings_of` turns them into settings.
    """
    signature = inspect.signature(command, eval_str=True)
    plain = [each for each in signature.parameters.values() if each.kind is not inspect.Parameter.VAR_KEYWORD]
    options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_option(name, info))
        for name, info in RunConfig.model_fields.items()
    ]
    keyword = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in plain]
    command.__signature__ = signature.replace(parameters=[*keyword, *options])  # type: ignore[attr-defined]
    return command


def settings_of(given: Mapping[str, Any]) -> JsonObject:
    """Return the values of the options that were given, by setting."""
    values = {name: value for name, value in given.items() if value not in (None, [], ())}
    for name, value in values.items():
        kind = typing.get_origin(_plain_type(RunConfig.model_fields[name].annotation))
        if kind is list:
            values[name] = [part.strip() for part in value.split(",") if part.strip()]
        elif kind is dict:
            values[name] = parse_assignments(value)
    return values


def _plain_type(annotation: object) -> Any:
    """Return the type of a setting without ``| None``."""
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        (kept,) = [part for part in typing.get_args(annotation) if part is not type(None)]
        return kept
    return annotation


def _option(name: str, info: FieldInfo) -> Any:
    kind = _plain_type(info.annotation)
    origin = typing.get_origin(kind)
    names = NAMES.get(name, (f"--{name.replace('_', '-')}",))
    help_text = _help(kind, info)
    if origin is dict:
        return Annotated[list[str] | None, typer.Option(*names, help=help_text)]
    if kind is bool:
        (on,) = names
        return Annotated[bool | None, typer.Option(f"{on}/--no-{on.removeprefix('--')}", help=help_text)]
    if origin is Literal:
        metavar = "|".join(map(str, typing.get_args(kind)))
        return Annotated[str | None, typer.Option(*names, help=help_text, metavar=metavar)]
    return Annotated[(str if origin is list else kind) | None, typer.Option(*names, help=help_text)]


def _help(kind: object, info: FieldInfo) -> str:
    """Return a sentence of the meaning, the allowed values and the default."""
    facts = []
    if typing.get_origin(kind) is Literal:
        facts.append(", ".join(map(str, typing.get_args(kind))))
    bounds = {key: getattr(bound, key) for bound in info.metadata for key in _BOUNDS if hasattr(bound, key)}
    if {"ge", "le"} <= bounds.keys():
        facts.append(f"{bounds['ge']:,} to {bounds['le']:,}")
    else:
        facts += [f"{_BOUNDS[key]} {value:,}" for key, value in bounds.items()]
    if typing.get_origin(kind) is list:
        facts.append("comma-separated")
    if typing.get_origin(kind) is dict:
        facts.append("key=value, repeat for more")
    elif not info.is_required() and info.default not in (None, [], {}) and kind is not bool:
        facts.append(
            f"default {info.default:,}" if isinstance(info.default, int | float) else f"default {info.default}"
        )
    meaning = (info.description or "").strip()
    return f"{meaning[:1].upper()}{meaning[1:]}{' (' + ', '.join(facts) + ')' if facts else ''}."
