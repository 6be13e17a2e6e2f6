"""From what a client asks to what is queued: every field checked before a row is made."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError as SchemaError
from jsonschema.exceptions import best_match
from pydantic import ValidationError

from backend.catalog.data_paths import DataPaths
from backend.jobs.queue import grid
from backend.jobs.records import NewJob
from models_zoo.errors import InvalidInput, NotFound
from models_zoo.manifest import check_id
from training.registry import METRICS
from training.runs.run_config import DEFAULT_LIKELIHOOD, RunConfig

EXTRAS = ("model", "name", "evaluate", "gpus")
MOST_GPUS = 64
PLUGIN_AXES = ("objective", "dataset", "architecture")
Schemas = Mapping[str, Any]


def _range(schema: Mapping[str, Any]) -> str:
    """What a property may be, in words."""
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    bounds = [
        f"{words} {schema[key]}"
        for key, words in (
            ("minimum", "at least"),
            ("exclusiveMinimum", "more than"),
            ("maximum", "at most"),
            ("exclusiveMaximum", "less than"),
        )
        if key in schema
    ]
    kind = schema.get("type") or " or ".join(part.get("type", "") for part in schema.get("anyOf", []))
    return ", ".join([str(kind), *bounds])


def _near(name: str, names: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, names, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _unknown(field: str, name: str, names: Iterable[str], what: str) -> InvalidInput:
    listed = sorted(names)
    return InvalidInput(
        f"{field}: there is no {what} {name[:80]!r}{_near(name, listed)}; there are: {', '.join(listed)}",
        field=field,
        allowed=listed,
    )


def _check_settings(values: Any, schema: Mapping[str, Any], field: str) -> dict[str, Any]:
    """Validate a plugin's settings against its JSON schema and write its defaults out."""
    properties = schema.get("properties", {})
    if not isinstance(values, Mapping):
        raise InvalidInput(f"{field}: {values!r} came; allowed is an object of settings", field=field)
    for name in values:
        if name not in properties:
            raise _unknown(f"{field}/{name}", name, properties, "setting")
    error: SchemaError | None = best_match(Draft202012Validator(schema).iter_errors(dict(values)))
    if error is not None:
        place = "/".join([field, *map(str, error.absolute_path)])
        allowed = _range(properties[error.absolute_path[0]]) if error.absolute_path else None
        got = repr(error.instance)[:80]
        raise InvalidInput(f"{place}: got {got}; allowed: {allowed or error.message}", field=place, allowed=allowed)
    defaults = {name: each["default"] for name, each in properties.items() if "default" in each}
    return {**defaults, **values}


def _check_run(values: Mapping[str, Any], field: str) -> RunConfig:
    try:
        return RunConfig.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors()[0]
    name = str(first["loc"][0])
    if first["type"] == "extra_forbidden":
        raise _unknown(f"{field}/{name}", name, [*RunConfig.model_fields, *EXTRAS], "setting")
    place = "/".join([field, *map(str, first["loc"])])
    if first["type"] == "missing":
        raise InvalidInput(f"{place} is missing: name one", field=place)
    allowed = _range(RunConfig.model_json_schema()["properties"][name])
    got = repr(first.get("input"))[:80]
    raise InvalidInput(f"{place}: got {got}; allowed: {allowed}", field=place, allowed=allowed)


def resolve(spec: Mapping[str, Any], schemas: Schemas, paths: DataPaths, field: str = "/spec") -> dict[str, Any]:
    """Check a training spec and write all defaults out; paths are checked against ``paths`` and stay as they came.

    Raises
    ------
    InvalidInput
        Naming the field, what came and what is allowed.
    """
    run = _check_run({key: value for key, value in spec.items() if key not in EXTRAS}, field)
    if run.start_from is not None:
        place = f"{field}/start_from"
        raise InvalidInput(f"{place}: folders of the server cannot be named here; allowed is null", field=place)
    check_metrics(run.evaluate_metrics, f"{field}/evaluate_metrics")
    resolved = run.model_dump(mode="json")
    for kind in PLUGIN_AXES:
        known = schemas[f"{kind}s"]
        name = resolved[kind]
        if name not in known:
            raise _unknown(f"{field}/{kind}", name, known, kind.replace("dataset", "data set"))
        if kind == "objective" and resolved["likelihood"] is None:
            resolved["likelihood"] = known[name].get("likelihood") or DEFAULT_LIKELIHOOD
        key = f"{kind}_settings"
        if key in resolved:
            resolved[key] = _check_settings(resolved[key], known[name]["schema"] or {}, f"{field}/{key}")
    try:
        paths.check(resolved["dataset"], resolved["dataset_settings"], f"{field}/dataset_settings")
    except NotFound as error:
        raise InvalidInput(error.message, field=error.field, allowed=error.allowed) from None
    return {**resolved, **_check_extras(spec, field)}


def _check_extras(spec: Mapping[str, Any], field: str) -> dict[str, Any]:
    extras: dict[str, Any] = {"evaluate": spec.get("evaluate", True)}
    if spec.get("model") is not None:
        if not isinstance(spec["model"], str):
            raise InvalidInput(f"{field}/model: {spec['model']!r} came; allowed is text", field=f"{field}/model")
        try:
            extras["model"] = check_id(spec["model"])
        except InvalidInput as error:
            raise InvalidInput(f"{field}/model: {error.message}", field=f"{field}/model") from None
    if spec.get("name") is not None:
        extras["name"] = str(spec["name"])[:200]
    wanted = extras["evaluate"]
    if not isinstance(wanted, bool):
        extras["evaluate"] = check_metrics(wanted, f"{field}/evaluate")
    gpus = spec.get("gpus")
    if gpus is not None:
        sound = isinstance(gpus, int | float) and not isinstance(gpus, bool) and 0 <= gpus <= MOST_GPUS
        if not sound or (gpus > 1 and gpus != int(gpus)):
            allowed = f"0 to 1, or a whole number up to {MOST_GPUS}"
            raise InvalidInput(
                f"{field}/gpus: {gpus!r} came; allowed is {allowed}", field=f"{field}/gpus", allowed=allowed
            )
        extras["gpus"] = float(gpus)
    return extras


def check_metrics(names: Any, field: str) -> list[str]:
    """Check a list of metric names."""
    known = METRICS.names() if names else ()
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InvalidInput(f"{field}: {str(names)[:80]} came; allowed is a list of metric names", field=field)
    for index, name in enumerate(names):
        if name not in known:
            raise _unknown(f"{field}/{index}", name, known, "metric")
    return list(dict.fromkeys(names))


def train(spec: Mapping[str, Any], name: str | None, priority: int, schemas: Schemas, paths: DataPaths) -> NewJob:
    """Make a training job, with its evaluation."""
    resolved = resolve(spec, schemas, paths)
    title = name or f"{resolved['objective']} on {resolved['dataset']}, seed {resolved['seed']}"
    return grid.training_job({**resolved, "name": name} if name else resolved, title, priority=priority)


def evaluate(spec: Mapping[str, Any], name: str | None, priority: int) -> NewJob:
    """Make an evaluation job of a model that is there."""
    only(spec, ("model", "metrics", "seed"), "/spec")
    model, seed = spec.get("model"), spec.get("seed", 0)
    if not isinstance(model, str):
        raise InvalidInput("/spec/model is missing: name a model of GET /api/v1/models", field="/spec/model")
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < 2**32:
        raise InvalidInput(f"/spec/seed: {seed!r} came; allowed is 0 to {2**32 - 1}", field="/spec/seed")
    metrics = check_metrics(spec.get("metrics", []), "/spec/metrics")
    values = {"model": model, "metrics": metrics, "seed": seed}
    title = name or f"evaluate {model}"
    return NewJob("evaluate", title, values, grid.digest(values), priority=priority, stall_seconds=3600.0)


def export(spec: Mapping[str, Any], row: Mapping[str, Any], name: str | None, priority: int) -> NewJob:
    """Make a job that exports the stored checkpoint of training job ``row``."""
    only(spec, ("job", "model"), "/spec")
    if row["checkpoint"] is None:
        raise InvalidInput(f"/spec/job: job {row['id']} has no checkpoint yet: wait for one", field="/spec/job")
    model = spec.get("model") or f"{row['spec']['model'][:60]}-step{row['checkpoint_step']}"
    checked = _check_extras({"model": model}, "/spec")["model"]
    values = {"job": row["id"], "checkpoint": row["checkpoint"], "model": checked, "run": row["spec"]}
    return NewJob("export", name or f"export {checked}", values, grid.digest(values), priority=priority)


def only(spec: Mapping[str, Any], names: Sequence[str], field: str) -> None:
    """Refuse fields of ``spec`` that are not among ``names``."""
    for name in spec:
        if name not in names:
            raise _unknown(f"{field}/{name}", name, names, "field")
