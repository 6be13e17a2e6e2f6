"""Sweeps as clients ask for them: size, axes and every value checked before anything is queued."""

import itertools
from collections.abc import Callable, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from pydantic import ValidationError

from backend.catalog.data_paths import DataPaths
from backend.jobs.api.validation import EXTRAS, PLUGIN_AXES, Schemas, only, resolve
from backend.jobs.queue.submit import NewSweep
from models_zoo.errors import InvalidInput, TooLarge
from training.runs.run_config import DEFAULT_LIKELIHOOD, RunConfig
from training.studies.grid import place, size

SWEEP_FIELDS = ("base", "grid", "max_parallel", "pack")
MAX_PACK = 64
PLAIN_FIELDS = frozenset(RunConfig.model_fields) - {
    *PLUGIN_AXES,
    "dataset_settings",
    "objective_settings",
    "start_from",
    "evaluate_metrics",
}
"""Settings of a run that its record alone can check."""


def sweep(
    spec: Mapping[str, Any], name: str | None, priority: int, schemas: Schemas, paths: DataPaths, most: int
) -> NewSweep:
    """Check a sweep: its size (at most ``most`` runs), every axis, and every value of every axis.

    Raises
    ------
    TooLarge
        If the grid has more positions than are allowed; nothing is expanded to find out.
    InvalidInput
        Naming the axis or value at fault.
    """
    only(spec, SWEEP_FIELDS, "/spec")
    base, axes = spec.get("base", {}), spec.get("grid")
    if not isinstance(base, Mapping):
        raise InvalidInput("/spec/base: allowed is an object, the spec of a training run", field="/spec/base")
    if not isinstance(axes, Mapping) or not axes:
        raise InvalidInput("/spec/grid: name at least one setting and its values", field="/spec/grid")
    for axis, values in axes.items():
        if not isinstance(values, list) or not values:
            place = f"/spec/grid/{axis}"
            raise InvalidInput(f"{place}: allowed is a list of at least one value", field=place)
    total = size(axes)
    if total > most:
        allowed = f"at most {most:,} runs"
        message = f"the grid has {total:,} runs; allowed: {allowed} (AXISCOPE_SWEEP_RUNS): split it into several sweeps"
        raise TooLarge(message, field="/spec/grid", allowed=allowed)
    defaults = _check_points(base, axes, schemas, paths)
    numbers = {key: _count(spec.get(key), key, most) for key, most in (("max_parallel", 10_000), ("pack", MAX_PACK))}
    plain = {key: base[key] for key in base if key not in ("model", "name")}
    stored = {
        "base": plain,
        "grid": dict(axes),
        "defaults": defaults,
        "pack": numbers["pack"] or 1,
        "priority": priority,
    }
    title = name or "sweep over " + ", ".join(axis.rpartition(".")[2].replace("_", " ") for axis in axes)
    return NewSweep(title, stored, total, numbers["max_parallel"], priority)


def _count(value: Any, name: str, most: int) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        place = f"/spec/{name}"
        raise InvalidInput(f"{place}: {value!r} came; allowed is 1 to {most}", field=place, allowed=f"1 to {most}")
    return value


def _check_points(
    base: Mapping[str, Any], axes: Mapping[str, list[Any]], schemas: Schemas, paths: DataPaths
) -> dict[str, Any]:
    """Check every value of every axis with every choice of plugins; settings are independent otherwise.

    Returns
    -------
    dict
        Resolved defaults of settings by kind and plugin, for the expansion.
    """
    plugins = {name: values for name, values in axes.items() if name in PLUGIN_AXES}
    first = {name: values[0] for name, values in axes.items()}
    defaults: dict[str, Any] = {"run": {}, "objective": {}, "dataset": {}, "likelihood": {}}
    for choice in itertools.product(*plugins.values()):
        chosen = {**first, **dict(zip(plugins, choice, strict=True))}
        for axis, values in axes.items():
            if axis in plugins:
                continue
            is_valid = _quick_check(place(base, chosen), axis, schemas)
            for index, value in enumerate(values):
                if not index or not is_valid(value):
                    _check_point(base, {**chosen, axis: value}, f"{axis}/{index}", schemas, paths)
        resolved = _check_point(base, chosen, next(iter(axes)), schemas, paths)
        made_for = schemas["objectives"][resolved["objective"]].get("likelihood")
        defaults["likelihood"][resolved["objective"]] = made_for or DEFAULT_LIKELIHOOD
        for kind in ("objective", "dataset"):
            schema = schemas[f"{kind}s"][resolved[kind]]["schema"] or {}
            known = schema.get("properties", {})
            defaults[kind][resolved[kind]] = {key: each["default"] for key, each in known.items() if "default" in each}
    defaults["run"] = {key: each.default for key, each in RunConfig.model_fields.items() if not each.is_required()}
    return defaults


def _quick_check(spec: Mapping[str, Any], axis: str, schemas: Schemas) -> Callable[[Any], bool]:
    """Return a check of one value of ``axis`` where the rest of ``spec`` was checked before.

    It takes some ten microseconds where `resolve` takes hundreds: an axis may have 100,000 values. What it does not
    accept, right or wrong, is for `resolve`.
    """
    kind, _, setting = axis.partition(".")
    if kind == "objective_settings":
        schema = schemas["objectives"].get(spec.get("objective"), {}).get("schema") or {}
        settings, validator = spec.get(kind), Draft202012Validator(schema)
        if setting in schema.get("properties", {}) and isinstance(settings, Mapping):
            return lambda value: bool(validator.is_valid({**settings, setting: value}))
    elif axis in PLAIN_FIELDS:
        run = {key: value for key, value in spec.items() if key not in EXTRAS}
        return lambda value: _is_run({**run, axis: value})
    return lambda _value: False


def _is_run(values: Mapping[str, Any]) -> bool:
    try:
        RunConfig.model_validate(values)
    except ValidationError:
        return False
    return True


def _check_point(
    base: Mapping[str, Any], values: Mapping[str, Any], axis: str, schemas: Schemas, paths: DataPaths
) -> dict[str, Any]:
    try:
        return resolve(place(base, values), schemas, paths, "/spec/base")
    except InvalidInput as error:
        spot = (error.field or "").removeprefix("/spec/base/").replace("/", ".")
        field = f"/spec/grid/{axis}" if spot and axis.startswith(spot) else error.field
        raise InvalidInput(error.message, field=field, allowed=error.allowed) from None
    except (AttributeError, TypeError):
        raise InvalidInput(f"/spec/grid/{axis}: there is no such setting", field=f"/spec/grid/{axis}") from None
