"""The one way in which a job ends, whoever ends it: row, attempt, event and followers in one transaction."""

from typing import Any

import sqlalchemy as sa

from backend.jobs.database import NOW
from backend.jobs.queue.events import note
from backend.jobs.records import Ref, Verdict
from backend.jobs.tables import attempts, jobs


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
