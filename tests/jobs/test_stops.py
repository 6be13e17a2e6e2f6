"""Failure table of docs/jobs.md: cancelled and stopped while at work.

The final weights equal those of an undisturbed run, bit for bit.
"""

import random
import signal
import time

import pytest

from backend.jobs import processes
from backend.jobs.queue import events, transitions
from tests.jobs.programs import PATIENCE, RUN, weights

pytestmark = pytest.mark.slow


def test_cancel_stops_a_trainer_at_its_next_step_and_kills_one_that_does_not_answer(bench):
    bench.dispatcher(held=True, cancel_grace_seconds=2)
    willing, deaf = bench.add(), bench.add(seed=2)
    bench.wait_step(willing, 10)
    bench.wait_step(deaf, 10)
    transitions.cancel(bench.database, willing)
    bench.wait_state(willing, "cancelled", "failed", "succeeded")
    bench.signal_trainer(deaf, signal.SIGSTOP)
    transitions.cancel(bench.database, deaf)
    job = bench.wait_state(deaf, "cancelled", "failed", "succeeded")
    assert job["state"] == "cancelled"
    assert not processes.is_running(bench.trainer(deaf))
    assert bench.job(willing)["state"] == "cancelled"


def test_cancel_racing_the_end_of_real_runs_leaves_one_terminal_state(bench):
    bench.dispatcher()
    rng = random.Random(3)
    ids = [bench.add(steps=12, seed=seed, checkpoint_every=12) for seed in range(2)]
    for job_id in ids:
        bench.wait(lambda job_id=job_id: bench.job(job_id)["checkpoint_step"] == 12, PATIENCE, "the last checkpoint")
        time.sleep(rng.uniform(0, 1.5))  # an export and its imports take about a second
        transitions.cancel(bench.database, job_id)
    for job_id in ids:
        job = bench.wait_state(job_id, "succeeded", "cancelled", "failed")
        kinds = [event["kind"] for event in events.events_after(bench.database, job_id, 0)[0]]
        assert job["state"] in {"succeeded", "cancelled"}
        assert len([kind for kind in kinds if kind in {"succeeded", "cancelled", "failed"}]) == 1


def test_a_graceful_stop_saves_and_returns_the_job_which_resumes_later(bench, uninterrupted):
    dispatcher = bench.dispatcher(held=True)
    job_id = bench.add(checkpoint_every=10_000)
    bench.wait(lambda: bench.job(job_id)["step"] >= 5, PATIENCE, "a few steps")
    trainer = bench.trainer(job_id)
    dispatcher.process.terminate()
    assert dispatcher.process.wait(60) == 0
    job = bench.job(job_id)
    assert (job["state"], job["faults"], job["losses"]) == ("queued", 0, 0)
    assert 5 <= job["checkpoint_step"] < RUN["steps"]
    assert not processes.is_running(trainer)
    bench.release()
    bench.dispatcher()
    resumed = bench.wait_state(job_id, "succeeded", "failed")
    assert resumed["attempts"][-1]["first_step"] == job["checkpoint_step"]
    assert weights(bench.home, resumed) == uninterrupted
