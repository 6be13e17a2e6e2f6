"""What a person does to jobs: cancel and retry."""

import sqlalchemy as sa

from backend.jobs.database import NOW, Database
from backend.jobs.queue.events import MOST_IDS, note
from backend.jobs.queue.transitions import close, settle_followers
from backend.jobs.tables import ACTIVE, TERMINAL, jobs, sweeps
from models_zoo.errors import Conflict, NotFound


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
