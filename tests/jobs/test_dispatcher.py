"""Dispatcher, child processes and trainer together: real processes, really killed."""

import signal
import time

import pytest

from backend.jobs import processes
from tests.jobs.programs import PATIENCE, RUN, weights

pytestmark = pytest.mark.slow


def test_a_trained_model_is_in_the_zoo_by_itself(uninterrupted):
    from models_zoo.catalog import read_zoo_model

    entry = read_zoo_model(uninterrupted["home"] / "zoo" / uninterrupted["model"])
    assert entry.problem is None
    assert entry.manifest.training["steps_done"] == RUN["steps"]
    assert entry.manifest.objective_settings["beta"] == 4.0


def test_a_killed_trainer_resumes_and_ends_with_the_same_weights(bench, uninterrupted):
    bench.dispatcher()
    job_id = bench.add()
    bench.wait_step(job_id, 20)
    bench.signal_trainer(job_id, signal.SIGKILL)
    bench.wait(lambda: bench.job(job_id)["attempt"] == 2, PATIENCE, "second attempt")
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
    assert processes.is_running(trainer)
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
