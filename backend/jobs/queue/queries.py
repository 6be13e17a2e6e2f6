"""Reading the queue for pages and commands. Nothing here writes."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from backend.jobs.database import Database
from backend.jobs.tables import attempts, jobs, sweeps
from models_zoo.errors import NotFound

_LISTED = [column for column in jobs.c if column.name not in {"spec_hash", "unit", "not_before", "event_count"}]


def show(database: Database, job_id: int) -> dict[str, Any]:
    """One job with its attempts, oldest first, and the ids of the jobs that wait for it.

    Raises
    ------
    NotFound
        If there is no such job.
    """
    with database.read() as connection:
        return job_row(connection, job_id)


def job_row(connection: sa.Connection, job_id: int) -> dict[str, Any]:
    """As `show`, inside the caller's transaction."""
    theirs = sa.select(attempts).where(attempts.c.job_id == job_id).order_by(attempts.c.attempt)
    followers = sa.select(jobs.c.id).where(jobs.c.depends_on == job_id).order_by(jobs.c.id)
    row = connection.execute(sa.select(jobs).where(jobs.c.id == job_id)).mappings().first()
    if row is None:
        raise NotFound(f"there is no job {job_id}")
    return {
        **row,
        "attempts": [dict(each) for each in connection.execute(theirs).mappings()],
        "followers": list(connection.execute(followers).scalars()),
    }


def listing(
    database: Database,
    *,
    states: Sequence[str] = (),
    kinds: Sequence[str] = (),
    sweep: int | None = None,
    limit: int = 50,
    before: int | None = None,
) -> tuple[list[dict[str, Any]], int | None]:
    """Jobs, newest first, and the id to pass as ``before`` for the next page (None at the end)."""
    query = sa.select(*_LISTED).order_by(jobs.c.id.desc()).limit(limit + 1)
    if states:
        query = query.where(jobs.c.state.in_(states))
    if kinds:
        query = query.where(jobs.c.kind.in_(kinds))
    if sweep is not None:
        query = query.where(jobs.c.sweep_id == sweep)
    if before is not None:
        query = query.where(jobs.c.id < before)
    with database.read() as connection:
        rows = [dict(row) for row in connection.execute(query).mappings()]
    return rows[:limit], rows[limit - 1]["id"] if len(rows) > limit else None


def counts(database: Database) -> dict[str, int]:
    """Jobs by state."""
    query = sa.select(jobs.c.state, sa.func.count()).group_by(jobs.c.state)
    with database.read() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def waiting(connection: sa.Connection) -> int:
    """Count the jobs that wait for a worker, and the runs of sweeps that have no row yet."""
    queued = sa.select(sa.func.count()).select_from(jobs).where(jobs.c.state == "queued", ~jobs.c.blocked)
    left = sa.select(sa.func.coalesce(sa.func.sum(sweeps.c.total - sweeps.c.expanded), 0)).where(~sweeps.c.cancelled)
    return int(connection.execute(queued).scalar_one()) + int(connection.execute(left).scalar_one())


def show_sweep(database: Database, sweep_id: int) -> dict[str, Any]:
    """One sweep's row.

    Raises
    ------
    NotFound
        If there is no such sweep.
    """
    with database.read() as connection:
        return sweep_row(connection, sweep_id)


def sweep_row(connection: sa.Connection, sweep_id: int) -> dict[str, Any]:
    """As `show_sweep`, inside the caller's transaction."""
    row = connection.execute(sa.select(sweeps).where(sweeps.c.id == sweep_id)).mappings().first()
    if row is None:
        raise NotFound(f"there is no sweep {sweep_id}")
    return dict(row)


def list_sweeps(
    database: Database, limit: int = 50, before: int | None = None
) -> tuple[list[dict[str, Any]], int | None]:
    """Sweeps, newest first, and the id to pass as ``before`` for the next page."""
    query = sa.select(sweeps).order_by(sweeps.c.id.desc()).limit(limit + 1)
    if before is not None:
        query = query.where(sweeps.c.id < before)
    with database.read() as connection:
        rows = [dict(row) for row in connection.execute(query).mappings()]
    return rows[:limit], rows[limit - 1]["id"] if len(rows) > limit else None


def cells(database: Database, sweep_id: int) -> list[dict[str, Any]]:
    """Training runs of a sweep by position, each with the state of its evaluation."""
    model = jobs.c.result["model"].as_string().label("model")
    columns = (jobs.c.id, jobs.c.position, jobs.c.state, jobs.c.step, jobs.c.steps, model, jobs.c.error)
    after = jobs.alias("evaluation")
    follows = sa.and_(after.c.depends_on == jobs.c.id, after.c.kind == "evaluate")
    evaluation = (
        after.c.id.label("evaluation_job"),
        after.c.state.label("evaluation_state"),
        after.c.error.label("evaluation_error"),
    )
    query = sa.select(*columns, *evaluation).outerjoin(after, follows)
    query = query.where(jobs.c.sweep_id == sweep_id, jobs.c.kind == "train").order_by(jobs.c.position)
    with database.read() as connection:
        return [row._asdict() for row in connection.execute(query)]


def counts_of(database: Database, sweep_ids: Sequence[int]) -> dict[int, dict[str, dict[str, int]]]:
    """Jobs of several sweeps by kind and state: ``{sweep: {"train": {state: n}, "evaluate": {state: n}}}``."""
    query = sa.select(jobs.c.sweep_id, jobs.c.kind, jobs.c.state, sa.func.count()).where(jobs.c.sweep_id.in_(sweep_ids))
    found: dict[int, dict[str, dict[str, int]]] = {sweep_id: {"train": {}, "evaluate": {}} for sweep_id in sweep_ids}
    with database.read() as connection:
        for sweep_id, kind, state, count in connection.execute(
            query.group_by(jobs.c.sweep_id, jobs.c.kind, jobs.c.state)
        ):
            found[sweep_id].setdefault(kind, {})[state] = count
    return found
