"""Failure table of docs/jobs.md: machines that sleep, rivals, crashes and hangs. All happens to real processes.

The final weights equal those of an undisturbed run, bit for bit.
"""

import os
import signal
import time

import pytest

from backend.jobs import processes
from backend.jobs.queue import dispatchers, events, queries, submit
from tests.jobs.programs import PATIENCE, RUN, weights
from tests.jobs.rows import add

pytestmark = pytest.mark.slow


def test_a_machine_that_sleeps_longer_than_its_lease_writes_nothing_when_it_wakes(bench, uninterrupted):
    asleep = bench.dispatcher("asleep", held=True, lease_seconds=6, cpu_slots=1)
    job_id = bench.add()
    bench.wait_step(job_id, 10)
    zombie = bench.trainer(job_id)
    bench.pause(zombie.pid)
    bench.pause(asleep.process.pid)
    bench.dispatcher("awake", held=True, cpu_slots=1)  # its own lease outlives a busy machine
    bench.wait(
        lambda: bench.job(job_id)["state"] == "running" and bench.job(job_id)["attempt"] == 2, PATIENCE, "take-over"
    )
    written = [event for event in events.events_after(bench.database, job_id, 0)[0] if event["attempt"] == 1]
    bench.release()
    os.kill(zombie.pid, signal.SIGCONT)
    os.kill(asleep.process.pid, signal.SIGCONT)
    job = bench.wait_state(job_id, "succeeded", "failed")
    bench.wait(lambda: not processes.is_running(zombie), PATIENCE, "the end of the woken trainer")
    after = [event for event in events.events_after(bench.database, job_id, 0)[0] if event["attempt"] == 1]
    assert after == written
    assert (job["state"], job["attempt"], job["losses"]) == ("succeeded", 2, 1)
    assert bench.successes(job_id) == 1
    assert job["checkpoint"].startswith("2-")
    assert weights(bench.home, job) == uninterrupted


def test_two_dispatchers_share_a_sweep_of_packs_and_a_third_of_the_same_name_stands_by(bench):
    base = {key: value for key, value in RUN.items() if key != "seed"} | {"steps": 20, "evaluate": False}
    defaults = {"run": {}, "objective": {"beta_vae": {}}, "dataset": {"own": {}}}
    spec = {"base": base, "grid": {"seed": [1, 2, 3, 4]}, "defaults": defaults, "pack": 2, "priority": 0}
    for name in ("one", "two", "one"):
        bench.dispatcher(name, cpu_slots=1)
    bench.wait(lambda: len(dispatchers.list_dispatchers(bench.database)) == 2, PATIENCE, "two dispatchers")
    with bench.database.write() as connection:
        sweep = submit.insert_sweep(connection, submit.NewSweep("pairs", spec, total=4))
    bench.wait(
        lambda: queries.counts_of(bench.database, [sweep])[sweep]["train"] == {"succeeded": 4}, PATIENCE, "the sweep"
    )
    jobs = [bench.job(row["id"]) for row in queries.listing(bench.database, sweep=sweep)[0]]
    attempts = [attempt for job in jobs for attempt in job["attempts"]]
    assert len(attempts) == 4
    units = {attempt["unit"]: attempt["scope"] for attempt in attempts}
    assert len(units) == 2
    assert len(set(units.values())) == 2
    assert len({attempt["pid"] for attempt in attempts}) == 2
    assert len(dispatchers.list_dispatchers(bench.database)) == 2


def test_a_job_that_always_crashes_fails_with_the_reason_and_spares_the_others(bench):
    bench.dispatcher()
    bad = add(bench.database, [submit.training_job({**RUN, "seed": 9}, "bad", max_attempts=2)])[0]
    diverges = bench.add(learning_rate=1.0, objective_settings={"beta": 1e30}, model="diverges")
    while bench.job(bad)["state"] not in {"failed", "succeeded"}:
        bench.signal_trainer(bad, signal.SIGSEGV)
        time.sleep(0.1)
    job = bench.job(bad)
    assert (job["state"], job["reason"], job["attempt"]) == ("failed", "crashed", 2)
    assert "SIGSEGV" in job["error"]
    assert "given up after 2 of 2 attempts" in job["error"]
    other = bench.wait_state(diverges, "succeeded", "failed")
    assert (other["state"], other["reason"], other["attempt"]) == ("failed", "failed", 1)
    assert "not finite" in other["error"]


def test_a_trainer_that_makes_no_step_is_taken_for_hung(bench):
    bench.dispatcher()
    job = submit.training_job({**RUN, "batch_size": 8192, "film_frames": 0}, "hung", max_attempts=1)
    job_id = add(bench.database, [job])[0]
    bench.wait_state(job_id, "running")
    with bench.database.write() as connection:
        connection.exec_driver_sql("UPDATE jobs SET stall_seconds = 1")
    found = bench.wait_state(job_id, "failed", "succeeded")
    assert found["state"] == "failed"
    assert "no progress for 1 s" in found["error"]
    who = bench.trainer(job_id)
    bench.wait(lambda: not processes.is_running(who), PATIENCE, "the end of the hung trainer")
