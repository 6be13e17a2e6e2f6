"""Failure table of docs/jobs.md: processes killed at random moments.

The final weights equal those of an undisturbed run, bit for bit.
"""

import logging
import os
import random
import signal
import time

import pytest

from backend.jobs import processes
from backend.jobs.queue import dispatchers, submit
from tests.jobs.programs import RUN, SECONDS, Program, environment, weights
from tests.jobs.rows import add

pytestmark = pytest.mark.slow
log = logging.getLogger("axiscope.tests")
# Half a minute of work, so that some kills meet the trainer at it.
MIDDLE = {"steps": 2500, "checkpoint_every": 50, "log_every": 50}


def start_server(bench):
    """`axiscope up` on a free port."""
    env = environment(bench.home, bench.url, cpu_slots=2)
    start = ("-c", "from backend.cli import main; main()", "up", "--port", "0")
    program = Program(*start, env=env, log=bench.home / "server.log")
    bench.programs.append(program)
    return program


def dispatcher_process(bench):
    alive = dispatchers.list_dispatchers(bench.database)
    return processes.ProcessIdentity(alive[0]["pid"], alive[0]["pid_started"], alive[0]["boot"]) if alive else None


class Chaos:
    """Kills trainer, dispatcher or server at random moments, and starts the server again."""

    def __init__(self, bench, seed):
        self.bench, self.rng = bench, random.Random(seed)
        self.killed = {"trainer": 0, "dispatcher": 0, "server": 0}
        self.server = start_server(bench)

    def run(self, job_id, rounds):
        """Kill ``rounds`` times, always the least often killed; fewer times where the run ends before."""
        for _ in range(rounds):
            victim = min(self.killed, key=lambda name: (self.killed[name], self.rng.random()))
            if not self.meets(job_id, victim):
                return
            time.sleep(self.rng.uniform(0.0, 2.0))
            self.strike(job_id, victim)

    def meets(self, job_id, victim):
        """Wait until ``victim`` runs; return False if the run ends before."""
        while self.bench.job(job_id)["state"] in {"queued", "leased", "running"}:
            if victim == "server" or self.find(job_id, victim):
                return True
            time.sleep(0.05)
        return False

    def find(self, job_id, victim):
        """Return the process of the trainer or dispatcher, if it runs."""
        row = self.bench.job(job_id)["attempts"][-1:]
        who = dispatcher_process(self.bench)
        if victim == "trainer":
            who = (
                row
                and row[0]["pid"]
                and processes.ProcessIdentity(row[0]["pid"], row[0]["pid_started"], row[0]["boot"])
            )
        return who if who and processes.is_running(who) else None

    def strike(self, job_id, victim):
        """Kill ``victim`` if it still runs."""
        who = None if victim == "server" else self.find(job_id, victim)
        if victim == "server":
            self.server.kill()
            self.server = start_server(self.bench)
        elif who is None:
            return
        else:
            os.kill(who.pid, signal.SIGKILL)
        self.killed[victim] += 1

    def all_kills(self):
        return sum(self.killed.values())


def play(bench, chaos, rounds, expected, **changes):
    """Execute one run with up to ``rounds`` kills, and check it."""
    before = chaos.killed["trainer"]
    job_id = add(bench.database, [submit.training_job({**RUN, **changes}, "struck", max_attempts=10_000)])[0]
    chaos.run(job_id, rounds)
    job = bench.wait_state(job_id, "succeeded", "failed")
    assert job["state"] == "succeeded", bench.report()
    assert job["attempt"] <= 1 + chaos.killed["trainer"] - before, chaos.killed
    assert bench.successes(job_id) == 1
    assert weights(bench.home, job) == expected


def test_kills_of_trainer_dispatcher_and_server_at_random_moments(bench, uninterrupted_seconds):
    chaos = Chaos(bench, seed=6)
    play(bench, chaos, 5, uninterrupted_seconds, **SECONDS)


@pytest.fixture(scope="module")
def uninterrupted_middle(undisturbed):
    return undisturbed(**MIDDLE)


@pytest.mark.endurance
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_a_hundred_kills_in_four_parts_lose_nothing_and_start_nothing_twice(bench, uninterrupted_middle, seed):
    chaos, runs = Chaos(bench, seed), 0
    while chaos.all_kills() < 25:
        play(bench, chaos, 25 - chaos.all_kills(), uninterrupted_middle, **MIDDLE, model=f"struck-{runs}")
        runs += 1
    log.info("part %d: %s killed in %d runs", seed, chaos.killed, runs)
