"""Writes of an attempt's process. Every statement is fenced: a stale attempt changes nothing."""

from collections.abc import Sequence

import sqlalchemy as sa

from backend.db.base import NOW
from backend.db.engine import Database
from backend.jobs.queue.events import append_events, append_progress
from backend.jobs.queue.transitions import finish_jobs
from backend.jobs.records import AttemptRef, Outcome, ProcessIdentity, Signal
from backend.jobs.tables import ACTIVE, attempts, jobs
from models_zoo.json_types import JsonObject


def _fence(ref: AttemptRef) -> sa.ColumnElement[bool]:
    return sa.and_(jobs.c.id == ref.job, jobs.c.attempt == ref.attempt, jobs.c.state.in_(ACTIVE))


def _attempt(ref: AttemptRef) -> sa.ColumnElement[bool]:
    return sa.and_(attempts.c.job_id == ref.job, attempts.c.attempt == ref.attempt)


def record_process(
    database: Database, refs: Sequence[AttemptRef], worker: str, identity: ProcessIdentity, device: str
) -> None:
    """Record the process of the attempts before its heavy imports, so that a new dispatcher can adopt it."""
    process = {"pid": identity.pid, "pid_started": identity.started, "boot": identity.boot}
    with database.write() as connection:
        for ref in refs:
            statement = attempts.update().where(_attempt(ref)).values(worker=worker, device=device, **process)
            connection.execute(statement)


def start(database: Database, ref: AttemptRef, lease_seconds: float) -> sa.RowMapping | None:
    """Move the job from leased to running and return its row; None if the attempt is fenced."""
    with database.write() as connection:
        values = {
            "state": "running",
            "lease_until": NOW + lease_seconds,
            "progress_at": NOW,
            "started_at": sa.func.coalesce(jobs.c.started_at, NOW),
        }
        row = connection.execute(jobs.update().where(_fence(ref)).values(**values).returning(jobs)).mappings().first()
        if row is None:
            return None
        connection.execute(
            attempts.update().where(_attempt(ref)).values(started_at=NOW, first_step=row["checkpoint_step"] or 0)
        )
        append_events(connection, [ref.job], "running", {"attempt": ref.attempt}, row["checkpoint_step"])
        return row


def _signal(row: Sequence[object] | None) -> Signal:
    """Return the signal of a fenced row whose first column is ``cancel_requested_at``."""
    if row is None:
        return "lost"
    return "ok" if row[0] is None else "cancel"


def renew_leases(database: Database, refs: Sequence[AttemptRef], lease_seconds: float) -> None:
    """Renew the leases of ``refs``; one that has not begun is not stalled."""
    progress_at = sa.case((jobs.c.state == "leased", NOW), else_=jobs.c.progress_at)
    renewal = jobs.update().values(lease_until=NOW + lease_seconds, progress_at=progress_at)
    with database.write() as connection:
        for ref in refs:
            connection.execute(renewal.where(_fence(ref)))


def read_signal(database: Database, ref: AttemptRef) -> Signal:
    """Return the signal of ``ref`` without a write."""
    with database.read() as connection:
        return _signal(connection.execute(sa.select(jobs.c.cancel_requested_at).where(_fence(ref))).first())


def progress(
    database: Database, ref: AttemptRef, lease_seconds: float, step: int, records: Sequence[JsonObject]
) -> Signal:
    """Store progress ``records`` (each with ``step``), renew the lease and return the signal."""
    values = {
        "lease_until": NOW + lease_seconds,
        "progress_at": sa.case((jobs.c.step < step, NOW), else_=jobs.c.progress_at),
        "step": step,
        "event_count": jobs.c.event_count + len(records),
        **({"progress": records[-1]} if records else {}),
    }
    statement = jobs.update().where(_fence(ref)).values(**values)
    with database.write() as connection:
        row = connection.execute(statement.returning(jobs.c.cancel_requested_at, jobs.c.event_count)).first()
        if row is not None:
            append_progress(connection, ref, records, row.event_count)
        return _signal(row)


def commit_checkpoint(database: Database, ref: AttemptRef, name: str, step: int) -> bool:
    """Point the job at checkpoint ``name``; return False, with the pointer untouched, if the attempt is fenced."""
    with database.write() as connection:
        statement = jobs.update().where(_fence(ref)).values(checkpoint=name, checkpoint_step=step)
        if connection.execute(statement).rowcount == 0:
            return False
        append_events(connection, [ref.job], "checkpoint", {"name": name}, step)
        return True


def finish(
    database: Database, ref: AttemptRef, outcome: Outcome, result: JsonObject | None = None, error: str | None = None
) -> bool:
    """Record the outcome; return False if the attempt is fenced. A success after a cancel request is a success."""
    reason = None if outcome == "succeeded" else outcome
    with database.write() as connection:
        return bool(finish_jobs(connection, _fence(ref), outcome, reason, {"result": result, "error": error}))
