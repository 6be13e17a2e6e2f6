"""What the dispatcher does at one look at queue and engine, in this process; its children do nothing."""

import time

import pytest

from backend.jobs.attempt import updates
from backend.jobs.dispatcher.local_runner import LocalRunner
from backend.jobs.dispatcher.loop import Dispatcher, EngineAway
from backend.jobs.dispatcher.slots import Slots
from backend.jobs.queue import dispatchers, grid, leases, submit, transitions
from backend.jobs.records import Ref
from backend.settings import Settings
from tests.jobs.programs import PATIENCE, RUN


def dispatcher_of(bench, script="sleep 60", kind=LocalRunner):
    settings = Settings(home=bench.home, lease_seconds=8.0, cancel_grace_seconds=1.0)
    runner = kind("here", ("/bin/sh", "-c", script), {}, bench.home / "units", Slots(1, 0))
    return Dispatcher(bench.database, runner, settings, grid.runs)


def end(bench, runner):
    for name in runner.live():
        runner.kill(name)
    bench.wait(lambda: runner.poll() or not runner.live(), PATIENCE, "the end of the process")


def test_the_reaper_leaves_workers_time_to_beat_after_an_outage(bench):
    """A lease that ran out during an outage does not count before a beat could have come."""
    dispatcher = dispatcher_of(bench)
    job_id = bench.add()
    dispatcher.tick()
    (flight,) = leases.survey(bench.database, 10).flights
    with bench.database.write() as connection:
        connection.exec_driver_sql("UPDATE jobs SET lease_until = 0")
        connection.exec_driver_sql("UPDATE job_attempts SET scope = 'elsewhere'")
    dispatcher._hold_back()
    dispatcher.tick()
    assert bench.job(job_id)["attempt"] == flight.ref.attempt
    time.sleep(2 * dispatcher.settings.beat_seconds + 0.1)
    dispatcher._patience.last_tick = time.time()
    dispatcher.tick()
    assert bench.job(job_id)["losses"] == 1
    end(bench, dispatcher.runner)


class Elsewhere(LocalRunner):
    """An engine that may be away."""

    there = False

    def healthy(self):
        return self.there


def test_a_dispatcher_waits_for_an_engine_that_is_not_there_yet_and_leaves_one_that_went(bench, caplog, monkeypatch):
    dispatcher = dispatcher_of(bench, "exit 0", Elsewhere)
    runner = dispatcher.runner
    job_id = bench.add()
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    dispatcher.tick()
    now += 1000.0
    dispatcher.tick()
    (row,) = dispatchers.present(bench.database)
    assert (row["healthy"], bench.job(job_id)["state"]) == (False, "queued")
    assert [record.message for record in caplog.records] == [
        "the engine of here does not answer: nothing is claimed until it does"
    ]
    runner.there = True
    dispatcher.tick()
    assert bench.job(job_id)["attempt"] == 1
    runner.there = False
    dispatcher.tick()
    now += 8.5
    with pytest.raises(EngineAway):
        dispatcher.tick()
    monkeypatch.undo()
    end(bench, runner)


def test_cancelling_a_job_that_waits_in_a_pack_does_not_touch_the_one_at_work(bench):
    dispatcher = dispatcher_of(bench)
    pack = [grid.training_job({**RUN, "seed": seed}, "packed", pack=2) for seed in (1, 2)]
    at_work, waiting = submit.add(bench.database, pack)
    dispatcher.tick()
    assert updates.start(bench.database, Ref(at_work, 1), 60.0)
    transitions.cancel(bench.database, waiting)
    time.sleep(1.1)
    dispatcher.tick()
    dispatcher.tick()
    assert (bench.job(at_work)["state"], bench.job(at_work)["faults"]) == ("running", 0)
    assert bench.job(waiting)["state"] == "cancelled"
    assert dispatcher.runner.live() == {f"{at_work}-1"}
    end(bench, dispatcher.runner)


def test_a_machine_that_can_start_no_process_gives_the_job_back_and_goes_on(bench, caplog):
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
