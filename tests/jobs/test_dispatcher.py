"""Dispatcher, child processes and trainer together: real processes, really killed."""

import signal
import time

import pytest

from backend.jobs import grid, leadership, processes
from backend.jobs.dispatcher import Dispatcher, EngineAway
from backend.jobs.local_runner import LocalRunner
from backend.jobs.settings import JobSettings
from backend.jobs.slots import Slots
from tests.jobs.programs import PATIENCE, RUN, weights

pytestmark = pytest.mark.slow


def test_a_trained_model_is_in_the_zoo_by_itself(uninterrupted):
    from models_zoo.catalog import read_entry

    entry = read_entry(uninterrupted["home"] / "zoo" / uninterrupted["model"])
    assert entry.problem is None
    assert entry.manifest.training["steps_done"] == RUN["steps"]
    assert entry.manifest.objective_settings["beta"] == 4.0


def test_a_killed_trainer_resumes_within_seconds_and_ends_with_the_same_weights(bench, uninterrupted):
    bench.dispatcher()
    job_id = bench.add()
    bench.wait_step(job_id, 20)
    killed = time.monotonic()
    bench.signal_trainer(job_id, signal.SIGKILL)
    bench.wait(lambda: bench.job(job_id)["attempt"] == 2, PATIENCE, "second attempt")
    assert time.monotonic() - killed < 15.0
    job = bench.wait_state(job_id, "succeeded", "failed")
    assert job["state"] == "succeeded"
    assert [attempt["outcome"] for attempt in job["attempts"]] == ["crashed", "succeeded"]
    assert "SIGKILL" in job["attempts"][0]["error"]
    assert job["attempts"][1]["first_step"] >= 20
    assert weights(bench.home, job) == uninterrupted["weights"]


def test_jobs_survive_a_killed_dispatcher_and_are_adopted_without_a_second_start(bench, uninterrupted):
    first = bench.dispatcher()
    job_id = bench.add()
    trainer = bench.trainer(job_id)
    first.kill()
    assert processes.alive(trainer)
    bench.dispatcher()
    job = bench.wait_state(job_id, "succeeded", "failed")
    assert (job["state"], job["attempt"]) == ("succeeded", 1)
    assert weights(bench.home, job) == uninterrupted["weights"]


def test_an_adopted_trainer_that_is_killed_is_noticed(bench, uninterrupted):
    bench.dispatcher()
    job_id = bench.add()
    bench.wait_step(job_id, 10)
    bench.programs[0].kill()
    bench.dispatcher()
    time.sleep(1.0)
    bench.signal_trainer(job_id, signal.SIGKILL)
    job = bench.wait_state(job_id, "succeeded", "failed")
    assert (job["state"], job["attempt"]) == ("succeeded", 2)
    assert weights(bench.home, job) == uninterrupted["weights"]


class Elsewhere(LocalRunner):
    """An engine that may be away."""

    there = False

    def healthy(self):
        return self.there


def test_a_dispatcher_waits_for_an_engine_that_is_not_there_yet_and_leaves_one_that_went(bench, caplog, monkeypatch):
    settings = JobSettings(home=bench.home, lease_seconds=8.0)
    runner = Elsewhere("there", ("/bin/sh", "-c", "exit 0"), {}, bench.home / "units", Slots(1, 0))
    dispatcher = Dispatcher(bench.database, runner, settings, grid.runs)
    job_id = bench.add()
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    dispatcher.tick()
    now += 1000.0
    dispatcher.tick()
    (row,) = leadership.present(bench.database)
    assert (row["healthy"], bench.job(job_id)["state"]) == (False, "queued")
    assert [record.message for record in caplog.records] == [
        "the engine of there does not answer: nothing is claimed until it does"
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
    bench.wait(lambda: runner.poll() or not runner.live(), PATIENCE, "the end of the process")
