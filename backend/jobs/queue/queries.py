"""Reads of the queue for pages and commands."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import RowMapping

from backend.db.engine import Database
from backend.jobs.tables import attempts, jobs, sweeps
from models_zoo.errors import NotFound
from models_zoo.json_types import JsonObject

_LISTED = [column for column in jobs.c if column.name not in {"spec_hash", "unit", "not_before", "event_count"}]


def show(database: Database, job_id: int) -> JsonObject:
    """Return one job with its ``attempts``, oldest first, and the ids of its ``dependents``.

    Raises
    ------
    NotFound
        If there is no such job.
    """
    with database.read() as connection:
        return job_row(connection, job_id)


def job_row(connection: sa.Connection, job_id: int) -> JsonObject:
    """Return the same as `show`, in the caller's transaction."""
    of_job = sa.select(attempts).where(attempts.c.job_id == job_id).order_by(attempts.c.attempt)
    dependents = sa.select(jobs.c.id).where(jobs.c.depends_on == job_id).order_by(jobs.c.id)
    row = connection.execute(sa.select(jobs).where(jobs.c.id == job_id)).mappings().first()
    if row is None:
        raise NotFound(
            f"got job {job_id}, which does not exist; allowed: the jobs of GET /api/v1/jobs; name one of them"
        )
    return {
        **row,
        "attempts": list(connection.execute(of_job).mappings()),
        "dependents": list(connection.execute(dependents).scalars()),
    }


def _page(
    database: Database, query: sa.Select[tuple[object, ...]], table: sa.Table, limit: int, before: int | None
) -> tuple[list[RowMapping], int | None]:
    """Return ``limit`` rows, newest first, and the id before which the next page begins; None at the end."""
    query = query.order_by(table.c.id.desc()).limit(limit + 1)
    if before is not None:
        query = query.where(table.c.id < before)
    with database.read() as connection:
        rows = list(connection.execute(query).mappings())
    return rows[:limit], rows[limit - 1]["id"] if len(rows) > limit else None


def listing(
    database: Database,
    *,
    states: Sequence[str] = (),
    kinds: Sequence[str] = (),
    sweep: int | None = None,
    limit: int = 50,
    before: int | None = None,
) -> tuple[list[RowMapping], int | None]:
    """Return a page of jobs, newest first, and the id to pass as ``before`` for the next one."""
    query = sa.select(*_LISTED)
    if states:
        query = query.where(jobs.c.state.in_(states))
    if kinds:
        query = query.where(jobs.c.kind.in_(kinds))
    if sweep is not None:
        query = query.where(jobs.c.sweep_id == sweep)
    return _page(database, query, jobs, limit, before)


def counts(database: Database) -> dict[str, int]:
    """Return the number of jobs by state."""
    query = sa.select(jobs.c.state, sa.func.count()).group_by(jobs.c.state)
    with database.read() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def waiting(connection: sa.Connection) -> int:
    """Return the number of jobs that can be claimed, plus the runs of sweeps that have no row yet."""
    queued = sa.select(sa.func.count()).select_from(jobs).where(jobs.c.state == "queued", ~jobs.c.blocked)
    left = sa.select(sa.func.coalesce(sa.func.sum(sweeps.c.total - sweeps.c.expanded), 0)).where(~sweeps.c.cancelled)
    return int(connection.execute(queued).scalar_one()) + int(connection.execute(left).scalar_one())


def show_sweep(database: Database, sweep_id: int) -> RowMapping:
    """Return one sweep.

    Raises
    ------
    NotFound
        If there is no such sweep.
    """
    with database.read() as connection:
        return sweep_row(connection, sweep_id)


def sweep_row(connection: sa.Connection, sweep_id: int) -> RowMapping:
    """Return the same as `show_sweep`, in the caller's transaction."""
    row = connection.execute(sa.select(sweeps).where(sweeps.c.id == sweep_id)).mappings().first()
    if row is None:
        raise NotFound(
            f"got sweep {sweep_id}, which does not exist; allowed: the sweeps of GET /api/v1/sweeps; name one of them"
        )
    return row


def list_sweeps(database: Database, limit: int = 50, before: int | None = None) -> tuple[list[RowMapping], int | None]:
    """Return a page of sweeps, newest first, and the id to pass as ``before`` for the next one."""
    return _page(database, sa.select(sweeps), sweeps, limit, before)


def cells(database: Database, sweep_id: int) -> list[RowMapping]:
    """Return the training runs of a sweep by position, each with the state of its evaluation."""
    model = jobs.c.result["model"].as_string().label("model")
    columns = (jobs.c.id, jobs.c.position, jobs.c.state, jobs.c.step, jobs.c.steps, model, jobs.c.error)
    evaluation = jobs.alias("evaluation")
    evaluates = sa.and_(evaluation.c.depends_on == jobs.c.id, evaluation.c.kind == "evaluate")
    of_evaluation = (
        evaluation.c.id.label("evaluation_job"),
        evaluation.c.state.label("evaluation_state"),
        evaluation.c.error.label("evaluation_error"),
    )
    query = sa.select(*columns, *of_evaluation).outerjoin(evaluation, evaluates)
    query = query.where(jobs.c.sweep_id == sweep_id, jobs.c.kind == "train").order_by(jobs.c.position)
    with database.read() as connection:
        return list(connection.execute(query).mappings())


def counts_of(database: Database, sweep_ids: Sequence[int]) -> dict[int, dict[str, dict[str, int]]]:
    """Return the jobs of sweeps by kind and state: ``{sweep: {"train": {state: n}, "evaluate": {state: n}}}``."""
    key = (jobs.c.sweep_id, jobs.c.kind, jobs.c.state)
    query = sa.select(*key, sa.func.count()).where(jobs.c.sweep_id.in_(sweep_ids)).group_by(*key)
    found: dict[int, dict[str, dict[str, int]]] = {sweep_id: {"train": {}, "evaluate": {}} for sweep_id in sweep_ids}
    with database.read() as connection:
        for sweep_id, kind, state, count in connection.execute(query):
            found[sweep_id].setdefault(kind, {})[state] = count
    return found
