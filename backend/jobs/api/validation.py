"""Validation of job requests: every field of a run, an evaluation, an export or a sweep, before a row is made."""

import difflib
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence

from pydantic import ValidationError

from backend.catalog.data_paths import DataPaths
from backend.jobs.api.json_schema import best_match, schema_validator
from backend.jobs.queue import submit
from backend.jobs.queue.submit import NewSweep
from backend.jobs.records import NewJob, Row
from models_zoo.errors import InvalidInput, NotFound, TooLarge
from models_zoo.json_types import JsonObject
from models_zoo.manifest import check_id
from training.evaluation.images import CHOICES
from training.registry import METRICS
from training.runs.run_config import DEFAULT_LIKELIHOOD, JOB_FIELDS, RunConfig, run_settings
from training.studies.grid import place, size

MAX_GPUS = 64
MAX_PACK = 64
MAX_PARALLEL = 10_000
SWEEP_FIELDS = ("base", "grid", "max_parallel", "pack")
PLUGIN_AXES = ("objective", "dataset", "architecture")
NESTED_FIELDS = ("dataset_settings", "objective_settings", "start_from", "evaluate_metrics")
PLAIN_FIELDS = frozenset(RunConfig.model_fields).difference(PLUGIN_AXES, NESTED_FIELDS)
"""Settings of a run that `RunConfig` alone can check."""
BOUNDS = {"minimum": "at least", "exclusiveMinimum": "more than", "maximum": "at most", "exclusiveMaximum": "less than"}


def _invalid(field: str, got: object, allowed: str) -> InvalidInput:
    return InvalidInput(f"{field}: got {repr(got)[:80]}; allowed: {allowed}; correct it", field=field, allowed=allowed)


def _unknown(field: str, name: str, names: Iterable[str], what: str) -> InvalidInput:
    allowed = sorted(names)
    close = difflib.get_close_matches(name, allowed, n=1)
    action = f"did you mean {close[0]!r}?" if close else "remove or rename it"
    message = f"{field}: got {what} {name[:80]!r}; allowed: {', '.join(allowed)}; {action}"
    return InvalidInput(message, field=field, allowed=allowed)


def _refuse_unknown(spec: JsonObject, names: Sequence[str], field: str) -> None:
    for name in spec:
        if name not in names:
            raise _unknown(f"{field}/{name}", name, names, "field")


def _range(schema: JsonObject) -> str:
    """Describe the allowed values of a property in words."""
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    kind = schema.get("type") or " or ".join(part.get("type", "") for part in schema.get("anyOf", []))
    return ", ".join([str(kind), *(f"{words} {schema[key]}" for key, words in BOUNDS.items() if key in schema)])


def _check_settings(values: object, schema: JsonObject, field: str) -> JsonObject:
    """Validate a plugin's settings against its JSON schema and add its defaults."""
    properties = schema.get("properties", {})
    if not isinstance(values, Mapping):
        raise _invalid(field, values, "an object of settings")
    for name in values:
        if name not in properties:
            raise _unknown(f"{field}/{name}", name, properties, "setting")
    error = best_match(schema_validator(schema).iter_errors(dict(values)))
    if error is not None:
        path = error.absolute_path
        allowed = _range(properties[path[0]]) if path else error.message
        raise _invalid("/".join([field, *map(str, path)]), error.instance, allowed)
    return {**submit.defaults_of(schema), **values}


def _check_run(values: JsonObject, field: str) -> RunConfig:
    try:
        return RunConfig.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors()[0]
    name = str(first["loc"][0])
    if first["type"] == "extra_forbidden":
        raise _unknown(f"{field}/{name}", name, [*RunConfig.model_fields, *JOB_FIELDS], "setting")
    path = "/".join([field, *map(str, first["loc"])])
    if first["type"] == "missing":
        raise InvalidInput(f"{path}: got nothing; allowed: a name; name one", field=path)
    raise _invalid(path, first.get("input"), _range(RunConfig.model_json_schema()["properties"][name]))


def resolve(spec: JsonObject, schemas: JsonObject, paths: DataPaths, field: str = "/spec") -> JsonObject:
    """Validate the spec of a training run and add all defaults; paths are checked and stay as they came.

    Raises
    ------
    InvalidInput
        Naming the field, the value and the allowed ones.
    """
    run = _check_run(run_settings(spec), field)
    if run.start_from is not None:
        raise _invalid(f"{field}/start_from", run.start_from, "null, since folders of the server cannot be named here")
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
    return {**resolved, **_check_job_fields(spec, field)}


def _check_job_fields(spec: JsonObject, field: str) -> JsonObject:
    """Validate the fields of a training job that are not settings of its run."""
    evaluate, gpus = spec.get("evaluate", True), spec.get("gpus")
    fields: JsonObject = {}
    fields["evaluate"] = evaluate if isinstance(evaluate, bool) else check_metrics(evaluate, f"{field}/evaluate")
    if spec.get("model") is not None:
        fields["model"] = _check_model_id(spec["model"], f"{field}/model")
    if spec.get("name") is not None:
        fields["name"] = str(spec["name"])[:200]
    if gpus is not None:
        is_valid = isinstance(gpus, int | float) and not isinstance(gpus, bool) and 0 <= gpus <= MAX_GPUS
        if not is_valid or (gpus > 1 and gpus != int(gpus)):
            raise _invalid(f"{field}/gpus", gpus, f"0 to 1, or a whole number up to {MAX_GPUS}")
        fields["gpus"] = float(gpus)
    return fields


def _check_model_id(model: object, field: str) -> str:
    if not isinstance(model, str):
        raise _invalid(field, model, "text")
    try:
        return check_id(model)
    except InvalidInput as error:
        raise InvalidInput(f"{field}: {error.message}", field=field) from None


def check_metrics(names: object, field: str) -> list[str]:
    """Return metric names without duplicates; raise `InvalidInput` for other names or another type."""
    known = METRICS.names() if names else ()
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise _invalid(field, names, "a list of metric names")
    for index, name in enumerate(names):
        if name not in known:
            raise _unknown(f"{field}/{index}", name, known, "metric")
    return list(dict.fromkeys(names))


def train(spec: JsonObject, name: str | None, priority: int, schemas: JsonObject, paths: DataPaths) -> NewJob:
    """Return a training job with its evaluation."""
    resolved = resolve(spec, schemas, paths)
    title = name or f"{resolved['objective']} on {resolved['dataset']}, seed {resolved['seed']}"
    return submit.training_job({**resolved, "name": name} if name else resolved, title, priority=priority)


def evaluate(spec: JsonObject, name: str | None, priority: int) -> NewJob:
    """Return an evaluation job of an existing model."""
    _refuse_unknown(spec, ("model", "metrics", "seed", "images"), "/spec")
    model, seed, images = spec.get("model"), spec.get("seed", 0), spec.get("images", "all")
    if not isinstance(model, str):
        raise InvalidInput("/spec/model: got nothing; allowed: one of GET /api/v1/models; name it", field="/spec/model")
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < 2**32:
        raise _invalid("/spec/seed", seed, f"0 to {2**32 - 1}")
    if images not in CHOICES:
        raise _invalid("/spec/images", images, ", ".join(CHOICES))
    values = {"model": model, "metrics": check_metrics(spec.get("metrics", []), "/spec/metrics"), "seed": seed}
    if images != "all":
        values["images"] = images
    return submit.evaluation_job(values, name or f"evaluate {model}", submit.digest(values), priority)


def export(spec: JsonObject, row: Row, name: str | None, priority: int) -> NewJob:
    """Return a job that exports the stored checkpoint of training job ``row``."""
    _refuse_unknown(spec, ("job", "model"), "/spec")
    if row["checkpoint"] is None:
        message = f"/spec/job: got job {row['id']}, which has no checkpoint yet; allowed: jobs with one; wait for it"
        raise InvalidInput(message, field="/spec/job")
    model = spec.get("model") or f"{row['spec']['model'][:60]}-step{row['checkpoint_step']}"
    checked = _check_model_id(model, "/spec/model")
    values = {"job": row["id"], "checkpoint": row["checkpoint"], "model": checked, "run": row["spec"]}
    return NewJob("export", name or f"export {checked}", values, submit.digest(values), priority=priority)


def sweep(
    spec: JsonObject, name: str | None, priority: int, schemas: JsonObject, paths: DataPaths, max_runs: int
) -> NewSweep:
    """Validate a sweep: its size, every axis, and every value of every axis.

    Raises
    ------
    TooLarge
        If the grid has more than ``max_runs`` positions; nothing is expanded to find out.
    InvalidInput
        Naming the axis or value.
    """
    _refuse_unknown(spec, SWEEP_FIELDS, "/spec")
    base, axes = spec.get("base", {}), spec.get("grid")
    if not isinstance(base, dict):
        raise _invalid("/spec/base", base, "an object, the spec of a training run")
    if not isinstance(axes, dict) or not axes:
        raise _invalid("/spec/grid", axes, "an object with at least one setting and its values")
    for axis, values in axes.items():
        if not isinstance(values, list) or not values:
            raise _invalid(f"/spec/grid/{axis}", values, "a list of at least one value")
    total = size(axes)
    if total > max_runs:
        allowed = f"at most {max_runs:,} runs"
        message = f"got {total:,} runs; allowed: {allowed} (AXISCOPE_SWEEP_RUNS); split the grid into several sweeps"
        raise TooLarge(message, field="/spec/grid", allowed=allowed)
    stored = {
        "base": {key: base[key] for key in base if key not in ("model", "name")},
        "grid": dict(axes),
        "defaults": _check_points(base, axes, schemas, paths),
        "pack": _check_count(spec, "pack", MAX_PACK) or 1,
        "priority": priority,
    }
    title = name or "sweep over " + ", ".join(axis.rpartition(".")[2].replace("_", " ") for axis in axes)
    return NewSweep(title, stored, total, _check_count(spec, "max_parallel", MAX_PARALLEL), priority)


def _check_count(spec: JsonObject, name: str, maximum: int) -> int | None:
    value = spec.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= maximum):
        raise _invalid(f"/spec/{name}", value, f"1 to {maximum}")
    return value


def _check_points(
    base: JsonObject, axes: Mapping[str, list[object]], schemas: JsonObject, paths: DataPaths
) -> JsonObject:
    """Validate every value of every axis with every choice of plugins; return the defaults by kind and plugin.

    All other settings are independent of each other.
    """
    plugins = {name: values for name, values in axes.items() if name in PLUGIN_AXES}
    first = {name: values[0] for name, values in axes.items()}
    used: dict[str, set[str]] = {"objective": set(), "dataset": set()}
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
        for kind, names in used.items():
            names.add(resolved[kind])
    return submit.plugin_defaults(schemas, sorted(used["objective"]), sorted(used["dataset"]))


def _quick_check(spec: JsonObject, axis: str, schemas: JsonObject) -> Callable[[object], bool]:
    """Return a check of one value of ``axis``, where the rest of ``spec`` has been validated.

    It takes some ten microseconds where `resolve` takes hundreds: an axis may have 100,000 values. `resolve` decides
    about the values that it does not accept.
    """
    kind, _, setting = axis.partition(".")
    if kind == "objective_settings":
        schema = schemas["objectives"].get(spec.get("objective"), {}).get("schema") or {}
        properties = schema.get("properties", {})
        if setting in properties and isinstance(spec.get(kind), Mapping):
            validator = schema_validator(schema).evolve(schema=properties[setting])
            return lambda value: bool(validator.is_valid(value))
    elif axis in PLAIN_FIELDS:
        run = run_settings(spec)
        return lambda value: _is_run({**run, axis: value})
    return lambda _value: False


def _is_run(values: JsonObject) -> bool:
    try:
        RunConfig.model_validate(values)
    except ValidationError:
        return False
    return True


def _check_point(base: JsonObject, values: JsonObject, axis: str, schemas: JsonObject, paths: DataPaths) -> JsonObject:
    try:
        return resolve(place(base, values), schemas, paths, "/spec/base")
    except InvalidInput as error:
        setting = (error.field or "").removeprefix("/spec/base/").replace("/", ".")
        field = f"/spec/grid/{axis}" if setting and axis.startswith(setting) else error.field
        raise InvalidInput(error.message, field=field, allowed=error.allowed) from None
    except (AttributeError, TypeError):
        message = f"/spec/grid/{axis}: got an unknown setting; allowed: settings of a run; correct it"
        raise InvalidInput(message, field=f"/spec/grid/{axis}") from None
