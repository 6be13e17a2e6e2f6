"""Changes of a job's state. Row, attempt, event and dependent jobs change in one transaction."""

import sqlalchemy as sa

from backend.db.base import NOW
from backend.db.engine import Database
from backend.jobs.queue.events import MAX_IDS, append_events
from backend.jobs.records import AttemptRef, FailureCause, Outcome
from backend.jobs.tables import ACTIVE, TERMINAL, attempts, jobs, sweeps
from models_zoo.errors import Conflict, NotFound
from models_zoo.json_types import JsonObject

MAX_LOSSES = 10
MAX_DELAY_SECONDS = 60.0
ATTEMPT_OUTCOMES = {"fault": "crashed", "loss": "lost", "none": "returned"}


def finish_jobs(
    connection: sa.Connection,
    condition: sa.ColumnElement[bool],
    outcome: Outcome,
    reason: str | None,
    values: JsonObject,
) -> list[int]:
    """End the jobs that ``condition`` matches, release their dependents, and return the ids of the jobs.

    ``condition`` must exclude jobs that have ended.
    """
    ended = {"state": outcome, "reason": reason, "lease_until": None, "finished_at": NOW, **values}
    statement = jobs.update().where(condition).values(**ended).returning(jobs.c.id, jobs.c.attempt)
    refs = [AttemptRef(*row) for row in connection.execute(statement)]
    for ref in refs:
        _end_attempt(connection, ref, outcome, values.get("error"))
    ids = [ref.job for ref in refs]
    append_events(connection, ids, outcome, {"reason": reason, "error": values.get("error")})
    for job_id in ids:
        _release_dependents(connection, job_id, outcome)
    return ids


def _end_attempt(connection: sa.Connection, ref: AttemptRef, outcome: str, error: str | None) -> None:
    """Complete the record of an attempt unless it is complete."""
    connection.execute(
        attempts.update()
        .where(attempts.c.job_id == ref.job, attempts.c.attempt == ref.attempt, attempts.c.ended_at.is_(None))
        .values(ended_at=NOW, outcome=outcome, error=error)
    )


def _release_dependents(connection: sa.Connection, job_id: int, outcome: Outcome) -> None:
    """Unblock the dependents of a job that succeeded, or cancel them, and theirs in turn, with the reason."""
    blocked = sa.and_(jobs.c.depends_on == job_id, jobs.c.blocked, jobs.c.state == "queued")
    if outcome == "succeeded":
        connection.execute(jobs.update().where(blocked).values(blocked=False))
        return
    error = f"job {job_id}, which this one waits for, {'failed' if outcome == 'failed' else 'was cancelled'}"
    finish_jobs(connection, blocked, "cancelled", "dependency", {"error": error})


def requeue(database: Database, ref: AttemptRef, error: str, cause: FailureCause) -> str | None:
    """End attempt ``ref`` without an outcome of its own.

    Parameters
    ----------
    database : Database
    ref : AttemptRef
    error : str
        Description for people.
    cause : {"fault", "loss", "none"}
        ``fault``: the job's own process died; ``max_attempts`` of them fail the job.
        ``loss``: the machine or engine went away; counted apart, with growing delays.
        ``none``: it never began (the rest of a pack) or was returned.

    Returns
    -------
    str or None
        The job's new state; None if the attempt had ended or is fenced.
    """
    with database.write() as connection:
        query = sa.select(jobs).where(jobs.c.id == ref.job, jobs.c.attempt == ref.attempt, jobs.c.state.in_(ACTIVE))
        row = connection.execute(query.with_for_update()).mappings().first()
        if row is None:
            return None
        this_job = jobs.c.id == ref.job
        faults, losses = row["faults"] + (cause == "fault"), row["losses"] + (cause == "loss")
        counts = {"faults": faults, "losses": losses, "error": error}
        if row["cancel_requested_at"] is not None:
            finish_jobs(connection, this_job, "cancelled", "cancelled", counts)
            return "cancelled"
        if faults >= row["max_attempts"] or losses > MAX_LOSSES:
            times = f"{faults} of {row['max_attempts']} attempts" if cause == "fault" else f"{losses} losses"
            counts["error"] = f"{error} (given up after {times})"
            finish_jobs(connection, this_job, "failed", "crashed" if cause == "fault" else "lost", counts)
            return "failed"
        delay = min(2.0 ** (losses - 1), MAX_DELAY_SECONDS) if cause == "loss" else 0.0
        values = {**counts, "state": "queued", "lease_until": None, "unit": None, "not_before": NOW + delay}
        connection.execute(jobs.update().where(this_job).values(**values))
        _end_attempt(connection, ref, ATTEMPT_OUTCOMES[cause], error)
        append_events(connection, [ref.job], "requeued", {"error": error, "blame": cause}, row["checkpoint_step"])
        return "queued"


def _state(connection: sa.Connection, job_id: int) -> str:
    state = connection.execute(sa.select(jobs.c.state).where(jobs.c.id == job_id)).scalar()
    if state is None:
        raise NotFound(
            f"got job {job_id}, which does not exist; allowed: the jobs of GET /api/v1/jobs; name one of them"
        )
    return str(state)


def _request_cancel(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> None:
    """Request the active jobs that ``condition`` matches to stop at their next step."""
    active = sa.and_(condition, jobs.c.state.in_(ACTIVE), jobs.c.cancel_requested_at.is_(None))
    requested = jobs.update().where(active).values(cancel_requested_at=NOW).returning(jobs.c.id)
    append_events(connection, connection.execute(requested).scalars().all(), "cancelling", {})


def cancel(database: Database, job_id: int) -> str:
    """Cancel a queued job at once, request a running one to stop; a job that has ended stays as it is.

    Returns
    -------
    str
        The state now: ``cancelled``, ``running`` (it stops at its next step), or how it had ended.
    """
    with database.write() as connection:
        queued = sa.and_(jobs.c.id == job_id, jobs.c.state == "queued")
        if finish_jobs(connection, queued, "cancelled", "cancelled", {"error": None}):
            return "cancelled"
        _request_cancel(connection, jobs.c.id == job_id)
        return _state(connection, job_id)


def cancel_sweep(database: Database, sweep_id: int) -> None:
    """Make no more rows of a sweep, cancel its queued jobs and request its active ones to stop.

    In several transactions: a sweep may have 100,000 runs, and other writers must not wait for all of them.
    """
    with database.write() as connection:
        statement = sweeps.update().where(sweeps.c.id == sweep_id).values(cancelled=True)
        if not connection.execute(statement).rowcount:
            raise NotFound(
                f"got sweep {sweep_id}, which does not exist; allowed: the sweeps of GET /api/v1/sweeps; name one of "
                "them"
            )
        _request_cancel(connection, jobs.c.sweep_id == sweep_id)
    while _cancel_some(database, sweep_id):
        pass
    with database.write() as connection:
        _request_cancel(connection, jobs.c.sweep_id == sweep_id)  # those that were claimed meanwhile


def _cancel_some(database: Database, sweep_id: int) -> int:
    """Cancel the next queued jobs of a sweep and return their number."""
    queued = sa.and_(jobs.c.sweep_id == sweep_id, jobs.c.state == "queued")
    some = sa.select(jobs.c.id).where(queued).order_by(jobs.c.id).limit(MAX_IDS)
    reason = sa.case((jobs.c.blocked, "dependency"), else_="cancelled")  # a retry of its dependency queues it again
    ended = {"state": "cancelled", "reason": reason, "finished_at": NOW}
    with database.write() as connection:
        ids = connection.execute(some).scalars().all()
        statement = jobs.update().where(queued, jobs.c.id.in_(ids)).values(**ended)
        cancelled = connection.execute(statement.returning(jobs.c.id)).scalars().all()
        append_events(connection, cancelled, "cancelled", {"reason": "cancelled"})
    return len(cancelled)


def retry(database: Database, job_id: int) -> None:
    """Queue a failed or cancelled job again; it resumes from its last checkpoint.

    Raises
    ------
    Conflict
        If it has not ended, or succeeded, or depends on a job that did not succeed.
    """
    with database.write() as connection:
        state = _state(connection, job_id)
        if state not in TERMINAL or state == "succeeded":
            raise Conflict(f"got job {job_id}, which is {state}; allowed: failed and cancelled jobs; queue a new job")
        dependency_id = sa.select(jobs.c.depends_on).where(jobs.c.id == job_id).scalar_subquery()
        dependency = connection.execute(sa.select(jobs.c.id, jobs.c.state).where(jobs.c.id == dependency_id)).first()
        if dependency is not None and dependency.state in ("failed", "cancelled"):
            raise Conflict(
                f"got job {job_id}, which depends on {dependency.state} job {dependency.id}; allowed: jobs whose "
                "dependency succeeded; retry that one"
            )
        _queue_again(connection, job_id, blocked=dependency is not None and dependency.state != "succeeded")


def _queue_again(connection: sa.Connection, job_id: int, *, blocked: bool) -> None:
    """Queue a job as if it were new, with its dependents that were cancelled because of it."""
    cleared = dict.fromkeys(("unit", "cancel_requested_at", "reason", "error", "finished_at"))
    fresh = {"state": "queued", "blocked": blocked, "faults": 0, "losses": 0, "not_before": NOW, **cleared}
    connection.execute(jobs.update().where(jobs.c.id == job_id).values(**fresh))
    append_events(connection, [job_id], "queued", {"retry": True})
    dependents = sa.select(jobs.c.id).where(
        jobs.c.depends_on == job_id, jobs.c.state == "cancelled", jobs.c.reason == "dependency"
    )
    for dependent in connection.execute(dependents).scalars().all():
        _queue_again(connection, dependent, blocked=True)
