"""Events of jobs, numbered without gaps under the lock of the job's row, and notifications of their readers.

PostgreSQL notifies a reader at once; on SQLite, and while that connection is lost, readers poll twice a second.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterator, Sequence

import sqlalchemy as sa

from backend.db.engine import Database
from backend.jobs.records import AttemptRef
from backend.jobs.tables import TERMINAL, events, jobs
from models_zoo.json_types import JsonObject

PAGE = 500
MAX_IDS = 5_000
"""Ids in one statement: SQLite takes 32,766 values, PostgreSQL 65,535."""
CHANNEL = "axiscope_jobs"
ALL_JOBS = "*"
MAX_NAMED = 100
POLL_SECONDS = 0.5
CONNECTED_POLL_SECONDS = 5.0
RETRY_SECONDS = 2.0
log = logging.getLogger("axiscope.jobs")


def append_events(
    connection: sa.Connection, job_ids: Sequence[int], kind: str, data: JsonObject, step: int | None = None
) -> None:
    """Append the same event to each of ``job_ids`` in the caller's transaction."""
    for start in range(0, len(job_ids), MAX_IDS):
        numbered = connection.execute(
            jobs.update()
            .where(jobs.c.id.in_(job_ids[start : start + MAX_IDS]))
            .values(event_count=jobs.c.event_count + 1)
            .returning(jobs.c.id, jobs.c.event_count, jobs.c.attempt)
        ).all()
        rows = [
            {"job_id": job_id, "seq": seq, "attempt": attempt, "kind": kind, "step": step, "data": data}
            for job_id, seq, attempt in numbered
        ]
        _insert(connection, rows)


def append_progress(
    connection: sa.Connection, ref: AttemptRef, records: Sequence[JsonObject], event_count: int
) -> None:
    """Insert progress ``records``, the last of them as event ``event_count`` of the job."""
    rows = [
        {"job_id": ref.job, "seq": seq, "attempt": ref.attempt, "kind": "progress", "step": each["step"], "data": each}
        for seq, each in enumerate(records, event_count - len(records) + 1)
    ]
    _insert(connection, rows)


def _insert(connection: sa.Connection, rows: Sequence[JsonObject]) -> None:
    if rows:
        connection.execute(events.insert(), rows)
        notify(connection, [row["job_id"] for row in rows])


def events_after(database: Database, job_id: int, seq: int, limit: int = PAGE) -> tuple[list[sa.RowMapping], bool]:
    """Return the events of a job after number ``seq``, oldest first, and whether the last of them ends the job."""
    query = sa.select(events).where(events.c.job_id == job_id, events.c.seq > seq).order_by(events.c.seq).limit(limit)
    with database.read() as connection:
        state, count = connection.execute(sa.select(jobs.c.state, jobs.c.event_count).where(jobs.c.id == job_id)).one()
        found = list(connection.execute(query).mappings())
    last = found[-1]["seq"] if found else seq
    return found, state in TERMINAL and last >= count


def notify(connection: sa.Connection, job_ids: Sequence[int]) -> None:
    """Notify the readers of ``job_ids`` when the caller's transaction is committed."""
    if connection.dialect.name != "postgresql" or not job_ids:
        return
    names = {str(job_id) for job_id in job_ids}
    payloads = sorted(names) if len(names) <= MAX_NAMED else [ALL_JOBS]
    payload = sa.func.unnest(sa.literal(payloads, sa.ARRAY(sa.Text))).column_valued("payload")
    connection.execute(sa.select(sa.func.pg_notify(CHANNEL, payload)))


class EventListener:
    """Receiver of the notifications for all event streams of one service, over one connection.

    Attributes
    ----------
    connected : bool
        Whether the connection stands; streams poll while it does not.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._streams: dict[int, set[asyncio.Event]] = {}
        self.connected = False

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Listen for the length of a block; does nothing on SQLite."""
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
        """Number of open streams."""
        return sum(map(len, list(self._streams.values())))

    @contextlib.contextmanager
    def follow(self, job_id: int) -> Iterator[asyncio.Event]:
        """Yield an `asyncio.Event` that is set at each notification of the job."""
        event = asyncio.Event()
        self._streams.setdefault(job_id, set()).add(event)
        try:
            yield event
        finally:
            self._streams[job_id].discard(event)
            if not self._streams[job_id]:
                del self._streams[job_id]

    async def wait(self, event: asyncio.Event) -> None:
        """Sleep until ``event`` is set or the next poll is due."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(event.wait(), CONNECTED_POLL_SECONDS if self.connected else POLL_SECONDS)

    async def _listen(self) -> None:
        from psycopg import Error  # noqa: PLC0415 - the driver is an extra

        while True:
            try:
                await self._receive()
            except Error as error:
                log.info("notifications unavailable, polling error=%s", error)
            self.connected = False
            await asyncio.sleep(RETRY_SECONDS)

    async def _receive(self) -> None:
        from psycopg import AsyncConnection  # noqa: PLC0415

        engine = self._database.engine
        _, parameters = engine.dialect.create_connect_args(engine.url)
        parameters.pop("context", None)
        connection = await AsyncConnection.connect(**parameters, autocommit=True)
        async with connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            self.connected = True
            self._dispatch(ALL_JOBS)
            async for notification in connection.notifies():
                self._dispatch(notification.payload)

    def _dispatch(self, payload: str) -> None:
        streams = [*self._streams.values()] if payload == ALL_JOBS else [self._streams.get(int(payload), set())]
        for event in [event for stream in streams for event in stream]:
            event.set()
