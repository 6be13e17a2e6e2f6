"""From a sweep's grid to jobs: one base and the values of a position make a training job and its evaluation."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from backend.jobs.records import NewJob
from training.studies.grid import place, point

EVALUATE_PRIORITY = 1
DIGITS = 12
"""Of a run's digest in the name of its model: with eight, two of 100,000 runs would more likely than not share one."""
_NOT_OF_THE_RUN = ("model", "name", "evaluate", "gpus")


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
    return digest({key: value for key, value in spec.items() if key not in _NOT_OF_THE_RUN})


def describe(values: Mapping[str, Any]) -> str:
    """Values for people: ``beta=4 seed=1``."""
    return " ".join(f"{name.rsplit('.', 1)[-1]}={value}" for name, value in values.items())


def training_job(spec: Mapping[str, Any], name: str, **changes: Any) -> NewJob:
    """Make the job of a resolved training spec, and its evaluation that waits for it."""
    key = run_digest(spec)
    model = spec.get("model") or f"{spec['dataset']}-{spec['objective']}-{key[:DIGITS]}"
    gpus = float(spec.get("gpus") or 0)
    priority = int(changes.get("priority", 0))
    followers: tuple[NewJob, ...] = ()
    wanted = spec.get("evaluate", True)
    if wanted is not False:
        metrics = wanted if isinstance(wanted, list) else []
        follower_spec = {"model": model, "metrics": metrics, "seed": 0}
        followers = (
            NewJob(
                "evaluate",
                f"evaluate {model}",
                follower_spec,
                digest({**follower_spec, "run": key}),
                priority=priority + EVALUATE_PRIORITY,
                stall_seconds=3600.0,
                position=changes.get("position"),
            ),
        )
    return NewJob(
        "train",
        name,
        {**spec, "model": model},
        key,
        steps=spec["steps"],
        gpus=gpus,
        cpus=float(spec.get("threads", 1)),
        followers=followers,
        **changes,
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
