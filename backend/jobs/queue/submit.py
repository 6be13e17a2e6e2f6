"""Putting jobs and sweeps into the queue: rows first, all or none."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from backend.jobs.database import NOW, Database
from backend.jobs.records import NewJob
from backend.jobs.tables import events, jobs, sweeps

CHUNK = 1_000


@dataclass(frozen=True)
class NewSweep:
    """A validated grid: stored whole, its rows are made later in chunks."""

    name: str
    spec: dict[str, Any]
    total: int
    max_parallel: int | None = None
    priority: int = 0


def _row(job: NewJob, sweep_id: int | None, depends_on: int | None) -> dict[str, Any]:
    return {
        "kind": job.kind,
        "name": job.name,
        "spec": job.spec,
        "spec_hash": job.spec_hash,
        "sweep_id": sweep_id,
        "position": job.position,
        "depends_on": depends_on,
        "blocked": depends_on is not None,
        "priority": job.priority,
        "cpus": job.cpus,
        "gpus": job.gpus,
        "pack": job.pack,
        "stall_seconds": job.stall_seconds,
        "max_attempts": job.max_attempts,
        "steps": job.steps,
        "state": "queued",
        "attempt": 0,
        "faults": 0,
        "losses": 0,
        "not_before": 0.0,
        "step": 0,
        "event_count": 1,
    }


def insert_jobs(
    connection: sa.Connection, new: Sequence[NewJob], sweep_id: int | None = None, depends_on: int | None = None
) -> list[int]:
    """Insert ``new`` and what follows them inside the caller's transaction; ids in order."""
    if not new:
        return []
    rows = [_row(job, sweep_id, depends_on) for job in new]
    statement = jobs.insert().values(created_at=NOW).returning(jobs.c.id, sort_by_parameter_order=True)
    ids = list(connection.execute(statement, rows).scalars())
    queued = [
        {"job_id": job_id, "seq": 1, "attempt": 0, "kind": "queued", "data": {"priority": job.priority}}
        for job_id, job in zip(ids, new, strict=True)
    ]
    connection.execute(events.insert().values(at=NOW), queued)
    followers = [(job_id, job.followers) for job_id, job in zip(ids, new, strict=True) if job.followers]
    _insert_followers(connection, followers, sweep_id)
    return ids


def _insert_followers(
    connection: sa.Connection, waiting: Sequence[tuple[int, tuple[NewJob, ...]]], sweep_id: int | None
) -> None:
    rows = [_row(job, sweep_id, leader) for leader, followers in waiting for job in followers]
    if not rows:
        return
    statement = jobs.insert().values(created_at=NOW).returning(jobs.c.id)
    ids = connection.execute(statement, rows).scalars()
    queued = [{"job_id": i, "seq": 1, "attempt": 0, "kind": "queued", "data": {}} for i in ids]
    connection.execute(events.insert().values(at=NOW), queued)


def add(database: Database, new: Sequence[NewJob], depends_on: int | None = None) -> list[int]:
    """Queue ``new`` in chunks of 1,000, each chunk in one transaction; their ids in order."""
    ids: list[int] = []
    for start in range(0, len(new), CHUNK):
        with database.write() as connection:
            ids += insert_jobs(connection, new[start : start + CHUNK], depends_on=depends_on)
    return ids


def insert_sweep(connection: sa.Connection, sweep: NewSweep) -> int:
    """Store the grid; `expand` makes its rows."""
    statement = sweeps.insert().values(
        name=sweep.name,
        spec=sweep.spec,
        total=sweep.total,
        expanded=0,
        max_parallel=sweep.max_parallel,
        priority=sweep.priority,
        cancelled=False,
        created_at=NOW,
    )
    return int(connection.execute(statement.returning(sweeps.c.id)).scalar_one())


Runs = Callable[[Mapping[str, Any], int, int], Iterable[NewJob]]


def expand(database: Database, runs: Runs, chunk: int = CHUNK) -> int:
    """Make the next rows of one unfinished sweep; call it until it returns 0.

    Parameters
    ----------
    database : Database
    runs : callable
        ``runs(spec, start, stop)`` gives the jobs at those positions of the grid.
    chunk : int
        Most rows of one transaction.

    Returns
    -------
    int
        Positions of the grid dealt with. Rows and cursor move in one transaction: a crash repeats nothing.
    """
    query = sa.select(sweeps).where(sweeps.c.expanded < sweeps.c.total, ~sweeps.c.cancelled)
    query = query.order_by(sweeps.c.priority.desc(), sweeps.c.id).limit(1).with_for_update(skip_locked=True)
    with database.write() as connection:
        sweep = connection.execute(query).mappings().first()
        if sweep is None:
            return 0
        start, stop = sweep["expanded"], min(sweep["expanded"] + chunk, sweep["total"])
        fresh = _not_there_yet(connection, list(runs(sweep["spec"], start, stop)), sweep["id"])
        ids = insert_jobs(connection, fresh, sweep_id=sweep["id"])
        _reuse(connection, ids)
        connection.execute(sweeps.update().where(sweeps.c.id == sweep["id"]).values(expanded=stop))
        return int(stop - start)


def _not_there_yet(connection: sa.Connection, new: list[NewJob], sweep_id: int) -> list[NewJob]:
    """Drop settings that the grid names twice; the first one runs."""
    unique = {job.spec_hash: job for job in reversed(new)}
    query = sa.select(jobs.c.spec_hash).where(jobs.c.sweep_id == sweep_id, jobs.c.spec_hash.in_(unique))
    known = set(connection.execute(query).scalars())
    return [job for job in new if job.spec_hash not in known and unique[job.spec_hash] is job]


def _reuse(connection: sa.Connection, ids: list[int]) -> None:
    """Give a new training row the result of an equal run that has already succeeded anywhere."""
    if not ids:
        return
    earlier = jobs.alias("earlier")
    same = sa.and_(
        earlier.c.spec_hash == jobs.c.spec_hash,
        earlier.c.kind == jobs.c.kind,
        earlier.c.state == "succeeded",
        earlier.c.id < ids[0],
    )
    query = sa.select(jobs.c.id, sa.func.max(earlier.c.id)).join(earlier, same)
    query = query.where(jobs.c.id.between(ids[0], ids[-1]), jobs.c.kind == "train").group_by(jobs.c.id)
    for job_id, twin in connection.execute(query).all():
        found = connection.execute(sa.select(jobs.c.result, jobs.c.steps).where(jobs.c.id == twin)).one()
        values = {"result": {**(found.result or {}), "reused_from": twin}, "step": found.steps or 0}
        connection.execute(
            jobs.update().where(jobs.c.id == job_id).values(state="succeeded", finished_at=NOW, **values)
        )
        connection.execute(jobs.update().where(jobs.c.depends_on == job_id).values(blocked=False))
