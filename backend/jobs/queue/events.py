"""What happened to a job, in order. Numbers are handed out under the job's row lock, so no reader can miss one."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from backend.jobs.database import NOW, Database
from backend.jobs.queue.bell import ring
from backend.jobs.tables import TERMINAL, events, jobs

PAGE = 500
MOST_IDS = 5_000
"""Ids of one statement: SQLite takes 32,766 values, PostgreSQL 65,535."""


def note(
    connection: sa.Connection, job_ids: Sequence[int], kind: str, data: dict[str, Any], step: int | None = None
) -> None:
    """Append the same event to each of ``job_ids`` inside the caller's transaction."""
    for start in range(0, len(job_ids), MOST_IDS):
        _note(connection, job_ids[start : start + MOST_IDS], kind, data, step)


def _note(connection: sa.Connection, job_ids: Sequence[int], kind: str, data: dict[str, Any], step: int | None) -> None:
    numbered = connection.execute(
        jobs.update()
        .where(jobs.c.id.in_(job_ids))
        .values(event_count=jobs.c.event_count + 1)
        .returning(jobs.c.id, jobs.c.event_count, jobs.c.attempt)
    ).all()
    rows = [
        {"job_id": job_id, "seq": seq, "attempt": attempt, "kind": kind, "step": step, "data": data}
        for job_id, seq, attempt in numbered
    ]
    if rows:
        connection.execute(events.insert().values(at=NOW), rows)
    ring(connection, [row["job_id"] for row in rows])


def since(database: Database, job_id: int, seq: int, limit: int = PAGE) -> tuple[list[dict[str, Any]], bool]:
    """Events of a job after number ``seq``, oldest first, and whether the job has ended with the last of them."""
    query = sa.select(events).where(events.c.job_id == job_id, events.c.seq > seq).order_by(events.c.seq).limit(limit)
    with database.read() as connection:
        state, count = connection.execute(sa.select(jobs.c.state, jobs.c.event_count).where(jobs.c.id == job_id)).one()
        found = [dict(row) for row in connection.execute(query).mappings()]
    last = found[-1]["seq"] if found else seq
    return found, state in TERMINAL and last >= count
