"""Notifications of event streams: at once by PostgreSQL, by polling elsewhere and while the connection is lost."""

import asyncio
import time

import pytest
import sqlalchemy as sa

from backend.db.base import Base
from backend.db.engine import Database
from backend.jobs.attempt import updates
from backend.jobs.queue import events, transitions
from backend.jobs.queue.events import EventListener
from backend.routes.job_output import follow
from tests.jobs.rows import add, begin, new


@pytest.fixture
def queue(postgres_url, monkeypatch):
    """Return a queue on PostgreSQL whose event streams poll once a minute."""
    monkeypatch.setattr(events, "CONNECTED_POLL_SECONDS", 60.0)
    monkeypatch.setattr(events, "RETRY_SECONDS", 0.1)
    database = Database(postgres_url)
    Base.metadata.create_all(database.engine)
    yield database
    database.close()


async def until(condition):
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


def test_a_stream_on_postgresql_is_notified_of_its_own_job_only(queue):
    job, other = add(queue, [new("job"), new("other")])

    async def scenario():
        listener = EventListener(queue)
        async with listener.open():
            await until(lambda: listener.connected)
            with listener.follow(job) as event:
                transitions.cancel(queue, other)
                transitions.cancel(queue, job)
                await asyncio.wait_for(listener.wait(event), 20)
                assert event.is_set()
                event.clear()
                transitions.retry(queue, other)
                await asyncio.sleep(0.3)
                assert not event.is_set()

    asyncio.run(scenario())


def test_an_event_of_more_jobs_than_can_be_named_notifies_all_streams(queue):
    ids = add(queue, [new(str(i)) for i in range(events.MAX_NAMED + 1)])

    async def scenario():
        listener = EventListener(queue)
        async with listener.open():
            await until(lambda: listener.connected)
            with listener.follow(ids[0]) as event, queue.write() as connection:
                events.append_events(connection, ids, "cancelling", {})
                assert not event.is_set()
            with listener.follow(ids[0]) as event:
                with queue.write() as connection:
                    events.append_events(connection, ids, "cancelling", {})
                await asyncio.wait_for(event.wait(), 20)

    asyncio.run(scenario())


def test_a_lost_connection_is_made_again_and_streams_poll_meanwhile(queue):
    (job_id,) = add(queue, [new()])

    async def scenario():
        listener = EventListener(queue)
        async with listener.open():
            await until(lambda: listener.connected)
            with queue.write() as connection:
                others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                connection.execute(sa.text(f"{others} AND datname = current_database() AND query LIKE 'LISTEN%'"))
            await until(lambda: not listener.connected)
            with listener.follow(job_id) as event:
                begun = time.monotonic()
                await listener.wait(event)
                assert time.monotonic() - begun < 20
                await until(lambda: listener.connected)
                assert event.is_set()
                event.clear()
                transitions.cancel(queue, job_id)
                await asyncio.wait_for(event.wait(), 20)

    asyncio.run(scenario())


def test_a_stream_carries_the_reports_of_an_attempt_on_both_databases(database):
    ref = begin(database)

    async def scenario():
        listener, kinds = EventListener(database), []
        async with listener.open(), asyncio.timeout(60):
            if not database.is_sqlite:
                await until(lambda: listener.connected)
            async for message in follow(database, listener, ref.job, 0):
                kinds.append(message.event)
                if message.event == "running":
                    updates.progress(database, ref, 60.0, 5, [{"step": 5}])
                if message.event == "progress":
                    updates.finish(database, ref, "succeeded", {})
        assert kinds == ["queued", "leased", "running", "progress", "succeeded", "done"]

    asyncio.run(scenario())
