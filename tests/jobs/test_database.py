"""Transactions, sessions and times of the database, on SQLite and PostgreSQL."""

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from backend.db.base import NOW, now
from backend.db.engine import Database
from backend.db.tables import Model
from backend.jobs.queue import queries, submit
from backend.jobs.tables import jobs
from tests.jobs.rows import add, new

MOMENT = datetime(2024, 2, 29, 23, 59, 59, 250_000, timezone(timedelta(hours=2)))


def test_times_of_both_kinds_of_column_come_back_aware_and_in_utc(database):
    with database.write_session() as session:
        session.add(Model(id="m", name="m", folder="", origin="own", created_at=MOMENT))
    (job_id,) = add(database, [new()])
    with database.write() as connection:
        connection.execute(jobs.update().values(finished_at=MOMENT))
    with database.read_session() as session:
        times = [session.get(Model, "m").created_at, queries.show(database, job_id)["finished_at"]]
        assert session.scalar(sa.select(jobs.c.id).where(jobs.c.finished_at == MOMENT)) == job_id
    assert times == [MOMENT, MOMENT]
    assert {time.tzinfo for time in times} == {UTC}


def test_rows_that_earlier_versions_stored_as_seconds_are_read(database):
    (job_id,) = add(database, [new()])
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE jobs SET not_before = 0.0, created_at = 1700000000.5")
    job = queries.show(database, job_id)
    assert (job["not_before"].timestamp(), job["created_at"].isoformat()) == (0.0, "2023-11-14T22:13:20.500000+00:00")


def test_a_statement_adds_seconds_to_the_clock_of_the_database(database):
    (job_id,) = add(database, [new()])
    with database.write() as connection:
        connection.execute(jobs.update().values(lease_until=NOW + 60.0))
        expired = connection.execute(sa.select(jobs.c.id).where(jobs.c.lease_until < NOW)).all()
    assert (expired, queries.show(database, job_id)["lease_until"] > now() + timedelta(seconds=30)) == ([], True)


def test_a_statement_with_the_clock_is_compiled_once(database):
    for seconds in (1, 2):
        with database.read() as connection:
            executed = connection.execute(sa.select(NOW - seconds))
    assert executed.context.cache_hit.name == "CACHE_HIT"


def test_a_failed_block_writes_nothing(database):
    row = {"id": "m", "name": "m", "folder": "", "origin": "own"}

    def write_twice():
        with database.write_session() as session:
            session.execute(sa.insert(Model).values(row))
            session.execute(sa.insert(Model).values(row))

    with pytest.raises(IntegrityError):
        write_twice()
    with database.read_session() as session:
        assert session.scalars(sa.select(Model.id)).all() == []


def test_a_reader_neither_waits_for_a_writer_nor_reads_half_of_its_work(database):
    counts, written = [], threading.Event()

    def read():
        written.wait(20)
        counts.append(queries.counts(database))

    reader = threading.Thread(target=read)
    reader.start()
    with database.write() as connection:
        submit.insert_jobs(connection, [new()])
        written.set()
        reader.join(20)
        assert counts == [{}]
    assert queries.counts(database) == {"queued": 1}


def test_a_session_on_sqlite_reads_one_state_of_the_database(tmp_path):
    count = sa.select(sa.func.count()).select_from(jobs)
    with Database(f"sqlite:///{tmp_path / 'axiscope.db'}") as database, database.read_session() as session:
        database.migrate()
        assert session.scalar(count) == 0
        add(database, [new()])
        assert session.scalar(count) == 0
