"""From a sweep's grid to jobs: one base and the values of a position make a training job and its evaluation."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from backend.jobs.records import NewJob
from training.runs.run_config import run_settings
from training.studies.study import place, point

EVALUATE_PRIORITY = 1
EVALUATION_STALL_SECONDS = 3600.0
DIGITS = 12
"""Of a run's digest in the name of its model: with eight, two of 100,000 runs would more likely than not share one."""


def _canonical(value: Any) -> Any:
    """Write numbers in one way: 4 and 4.0 are the same setting."""
    if isinstance(value, Mapping):
        return {key: _canonical(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(each) for each in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def digest(values: Mapping[str, Any]) -> str:
    """SHA-256 of settings, the same for any order of their names."""
    return hashlib.sha256(json.dumps(_canonical(values), sort_keys=True).encode()).hexdigest()


def run_digest(spec: Mapping[str, Any]) -> str:
    """SHA-256 of what decides the outcome of a training run: not its name, nor what follows it."""
    return digest(run_settings(spec))


def describe(values: Mapping[str, Any]) -> str:
    """Values for people: ``beta=4 seed=1``."""
    return " ".join(f"{name.rsplit('.', 1)[-1]}={value}" for name, value in values.items())


def evaluation_job(
    spec: dict[str, Any], name: str, spec_hash: str, priority: int, position: int | None = None
) -> NewJob:
    """Return the job of an evaluation."""
    return NewJob(
        "evaluate", name, spec, spec_hash, priority=priority, stall_seconds=EVALUATION_STALL_SECONDS, position=position
    )


def training_job(spec: Mapping[str, Any], name: str, priority: int = 0, **fields: Any) -> NewJob:
    """Return the job of a resolved training spec, with its evaluation as a dependent job.

    Parameters
    ----------
    spec : mapping
    name : str
    priority : int
    **fields
        Further fields of `NewJob`.
    """
    key = run_digest(spec)
    model = spec.get("model") or f"{spec['dataset']}-{spec['objective']}-{key[:DIGITS]}"
    metrics = spec.get("evaluate", True)
    followers: tuple[NewJob, ...] = ()
    if metrics is not False:
        evaluation = {"model": model, "metrics": metrics if isinstance(metrics, list) else [], "seed": 0}
        evaluation_hash = digest({**evaluation, "run": key})
        rank, position = priority + EVALUATE_PRIORITY, fields.get("position")
        followers = (evaluation_job(evaluation, f"evaluate {model}", evaluation_hash, rank, position),)
    return NewJob(
        "train",
        name,
        {**spec, "model": model},
        key,
        steps=spec["steps"],
        gpus=float(spec.get("gpus") or 0),
        cpus=float(spec.get("threads", 1)),
        priority=priority,
        followers=followers,
        **fields,
    )


def with_defaults(spec: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Write out the defaults of the run and of its plugins' settings, so that equal runs have equal digests."""
    full = {**defaults["run"], **spec}
    if "likelihood" in defaults and full.get("likelihood") is None:  # sweeps of earlier versions name one for all runs
        full["likelihood"] = defaults["likelihood"][full["objective"]]
    for kind in ("objective", "dataset"):
        full[f"{kind}_settings"] = {**defaults[kind][full[kind]], **full.get(f"{kind}_settings", {})}
    return full


def runs(sweep: Mapping[str, Any], start: int, stop: int) -> Iterable[NewJob]:
    """Jobs at positions ``start`` to ``stop`` of a stored sweep."""
    for position in range(start, stop):
        values = point(sweep["grid"], position)
        spec = with_defaults(place(sweep["base"], values), sweep["defaults"])
        yield training_job(
            spec,
            describe(values),
            position=position,
            pack=sweep.get("pack", 1),
            priority=sweep.get("priority", 0),
        )
