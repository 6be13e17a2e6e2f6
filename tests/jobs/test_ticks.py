"""Ticks of the dispatcher in this process, with children that do nothing."""

import time

import pytest
import sqlalchemy as sa

from backend.jobs.attempt import updates
from backend.jobs.dispatcher.local_runner import LocalRunner, Slots
from backend.jobs.dispatcher.loop import Dispatcher, EngineUnavailable
from backend.jobs.queue import leases, submit, transitions
from backend.jobs.records import AttemptRef
from backend.jobs.tables import dispatchers
from backend.settings import Settings
from tests.jobs.programs import PATIENCE, RUN
from tests.jobs.rows import add


def dispatcher_of(bench, script="sleep 60", kind=LocalRunner):
    settings = Settings(home=bench.home, lease_seconds=8.0, cancel_grace_seconds=1.0)
    runner = kind("here", ("/bin/sh", "-c", script), {}, bench.home / "units", Slots(1, 0))
    return Dispatcher(bench.database, runner, settings)


def end(bench, runner):
    for name in runner.live():
        runner.kill(name)
    bench.wait(lambda: runner.poll() or not runner.live(), PATIENCE, "the end of the process")


def test_no_lease_expires_in_the_grace_period_after_an_outage(bench):
    """A lease that ran out during an outage does not count before its attempt could renew it."""
    dispatcher = dispatcher_of(bench)
    job_id = bench.add()
    dispatcher.tick()
    (attempt,) = leases.snapshot(bench.database, 10).active
    with bench.database.write() as connection:
        connection.exec_driver_sql("UPDATE jobs SET lease_until = 0")
        connection.exec_driver_sql("UPDATE job_attempts SET scope = 'elsewhere'")
    dispatcher._start_grace_period()
    dispatcher.tick()
    assert bench.job(job_id)["attempt"] == attempt.ref.attempt
    time.sleep(2 * dispatcher.settings.beat_seconds + 0.1)
    dispatcher._grace.last_tick = time.time()
    dispatcher.tick()
    assert bench.job(job_id)["losses"] == 1
    end(bench, dispatcher.runner)


class Elsewhere(LocalRunner):
    """Engine that may be unavailable."""

    there = False

    def healthy(self):
        return self.there


def test_a_dispatcher_waits_for_an_engine_to_start_and_exits_when_a_connected_one_is_lost(bench, caplog, monkeypatch):
    dispatcher = dispatcher_of(bench, "exit 0", Elsewhere)
    runner = dispatcher.runner
    job_id = bench.add()
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    dispatcher.tick()
    now += 1000.0
    dispatcher.tick()
    with bench.database.read() as connection:
        row = connection.execute(sa.select(dispatchers)).mappings().one()
    assert (row["healthy"], bench.job(job_id)["state"]) == (False, "queued")
    assert [record.message for record in caplog.records] == [
        "engine does not answer, nothing is claimed until it does scope=here"
    ]
    runner.there = True
    dispatcher.tick()
    assert bench.job(job_id)["attempt"] == 1
    runner.there = False
    dispatcher.tick()
    now += 8.5
    with pytest.raises(EngineUnavailable):
        dispatcher.tick()
    monkeypatch.undo()
    end(bench, runner)


def test_cancelling_a_job_that_waits_in_a_pack_does_not_touch_the_running_one(bench):
    dispatcher = dispatcher_of(bench)
    pack = [submit.training_job({**RUN, "seed": seed}, "packed", pack=2) for seed in (1, 2)]
    at_work, waiting = add(bench.database, pack)
    dispatcher.tick()
    assert updates.start(bench.database, AttemptRef(at_work, 1), 60.0)
    transitions.cancel(bench.database, waiting)
    time.sleep(1.1)
    dispatcher.tick()
    dispatcher.tick()
    assert (bench.job(at_work)["state"], bench.job(at_work)["faults"]) == ("running", 0)
    assert bench.job(waiting)["state"] == "cancelled"
    assert dispatcher.runner.live() == {f"{at_work}-1"}
    end(bench, dispatcher.runner)


def test_a_machine_that_can_start_no_process_returns_the_job_and_continues(bench, caplog):
    dispatcher = dispatcher_of(bench)
    (bench.home / "units").write_text("a file where a folder should be")
    job_id = bench.add()
    dispatcher.tick()
    job = bench.job(job_id)
    assert (job["state"], job["losses"], job["faults"]) == ("queued", 1, 0)
    assert "its process could not be started" in job["error"]
    assert dispatcher.runner.free() == dispatcher.runner.capacity()
    (bench.home / "units").unlink()
    time.sleep(1.1)
    dispatcher.tick()
    assert bench.job(job_id)["attempt"] == 2
    end(bench, dispatcher.runner)
