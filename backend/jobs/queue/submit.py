"""Jobs and sweeps to be queued: made from validated settings, and inserted, each call in one transaction."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from backend.db.base import NOW
from backend.db.engine import Database
from backend.db.tables import Model
from backend.jobs.records import NewJob, json_digest
from backend.jobs.tables import TERMINAL, events, jobs, sweeps
from models_zoo.json_types import JsonObject
from training.runs.run_config import DEFAULT_LIKELIHOOD, RunConfig, run_settings
from training.studies.grid import place, point

CHUNK = 1_000
MakeJobs = Callable[[JsonObject, int, int], Iterable[NewJob]]
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
    """Return the SHA-256 of the settings that decide the outcome of a training run, and of the study it belongs to."""
    of_study = {name: spec[name] for name in ("study", "learned_from") if name in spec}
    return digest({**run_settings(spec), **of_study})


def describe(values: Mapping[str, object]) -> str:
    """Return values as text, such as ``beta=4 seed=1``."""
    return " ".join(f"{name.rsplit('.', 1)[-1]}={value}" for name, value in values.items())


def evaluation_job(
    spec: JsonObject, name: str, spec_hash: str, priority: int, position: int | None = None, pack: int = 1
) -> NewJob:
    """Return the job of an evaluation."""
    return NewJob(
        "evaluate",
        name,
        spec,
        spec_hash,
        priority=priority,
        pack=pack,
        stall_seconds=EVALUATION_STALL_SECONDS,
        position=position,
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
        given = metrics if isinstance(metrics, dict) else {"metrics": metrics if isinstance(metrics, list) else []}
        evaluation = {"model": model, "seed": 0, **given}
        evaluation_hash = digest({**evaluation, "run": key})
        rank, position = priority + EVALUATE_PRIORITY, fields.get("position")
        pack = fields.get("pack", 1)
        dependents = (evaluation_job(evaluation, f"evaluate {name}", evaluation_hash, rank, position, pack),)
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


def plugin_defaults(schemas: JsonObject, objectives: Iterable[str], datasets: Iterable[str]) -> JsonObject:
    """Return what `with_defaults` takes: defaults of a run, of plugins by kind and name, and their likelihoods."""
    names = {"objective": tuple(objectives), "dataset": tuple(datasets)}
    described = schemas["objectives"]
    return {
        "run": {key: each.default for key, each in RunConfig.model_fields.items() if not each.is_required()},
        "likelihood": {name: described[name].get("likelihood") or DEFAULT_LIKELIHOOD for name in names["objective"]},
        **{kind: {name: defaults_of(schemas[f"{kind}s"][name]["schema"]) for name in names[kind]} for kind in names},
    }


def defaults_of(schema: JsonObject | None) -> JsonObject:
    """Return the defaults of the settings that a JSON schema describes."""
    properties = (schema or {}).get("properties", {})
    return {name: each["default"] for name, each in properties.items() if "default" in each}


def with_defaults(spec: JsonObject, defaults: JsonObject) -> JsonObject:
    """Add the defaults of the run and of its plugins' settings, so that equal runs have equal digests."""
    full = {**defaults["run"], **spec}
    if "likelihood" in defaults and full.get("likelihood") is None:  # sweeps of earlier versions name one for all runs
        full["likelihood"] = defaults["likelihood"][full["objective"]]
    for kind in ("objective", "dataset"):
        full[f"{kind}_settings"] = {**defaults[kind][full[kind]], **full.get(f"{kind}_settings", {})}
    return full


def sweep_jobs(sweep: JsonObject, start: int, stop: int) -> Iterator[NewJob]:
    """Yield the jobs at positions ``start`` to ``stop`` of a stored sweep."""
    pack, priority = sweep.get("pack", 1), sweep.get("priority", 0)
    for position in range(start, stop):
        values = point(sweep["grid"], position)
        spec = with_defaults(place(sweep["base"], values), sweep["defaults"])
        yield training_job(spec, describe(values), priority, position=position, pack=pack)


@dataclass(frozen=True)
class NewSweep:
    """A validated grid, stored whole; its rows are made later in chunks."""

    name: str
    spec: JsonObject
    total: int
    max_parallel: int | None = None
    priority: int = 0


def insert_jobs(connection: sa.Connection, new: Sequence[NewJob], sweep_id: int | None = None) -> list[int]:
    """Insert ``new`` and their dependents in the caller's transaction and return the ids of ``new`` in order."""
    ids = _insert(connection, [(job, _open_run(connection, job.waits_for)) for job in new], sweep_id)
    dependents = [(job, job_id) for job_id, each in zip(ids, new, strict=True) for job in each.dependents]
    _insert(connection, dependents, sweep_id)
    return ids


def _insert(connection: sa.Connection, new: Sequence[tuple[NewJob, int | None]], sweep_id: int | None) -> list[int]:
    """Insert pairs of a job and its dependency."""
    if not new:
        return []
    rows = []
    for job, depends_on in new:
        fields = {name: value for name, value in vars(job).items() if name not in {"dependents", "waits_for"}}
        links = {"sweep_id": sweep_id, "depends_on": depends_on, "blocked": depends_on is not None}
        rows.append({**fields, **links, "event_count": 1})
    statement = jobs.insert().returning(jobs.c.id, sort_by_parameter_order=True)
    ids = list(connection.execute(statement, rows).scalars())
    queued = [
        {"job_id": job_id, "seq": 1, "attempt": 0, "kind": "queued", "data": {"priority": job.priority}}
        for job_id, (job, _) in zip(ids, new, strict=True)
    ]
    connection.execute(events.insert(), queued)
    return ids


def insert_sweep(connection: sa.Connection, sweep: NewSweep) -> int:
    """Insert the grid and return its id; `expand` makes its rows."""
    statement = sweeps.insert().values(**vars(sweep))
    return int(connection.execute(statement.returning(sweeps.c.id)).scalar_one())


def expand(database: Database, make_jobs: MakeJobs = sweep_jobs, chunk: int = CHUNK) -> int:
    """Insert the next rows of one unexpanded sweep; call it until it returns 0.

    Parameters
    ----------
    database : Database
    make_jobs : callable
        ``make_jobs(spec, start, stop)`` returns the jobs at those positions of the grid.
    chunk : int
        Largest number of positions in one transaction.

    Returns
    -------
    int
        Number of positions that were expanded. Rows and cursor move in one transaction: a crash repeats nothing.
    """
    query = sa.select(sweeps).where(sweeps.c.expanded < sweeps.c.total, ~sweeps.c.cancelled)
    query = query.order_by(sweeps.c.priority.desc(), sweeps.c.id).limit(1).with_for_update(skip_locked=True)
    with database.write() as connection:
        sweep = connection.execute(query).mappings().first()
        if sweep is None:
            return 0
        start, stop = sweep["expanded"], min(sweep["expanded"] + chunk, sweep["total"])
        fresh = _without_known(connection, list(make_jobs(sweep["spec"], start, stop)), sweep["id"])
        ids = insert_jobs(connection, [job for job in fresh if job.waits_for is None], sweep["id"])
        ids += insert_jobs(connection, [job for job in fresh if job.waits_for is not None], sweep["id"])
        _reuse_results(connection, ids)
        connection.execute(sweeps.update().where(sweeps.c.id == sweep["id"]).values(expanded=stop))
        return int(stop - start)


def _without_known(connection: sa.Connection, new: list[NewJob], sweep_id: int) -> list[NewJob]:
    """Drop settings that the grid names twice; the first ones run."""
    unique = {job.spec_hash: job for job in reversed(new)}
    query = sa.select(jobs.c.spec_hash).where(jobs.c.sweep_id == sweep_id, jobs.c.spec_hash.in_(unique))
    known = set(connection.execute(query).scalars())
    return [job for job in new if job.spec_hash not in known and unique[job.spec_hash] is job]


def _open_run(connection: sa.Connection, spec_hash: str | None) -> int | None:
    """Return the newest unfinished training job of a digest; None where there is none to wait for."""
    if spec_hash is None:
        return None
    query = sa.select(jobs.c.id).where(jobs.c.spec_hash == spec_hash, jobs.c.kind == "train")
    return connection.execute(query.where(jobs.c.state.not_in(TERMINAL)).order_by(jobs.c.id.desc()).limit(1)).scalar()


def _reuse_results(connection: sa.Connection, ids: list[int]) -> None:
    """Finish new training jobs with the results of equal runs that have succeeded before.

    The run of a study is only repeated where its model is gone, or its scores: it needs its model.
    """
    if not ids:
        return
    earlier = jobs.alias("earlier")
    equal = sa.and_(
        earlier.c.spec_hash == jobs.c.spec_hash,
        earlier.c.kind == jobs.c.kind,
        earlier.c.state == "succeeded",
        earlier.c.id < ids[0],
    )
    query = sa.select(jobs.c.id, sa.func.max(earlier.c.id)).join(earlier, equal)
    query = query.where(jobs.c.id.between(ids[0], ids[-1]), jobs.c.kind == "train").group_by(jobs.c.id)
    for job_id, earlier_job in connection.execute(query).all():
        query_of_result = sa.select(jobs.c.result, jobs.c.steps, jobs.c.spec).where(jobs.c.id == earlier_job)
        found = connection.execute(query_of_result).one()
        if "study" in found.spec and not _has_model(connection, found.spec["model"]):
            continue
        result = {**(found.result or {}), "reused_from": earlier_job}
        ended = {"state": "succeeded", "finished_at": NOW, "result": result, "step": found.steps or 0}
        connection.execute(jobs.update().where(jobs.c.id == job_id).values(**ended))
        connection.execute(jobs.update().where(jobs.c.depends_on == job_id).values(blocked=False))


def _has_model(connection: sa.Connection, model: str) -> bool:
    return connection.execute(sa.select(Model.id).where(Model.id == model)).first() is not None
