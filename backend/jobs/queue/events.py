"""Events of jobs, numbered without gaps under the lock of the job's row, and their delivery to followers.

PostgreSQL notifies a follower at once; on SQLite, and while that connection is lost, followers poll twice a second.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from backend.jobs.database import NOW, Database
from backend.jobs.tables import TERMINAL, events, jobs

PAGE = 500
MOST_IDS = 5_000
"""Ids of one statement: SQLite takes 32,766 values, PostgreSQL 65,535."""
CHANNEL = "axiscope_jobs"
EVERYONE = "*"
MOST_NAMED = 100
POLL_SECONDS = 0.5
HEARING_POLL_SECONDS = 5.0
AGAIN_SECONDS = 2.0
log = logging.getLogger("axiscope.jobs")


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


def ring(connection: sa.Connection, job_ids: Sequence[int]) -> None:
    """Wake the followers of ``job_ids`` when the caller's transaction is committed."""
    if connection.dialect.name != "postgresql" or not job_ids:
        return
    named = [str(job_id) for job_id in job_ids] if len(job_ids) <= MOST_NAMED else [EVERYONE]
    told = sa.func.unnest(sa.literal(named, sa.ARRAY(sa.Text))).column_valued("told")
    connection.execute(sa.select(sa.func.pg_notify(CHANNEL, told)))


class Bell:
    """Hears what `ring` says, for all followers of one service over one connection.

    Parameters
    ----------
    database : Database

    Attributes
    ----------
    hears : bool
        Whether the connection stands; followers look by the clock while it does not.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._followers: dict[int, set[asyncio.Event]] = {}
        self.hears = False

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Listen for the length of a block, where the database can tell."""
        if self._database.is_sqlite:
            yield
            return
        task = asyncio.create_task(self._listen())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    @property
    def streams(self) -> int:
        """Number of followers now."""
        return sum(map(len, list(self._followers.values())))

    @contextlib.contextmanager
    def follow(self, job_id: int) -> Iterator[asyncio.Event]:
        """Give an event that is set whenever something has happened to the job."""
        heard = asyncio.Event()
        self._followers.setdefault(job_id, set()).add(heard)
        try:
            yield heard
        finally:
            self._followers[job_id].discard(heard)
            if not self._followers[job_id]:
                del self._followers[job_id]

    async def wait(self, heard: asyncio.Event) -> None:
        """Sleep until ``heard`` is set, or until it is time to look anyway."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(heard.wait(), HEARING_POLL_SECONDS if self.hears else POLL_SECONDS)

    async def _listen(self) -> None:
        from psycopg import Error  # noqa: PLC0415 - an extra: who has no PostgreSQL has no driver of it

        while True:
            try:
                await self._hear()
            except Error as error:
                log.info("the database does not tell what happens, looking by the clock: %s", error)
            self.hears = False
            await asyncio.sleep(AGAIN_SECONDS)

    async def _hear(self) -> None:
        from psycopg import AsyncConnection  # noqa: PLC0415

        engine = self._database.engine
        _, parameters = engine.dialect.create_connect_args(engine.url)
        parameters.pop("context", None)
        connection = await AsyncConnection.connect(**parameters, autocommit=True)
        async with connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            self.hears = True
            self._wake(EVERYONE)
            async for told in connection.notifies():
                self._wake(told.payload)

    def _wake(self, payload: str) -> None:
        if payload == EVERYONE:
            woken = [heard for each in self._followers.values() for heard in each]
        else:
            woken = list(self._followers.get(int(payload), ()))
        for heard in woken:
            heard.set()
