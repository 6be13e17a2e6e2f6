"""Who follows a job is woken: at once by PostgreSQL, by the clock elsewhere and while the connection is away."""

import asyncio
import time

import pytest
import sqlalchemy as sa

from backend.db.base import Base
from backend.jobs.attempt import updates
from backend.jobs.database import Database
from backend.jobs.queue import events, submit, transitions
from backend.jobs.queue.events import Bell
from backend.routes.job_output import follow
from tests.jobs.rows import begin, new


@pytest.fixture
def told(postgres_url, monkeypatch):
    """A queue on PostgreSQL whose followers would wait a minute for the clock."""
    monkeypatch.setattr(events, "HEARING_POLL_SECONDS", 60.0)
    monkeypatch.setattr(events, "AGAIN_SECONDS", 0.1)
    database = Database(postgres_url)
    Base.metadata.create_all(database.engine)
    yield database
    database.close()


async def until(condition):
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


def test_a_follower_on_postgresql_hears_of_its_job_and_of_no_other(told):
    mine, other = submit.add(told, [new("mine"), new("other")])

    async def scenario():
        bell = Bell(told)
        async with bell.open():
            await until(lambda: bell.hears)
            with bell.follow(mine) as heard:
                transitions.cancel(told, other)
                transitions.cancel(told, mine)
                await asyncio.wait_for(bell.wait(heard), 20)
                assert heard.is_set()
                heard.clear()
                transitions.retry(told, other)
                await asyncio.sleep(0.3)
                assert not heard.is_set()

    asyncio.run(scenario())


def test_what_happens_to_more_jobs_than_can_be_named_wakes_everyone(told):
    ids = submit.add(told, [new(str(i)) for i in range(events.MOST_NAMED + 1)])

    async def scenario():
        bell = Bell(told)
        async with bell.open():
            await until(lambda: bell.hears)
            with bell.follow(ids[0]) as heard, told.write() as connection:
                events.note(connection, ids, "cancelling", {})
                assert not heard.is_set()
            with bell.follow(ids[0]) as heard:
                with told.write() as connection:
                    events.note(connection, ids, "cancelling", {})
                await asyncio.wait_for(heard.wait(), 20)

    asyncio.run(scenario())


def test_a_lost_connection_is_made_again_and_the_clock_counts_meanwhile(told):
    (job_id,) = submit.add(told, [new()])

    async def scenario():
        bell = Bell(told)
        async with bell.open():
            await until(lambda: bell.hears)
            with told.write() as connection:
                others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                connection.execute(sa.text(f"{others} AND datname = current_database() AND query LIKE 'LISTEN%'"))
            await until(lambda: not bell.hears)
            with bell.follow(job_id) as heard:
                begun = time.monotonic()
                await bell.wait(heard)
                assert time.monotonic() - begun < 20
                await until(lambda: bell.hears)
                assert heard.is_set()
                heard.clear()
                transitions.cancel(told, job_id)
                await asyncio.wait_for(heard.wait(), 20)

    asyncio.run(scenario())


def test_a_stream_tells_what_an_attempt_reports_on_both_databases(database):
    ref = begin(database)

    async def scenario():
        bell, kinds = Bell(database), []
        async with bell.open(), asyncio.timeout(60):
            if not database.is_sqlite:
                await until(lambda: bell.hears)
            async for message in follow(database, bell, ref.job, 0):
                kinds.append(message.event)
                if message.event == "running":
                    updates.progress(database, ref, 60.0, 5, [{"step": 5}])
                if message.event == "progress":
                    updates.finish(database, ref, "succeeded", {})
        assert kinds == ["queued", "leased", "running", "progress", "succeeded", "done"]

    asyncio.run(scenario())
