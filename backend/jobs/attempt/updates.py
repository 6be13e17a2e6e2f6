"""What the process of an attempt may write. Every statement is fenced: a stale attempt changes nothing."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from backend.jobs.database import NOW, Database
from backend.jobs.queue.events import note, ring
from backend.jobs.queue.transitions import close, settle_followers
from backend.jobs.records import Identity, Ref, Signal, Verdict
from backend.jobs.tables import ACTIVE, attempts, events, jobs


def _fence(ref: Ref) -> sa.ColumnElement[bool]:
    return sa.and_(jobs.c.id == ref.job, jobs.c.attempt == ref.attempt, jobs.c.state.in_(ACTIVE))


def _attempt(ref: Ref) -> sa.ColumnElement[bool]:
    return sa.and_(attempts.c.job_id == ref.job, attempts.c.attempt == ref.attempt)


def announce(database: Database, refs: Sequence[Ref], worker: str, identity: Identity, device: str) -> None:
    """Say which process has taken the attempts, before the heavy imports: a new dispatcher can then adopt it."""
    with database.write() as connection:
        for ref in refs:
            connection.execute(
                attempts.update()
                .where(_attempt(ref))
                .values(
                    worker=worker, pid=identity.pid, pid_started=identity.started, boot=identity.boot, device=device
                )
            )


def start(database: Database, ref: Ref, lease_seconds: float) -> dict[str, Any] | None:
    """Move leased -> running; the job's row, or None if the attempt is fenced."""
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
        note(connection, [ref.job], "running", {"attempt": ref.attempt}, row["checkpoint_step"])
        return dict(row)


def beat(database: Database, refs: Sequence[Ref], lease_seconds: float) -> dict[Ref, Signal]:
    """Renew the leases of ``refs``; what the database says to each."""
    signals: dict[Ref, Signal] = dict.fromkeys(refs, "lost")
    with database.write() as connection:
        for ref in refs:
            waiting = sa.case((jobs.c.state == "leased", NOW), else_=jobs.c.progress_at)
            values = {"lease_until": NOW + lease_seconds, "progress_at": waiting}
            statement = jobs.update().where(_fence(ref)).values(**values)
            row = connection.execute(statement.returning(jobs.c.cancel_requested_at)).first()
            if row is not None:
                signals[ref] = "cancel" if row[0] is not None else "ok"
    return signals


def look(database: Database, ref: Ref) -> Signal:
    """Read what the database says to ``ref`` without writing."""
    with database.read() as connection:
        row = connection.execute(sa.select(jobs.c.cancel_requested_at).where(_fence(ref))).first()
    if row is None:
        return "lost"
    return "cancel" if row[0] is not None else "ok"


def progress(
    database: Database, ref: Ref, lease_seconds: float, step: int, records: Sequence[dict[str, Any]]
) -> Signal:
    """Store progress ``records`` (each with ``step``) and renew the lease, in one transaction."""
    with database.write() as connection:
        values: dict[str, Any] = {
            "lease_until": NOW + lease_seconds,
            "progress_at": sa.case((jobs.c.step < step, NOW), else_=jobs.c.progress_at),
            "step": step,
            "event_count": jobs.c.event_count + len(records),
        }
        if records:
            values["progress"] = records[-1]
        returning = (jobs.c.cancel_requested_at, jobs.c.event_count)
        row = connection.execute(jobs.update().where(_fence(ref)).values(**values).returning(*returning)).first()
        if row is None:
            return "lost"
        first = row.event_count - len(records) + 1
        rows = [
            {
                "job_id": ref.job,
                "seq": first + index,
                "attempt": ref.attempt,
                "kind": "progress",
                "step": record["step"],
                "data": record,
            }
            for index, record in enumerate(records)
        ]
        if rows:
            connection.execute(events.insert().values(at=NOW), rows)
            ring(connection, [ref.job])
        return "cancel" if row.cancel_requested_at is not None else "ok"


def commit_checkpoint(database: Database, ref: Ref, name: str, step: int) -> bool:
    """Point the job at checkpoint ``name``; False if fenced, and then the pointer is untouched."""
    with database.write() as connection:
        statement = jobs.update().where(_fence(ref)).values(checkpoint=name, checkpoint_step=step)
        if connection.execute(statement).rowcount == 0:
            return False
        note(connection, [ref.job], "checkpoint", {"name": name}, step)
        return True


def finish(
    database: Database, ref: Ref, verdict: Verdict, result: dict[str, Any] | None = None, error: str | None = None
) -> bool:
    """Write the verdict; False if fenced. A success after a cancel request is still a success."""
    with database.write() as connection:
        values: dict[str, Any] = {"result": result, "error": error}
        done = close(
            connection, _fence(ref), verdict, reason=None if verdict == "succeeded" else verdict, values=values
        )
        if not done:
            return False
        settle_followers(connection, ref.job, verdict)
        return True
