"""Dispatcher, child processes and trainer together: real processes, really killed."""

import signal
import time

import pytest

from backend.jobs import processes
from backend.jobs.queue import dispatchers
from tests.jobs.programs import PATIENCE, RUN, weights

pytestmark = pytest.mark.slow


def wait_for_lead(bench, dispatcher):
    """Wait until the process ``dispatcher`` holds the scope, whose attempts it adopts."""

    def leads():
        return dispatcher.process.pid in [row["pid"] for row in dispatchers.list_dispatchers(bench.database)]

    bench.wait(leads, PATIENCE, "the lead of the second dispatcher")


def test_a_trained_model_is_in_the_zoo_by_itself(bench, uninterrupted):
    from models_zoo.catalog import read_zoo_model

    bench.dispatcher()
    job = bench.wait_state(bench.add(), "succeeded", "failed")
    assert job["state"] == "succeeded", bench.report()
    assert weights(bench.home, job) == uninterrupted
    entry = read_zoo_model(bench.home / "zoo" / job["result"]["model"])
    assert entry.problem is None
    assert entry.manifest.training["steps_done"] == RUN["steps"]
    assert entry.manifest.objective_settings["beta"] == 4.0


def test_a_killed_trainer_resumes_and_ends_with_the_same_weights(bench, uninterrupted):
    bench.dispatcher(held=True)
    job_id = bench.add()
    bench.wait_step(job_id, 20)
    bench.signal_trainer(job_id, signal.SIGKILL)
    bench.release()
    bench.wait(lambda: bench.job(job_id)["attempt"] == 2, PATIENCE, "second attempt")
    job = bench.wait_state(job_id, "succeeded", "failed")
    assert job["state"] == "succeeded"
    assert [attempt["outcome"] for attempt in job["attempts"]] == ["crashed", "succeeded"]
    assert "SIGKILL" in job["attempts"][0]["error"]
    assert job["attempts"][1]["first_step"] >= 20
    assert weights(bench.home, job) == uninterrupted


def test_jobs_survive_a_killed_dispatcher_and_are_adopted_without_a_second_start(bench, uninterrupted):
    first = bench.dispatcher(held=True)
    job_id = bench.add()
    trainer = bench.trainer(job_id)
    first.kill()
    assert processes.is_running(trainer)
    wait_for_lead(bench, bench.dispatcher(held=True))
    bench.release()
    job = bench.wait_state(job_id, "succeeded", "failed")
    assert (job["state"], job["attempt"]) == ("succeeded", 1)
    assert weights(bench.home, job) == uninterrupted


def test_an_adopted_trainer_that_is_killed_is_noticed(bench, uninterrupted):
    first = bench.dispatcher(held=True)
    job_id = bench.add()
    bench.wait_step(job_id, 10)
    first.kill()
    wait_for_lead(bench, bench.dispatcher(held=True))
    time.sleep(1.0)
    bench.signal_trainer(job_id, signal.SIGKILL)
    bench.release()
    job = bench.wait_state(job_id, "succeeded", "failed")
    assert (job["state"], job["attempt"]) == ("succeeded", 2)
    assert weights(bench.home, job) == uninterrupted
