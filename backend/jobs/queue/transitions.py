"""Changes of a job's state. Row, attempt, event and dependent jobs change in one transaction."""

from typing import Any

import sqlalchemy as sa

from backend.jobs.database import NOW, Database
from backend.jobs.queue.events import MOST_IDS, note
from backend.jobs.records import Blame, Ref, Verdict
from backend.jobs.tables import ACTIVE, TERMINAL, attempts, jobs, sweeps
from models_zoo.errors import Conflict, NotFound

MAX_LOSSES = 10
BACK_OFF_SECONDS = 60.0


def close(
    connection: sa.Connection,
    which: sa.ColumnElement[bool],
    verdict: Verdict,
    reason: str | None,
    values: dict[str, Any],
) -> list[int]:
    """End the jobs that ``which`` matches; their ids. ``which`` must exclude jobs that have ended."""
    statement = (
        jobs.update().where(which).values(state=verdict, reason=reason, lease_until=None, finished_at=NOW, **values)
    )
    ended = connection.execute(statement.returning(jobs.c.id, jobs.c.attempt)).all()
    for job_id, attempt in ended:
        end_attempt(connection, Ref(job_id, attempt), verdict, values.get("error"))
    ids = [row.id for row in ended]
    note(connection, ids, verdict, {"reason": reason, "error": values.get("error")})
    return ids


def end_attempt(connection: sa.Connection, ref: Ref, outcome: str, error: str | None) -> None:
    """Close the record of an attempt, once."""
    connection.execute(
        attempts.update()
        .where(attempts.c.job_id == ref.job, attempts.c.attempt == ref.attempt, attempts.c.ended_at.is_(None))
        .values(ended_at=NOW, outcome=outcome, error=error)
    )


def settle_followers(connection: sa.Connection, job_id: int, verdict: Verdict) -> None:
    """Free the jobs that waited for a success, or cancel them with the reason, and theirs in turn."""
    waiting = sa.and_(jobs.c.depends_on == job_id, jobs.c.blocked, jobs.c.state == "queued")
    if verdict == "succeeded":
        connection.execute(jobs.update().where(waiting).values(blocked=False))
        return
    error = f"job {job_id}, which this one waits for, {'failed' if verdict == 'failed' else 'was cancelled'}"
    for follower in close(connection, waiting, "cancelled", "dependency", {"error": error}):
        settle_followers(connection, follower, "cancelled")


def requeue(database: Database, ref: Ref, error: str, blame: Blame) -> str | None:
    """End attempt ``ref`` without a verdict of its own.

    Parameters
    ----------
    database : Database
    ref : Ref
    error : str
        What happened, for a person.
    blame : {"fault", "loss", "none"}
        ``fault``: the job's own process died; ``max_attempts`` of them fail the job.
        ``loss``: the machine or engine went away; counted apart, with back-off.
        ``none``: it never began (the rest of a pack).

    Returns
    -------
    str or None
        The job's new state; None if the attempt had already ended or been fenced.
    """
    with database.write() as connection:
        query = sa.select(jobs).where(jobs.c.id == ref.job, jobs.c.attempt == ref.attempt, jobs.c.state.in_(ACTIVE))
        row = connection.execute(query.with_for_update()).mappings().first()
        if row is None:
            return None
        which = jobs.c.id == ref.job
        faults = row["faults"] + (blame == "fault")
        losses = row["losses"] + (blame == "loss")
        counts: dict[str, Any] = {"faults": faults, "losses": losses, "error": error}
        if row["cancel_requested_at"] is not None:
            close(connection, which, "cancelled", "cancelled", counts)
            settle_followers(connection, ref.job, "cancelled")
            return "cancelled"
        if faults >= row["max_attempts"] or losses > MAX_LOSSES:
            times = f"{faults} of {row['max_attempts']} attempts" if blame == "fault" else f"{losses} losses"
            counts["error"] = f"{error} (given up after {times})"
            close(connection, which, "failed", "crashed" if blame == "fault" else "lost", counts)
            settle_followers(connection, ref.job, "failed")
            return "failed"
        delay = min(2.0 ** (losses - 1), BACK_OFF_SECONDS) if blame == "loss" else 0.0
        values = {**counts, "state": "queued", "lease_until": None, "unit": None, "not_before": NOW + delay}
        connection.execute(jobs.update().where(which).values(**values))
        end_attempt(connection, ref, {"fault": "crashed", "loss": "lost", "none": "returned"}[blame], error)
        note(connection, [ref.job], "requeued", {"error": error, "blame": blame}, row["checkpoint_step"])
        return "queued"


def _state(connection: sa.Connection, job_id: int) -> str:
    state = connection.execute(sa.select(jobs.c.state).where(jobs.c.id == job_id)).scalar()
    if state is None:
        raise NotFound(f"there is no job {job_id}")
    return str(state)


def cancel(database: Database, job_id: int) -> str:
    """Cancel a queued job at once, ask a running one to stop; a job that has ended stays as it is.

    Returns
    -------
    str
        The state now: ``cancelled``, ``running`` (it will stop at its next step), or how it had ended.
    """
    with database.write() as connection:
        queued = sa.and_(jobs.c.id == job_id, jobs.c.state == "queued")
        if close(connection, queued, "cancelled", "cancelled", {"error": None}):
            settle_followers(connection, job_id, "cancelled")
            return "cancelled"
        active = sa.and_(jobs.c.id == job_id, jobs.c.state.in_(ACTIVE), jobs.c.cancel_requested_at.is_(None))
        if connection.execute(jobs.update().where(active).values(cancel_requested_at=NOW)).rowcount:
            note(connection, [job_id], "cancelling", {})
        return _state(connection, job_id)


def cancel_sweep(database: Database, sweep_id: int) -> None:
    """Stop making rows of a sweep, cancel what is queued, ask what runs to stop.

    In several transactions: a sweep may have 100,000 runs, and nobody else shall wait for them.
    """
    with database.write() as connection:
        found = connection.execute(sweeps.update().where(sweeps.c.id == sweep_id).values(cancelled=True)).rowcount
        if not found:
            raise NotFound(f"there is no sweep {sweep_id}")
        _ask(connection, sweep_id)
    while _cancel_some(database, sweep_id):
        pass
    with database.write() as connection:
        _ask(connection, sweep_id)  # those that were taken meanwhile


def _cancel_some(database: Database, sweep_id: int) -> int:
    """Cancel the next queued jobs of a sweep; how many."""
    queued = sa.and_(jobs.c.sweep_id == sweep_id, jobs.c.state == "queued")
    some = sa.select(jobs.c.id).where(queued).order_by(jobs.c.id).limit(MOST_IDS)
    why = sa.case((jobs.c.blocked, "dependency"), else_="cancelled")  # comes back when what it waits for is retried
    ended = {"state": "cancelled", "reason": why, "finished_at": NOW}
    with database.write() as connection:
        ids = list(connection.execute(some).scalars())
        statement = jobs.update().where(queued, jobs.c.id.in_(ids)).values(**ended)
        gone = list(connection.execute(statement.returning(jobs.c.id)).scalars())
        note(connection, gone, "cancelled", {"reason": "cancelled"})
    return len(gone)


def _ask(connection: sa.Connection, sweep_id: int) -> None:
    """Ask the jobs of a sweep that are at work to stop."""
    active = sa.and_(jobs.c.sweep_id == sweep_id, jobs.c.state.in_(ACTIVE), jobs.c.cancel_requested_at.is_(None))
    asked = jobs.update().where(active).values(cancel_requested_at=NOW).returning(jobs.c.id)
    note(connection, list(connection.execute(asked).scalars()), "cancelling", {})


def retry(database: Database, job_id: int) -> None:
    """Queue a failed or cancelled job again; it goes on from its last checkpoint.

    Raises
    ------
    Conflict
        If it has not ended, or succeeded, or waits for a job that did not succeed.
    """
    with database.write() as connection:
        state = _state(connection, job_id)
        if state not in TERMINAL or state == "succeeded":
            raise Conflict(f"job {job_id} is {state}: only failed and cancelled jobs can be retried")
        leader = connection.execute(
            sa.select(jobs.c.id, jobs.c.state).where(
                jobs.c.id == sa.select(jobs.c.depends_on).where(jobs.c.id == job_id).scalar_subquery()
            )
        ).first()
        if leader is not None and leader.state in ("failed", "cancelled"):
            raise Conflict(f"job {job_id} waits for job {leader.id}, which is {leader.state}: retry that one")
        _queue_again(connection, job_id, blocked=leader is not None and leader.state != "succeeded")


def _queue_again(connection: sa.Connection, job_id: int, *, blocked: bool) -> None:
    fresh = {
        "state": "queued",
        "blocked": blocked,
        "faults": 0,
        "losses": 0,
        "not_before": 0.0,
        "unit": None,
        "cancel_requested_at": None,
        "reason": None,
        "error": None,
        "finished_at": None,
    }
    connection.execute(jobs.update().where(jobs.c.id == job_id).values(**fresh))
    note(connection, [job_id], "queued", {"retry": True})
    followers = sa.select(jobs.c.id).where(
        jobs.c.depends_on == job_id, jobs.c.state == "cancelled", jobs.c.reason == "dependency"
    )
    for follower in connection.execute(followers).scalars().all():
        _queue_again(connection, follower, blocked=True)
