"""Jobs of a sweep: the base and the values at a position of the grid make a training job and its evaluation."""

from collections.abc import Iterator, Mapping
from typing import Any

from backend.jobs.records import NewJob, json_digest
from models_zoo.json_types import JsonObject
from training.runs.run_config import run_settings
from training.studies.study import place, point

EVALUATE_PRIORITY = 1
EVALUATION_STALL_SECONDS = 3600.0
DIGITS = 12
"""Digits of a run's digest in the name of its model: with eight, two of 100,000 runs would probably share a name."""


def _canonical(value: object) -> object:
    """Return ``value`` with all numbers as floats: 4 and 4.0 are the same setting."""
    if isinstance(value, Mapping):
        return {key: _canonical(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(each) for each in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def digest(values: Mapping[str, object]) -> str:
    """Return the SHA-256 of settings, the same for any order of their names."""
    return json_digest(_canonical(values))


def run_digest(spec: Mapping[str, object]) -> str:
    """Return the SHA-256 of the settings that decide the outcome of a training run."""
    return digest(run_settings(spec))


def describe(values: Mapping[str, object]) -> str:
    """Return values as text, such as ``beta=4 seed=1``."""
    return " ".join(f"{name.rsplit('.', 1)[-1]}={value}" for name, value in values.items())


def evaluation_job(spec: JsonObject, name: str, spec_hash: str, priority: int, position: int | None = None) -> NewJob:
    """Return the job of an evaluation."""
    return NewJob(
        "evaluate", name, spec, spec_hash, priority=priority, stall_seconds=EVALUATION_STALL_SECONDS, position=position
    )


def training_job(spec: JsonObject, name: str, priority: int = 0, **fields: Any) -> NewJob:
    """Return the job of a resolved training spec, with its evaluation as a dependent job.

    Parameters
    ----------
    spec : dict
    name : str
    priority : int
    **fields
        Further fields of `NewJob`.
    """
    key = run_digest(spec)
    model = spec.get("model") or f"{spec['dataset']}-{spec['objective']}-{key[:DIGITS]}"
    metrics = spec.get("evaluate", True)
    dependents: tuple[NewJob, ...] = ()
    if metrics is not False:
        evaluation = {"model": model, "metrics": metrics if isinstance(metrics, list) else [], "seed": 0}
        evaluation_hash = digest({**evaluation, "run": key})
        rank, position = priority + EVALUATE_PRIORITY, fields.get("position")
        dependents = (evaluation_job(evaluation, f"evaluate {model}", evaluation_hash, rank, position),)
    return NewJob(
        "train",
        name,
        {**spec, "model": model},
        key,
        steps=spec["steps"],
        gpus=float(spec.get("gpus") or 0),
        cpus=float(spec.get("threads", 1)),
        priority=priority,
        dependents=dependents,
        **fields,
    )


def with_defaults(spec: JsonObject, defaults: JsonObject) -> JsonObject:
    """Add the defaults of the run and of its plugins' settings, so that equal runs have equal digests."""
    full = {**defaults["run"], **spec}
    if "likelihood" in defaults and full.get("likelihood") is None:  # sweeps of earlier versions name one for all runs
        full["likelihood"] = defaults["likelihood"][full["objective"]]
    for kind in ("objective", "dataset"):
        full[f"{kind}_settings"] = {**defaults[kind][full[kind]], **full.get(f"{kind}_settings", {})}
    return full


def runs(sweep: JsonObject, start: int, stop: int) -> Iterator[NewJob]:
    """Yield the jobs at positions ``start`` to ``stop`` of a stored sweep."""
    pack, priority = sweep.get("pack", 1), sweep.get("priority", 0)
    for position in range(start, stop):
        values = point(sweep["grid"], position)
        spec = with_defaults(place(sweep["base"], values), sweep["defaults"])
        yield training_job(spec, describe(values), priority, position=position, pack=pack)
