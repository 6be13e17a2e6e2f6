"""The failure table of docs/jobs.md: every row really happens to real processes.

Whatever happened, the final weights are those of the run that nobody disturbed, bit for bit.
"""

import os
import random
import signal
import subprocess
import time

import pytest

from backend.db.engine import migrate
from backend.jobs import control, events, grid, leadership, processes, queries, reaper, submit
from tests.jobs.programs import PATIENCE, RUN, Bench, Program, environment, weights

pytestmark = pytest.mark.slow


def successes(bench, job_id):
    return [event["kind"] for event in events.since(bench.database, job_id, 0)[0]].count("succeeded")


def start_server(bench):
    """`axiscope up` on a free port."""
    env = environment(bench.home, bench.url, cpu_slots=2)
    start = ("-c", "from backend.cli import main; main()", "up", "--port", "0")
    program = Program(*start, env=env, log=bench.home / "server.log")
    bench.programs.append(program)
    return program


def dispatcher_process(bench):
    alive = [row for row in leadership.present(bench.database) if row["alive"]]
    return processes.Identity(alive[0]["pid"], alive[0]["pid_started"], alive[0]["boot"]) if alive else None


class Chaos:
    """Kills trainer, dispatcher or server at random moments, and starts the server again."""

    def __init__(self, bench, seed):
        self.bench, self.rng = bench, random.Random(seed)
        self.killed = {"trainer": 0, "dispatcher": 0, "server": 0}
        self.server = start_server(bench)

    def run(self, job_id, rounds):
        for _ in range(rounds):
            time.sleep(self.rng.uniform(0.2, 3.0))
            if self.bench.job(job_id)["state"] not in {"queued", "leased", "running"}:
                return
            victims = sorted(self.killed, key=lambda name: (self.killed[name], self.rng.random()))
            any(self.strike(job_id, victim) for victim in victims)

    def strike(self, job_id, victim):
        """Kill ``victim`` if it is there; whether it was."""
        if victim == "server":
            self.server.kill()
            self.server = start_server(self.bench)
        else:
            row = self.bench.job(job_id)["attempts"][-1:]
            who = dispatcher_process(self.bench)
            if victim == "trainer":
                who = row and row[0]["pid"] and processes.Identity(row[0]["pid"], row[0]["pid_started"], row[0]["boot"])
            if not who or not processes.alive(who):
                return False
            os.kill(who.pid, signal.SIGKILL)
        self.killed[victim] += 1
        return True


def queue_long(bench, steps, **changes):
    job = grid.training_job({**RUN, "steps": steps, **changes}, "long", max_attempts=10_000)
    return submit.add(bench.database, [job])[0]


def test_kills_of_trainer_dispatcher_and_server_at_random_moments(bench, uninterrupted):
    chaos = Chaos(bench, seed=6)
    job_id = queue_long(bench, RUN["steps"])
    chaos.run(job_id, rounds=5)
    job = bench.wait_state(job_id, "succeeded", "failed")
    assert job["state"] == "succeeded", bench.report()
    assert job["attempt"] <= 1 + chaos.killed["trainer"], chaos.killed
    assert successes(bench, job_id) == 1
    assert weights(bench.home, job) == uninterrupted["weights"]


@pytest.mark.endurance
@pytest.mark.timeout(3600)
def test_a_hundred_kills_lose_nothing_and_start_nothing_twice(bench, uninterrupted):
    chaos = Chaos(bench, seed=100)
    rounds = 0
    while sum(chaos.killed.values()) < 100:
        job_id = queue_long(bench, RUN["steps"], model=f"chaos-{rounds}")
        before = chaos.killed["trainer"]
        chaos.run(job_id, rounds=100 - sum(chaos.killed.values()))
        job = bench.wait_state(job_id, "succeeded", "failed")
        assert job["state"] == "succeeded", bench.report()
        assert job["attempt"] <= 1 + chaos.killed["trainer"] - before
        assert successes(bench, job_id) == 1
        assert weights(bench.home, job) == uninterrupted["weights"]
        rounds += 1
    assert sum(chaos.killed.values()) == 100, (chaos.killed, rounds)


def test_a_machine_that_sleeps_longer_than_its_lease_writes_nothing_when_it_wakes(bench, uninterrupted):
    asleep = bench.dispatcher("asleep", lease_seconds=6, cpu_slots=1)
    job_id = bench.add()
    bench.wait_step(job_id, 10)
    zombie = bench.trainer(job_id)
    os.kill(zombie.pid, signal.SIGSTOP)
    os.kill(asleep.process.pid, signal.SIGSTOP)
    bench.dispatcher("awake", lease_seconds=6, cpu_slots=1)
    bench.wait(
        lambda: bench.job(job_id)["state"] == "running" and bench.job(job_id)["attempt"] == 2, PATIENCE, "take-over"
    )
    written = [event for event in events.since(bench.database, job_id, 0)[0] if event["attempt"] == 1]
    os.kill(zombie.pid, signal.SIGCONT)
    os.kill(asleep.process.pid, signal.SIGCONT)
    job = bench.wait_state(job_id, "succeeded", "failed")
    bench.wait(lambda: not processes.alive(zombie), PATIENCE, "the end of the woken trainer")
    after = [event for event in events.since(bench.database, job_id, 0)[0] if event["attempt"] == 1]
    assert after == written
    assert (job["state"], job["attempt"], job["losses"]) == ("succeeded", 2, 1)
    assert successes(bench, job_id) == 1
    assert job["checkpoint"].startswith("2-")
    assert weights(bench.home, job) == uninterrupted["weights"]


def test_two_dispatchers_share_a_sweep_of_packs_and_a_third_of_the_same_name_stands_by(bench):
    base = {key: value for key, value in RUN.items() if key != "seed"} | {"steps": 20, "evaluate": False}
    defaults = {"run": {}, "objective": {"beta_vae": {}}, "dataset": {"dsprites": {}}}
    spec = {"base": base, "grid": {"seed": [1, 2, 3, 4]}, "defaults": defaults, "pack": 2, "priority": 0}
    for name in ("one", "two", "one"):
        bench.dispatcher(name, cpu_slots=1)
    bench.wait(
        lambda: len([r for r in leadership.present(bench.database) if r["alive"]]) == 2, PATIENCE, "two dispatchers"
    )
    with bench.database.write() as connection:
        sweep = submit.insert_sweep(connection, submit.NewSweep("pairs", spec, total=4))
    bench.wait(lambda: queries.sweep_counts(bench.database, sweep) == {"succeeded": 4}, PATIENCE, "the sweep")
    jobs = [bench.job(row["id"]) for row in queries.listing(bench.database, sweep=sweep)[0]]
    attempts = [attempt for job in jobs for attempt in job["attempts"]]
    assert len(attempts) == 4
    units = {attempt["unit"]: attempt["scope"] for attempt in attempts}
    assert len(units) == 2
    assert len(set(units.values())) == 2
    assert len({attempt["pid"] for attempt in attempts}) == 2
    assert len(leadership.present(bench.database)) == 2


def test_a_job_that_always_crashes_fails_with_the_reason_and_spares_the_others(bench):
    bench.dispatcher()
    bad = submit.add(bench.database, [grid.training_job({**RUN, "seed": 9}, "bad", max_attempts=2)])[0]
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
    job = grid.training_job({**RUN, "batch_size": 8192, "film_frames": 0}, "hung", max_attempts=1)
    job_id = submit.add(bench.database, [job])[0]
    bench.wait_state(job_id, "running")
    with bench.database.write() as connection:
        connection.exec_driver_sql("UPDATE jobs SET stall_seconds = 1")
    found = bench.wait_state(job_id, "failed", "succeeded")
    assert found["state"] == "failed"
    assert "no progress for 1 s" in found["error"]
    who = bench.trainer(job_id)
    bench.wait(lambda: not processes.alive(who), PATIENCE, "the end of the hung trainer")


def test_cancel_stops_a_trainer_at_its_next_step_and_kills_one_that_does_not_answer(bench):
    bench.dispatcher(cancel_grace_seconds=2)
    willing, deaf = bench.add(steps=100_000), bench.add(steps=100_000, seed=2)
    bench.wait_step(willing, 10)
    bench.wait_step(deaf, 10)
    begun = time.monotonic()
    control.cancel(bench.database, willing)
    bench.wait_state(willing, "cancelled", "failed", "succeeded")
    assert time.monotonic() - begun < 30
    bench.signal_trainer(deaf, signal.SIGSTOP)
    control.cancel(bench.database, deaf)
    job = bench.wait_state(deaf, "cancelled", "failed", "succeeded")
    assert job["state"] == "cancelled"
    assert not processes.alive(bench.trainer(deaf))
    assert bench.job(willing)["state"] == "cancelled"


def test_cancel_racing_the_end_of_real_runs_leaves_one_terminal_state(bench):
    bench.dispatcher()
    rng = random.Random(3)
    ids = [bench.add(steps=12, seed=seed, checkpoint_every=12) for seed in range(2)]
    for job_id in ids:
        bench.wait(lambda job_id=job_id: bench.job(job_id)["checkpoint_step"] == 12, PATIENCE, "the last checkpoint")
        time.sleep(rng.uniform(0, 4))
        control.cancel(bench.database, job_id)
    for job_id in ids:
        job = bench.wait_state(job_id, "succeeded", "cancelled", "failed")
        kinds = [event["kind"] for event in events.since(bench.database, job_id, 0)[0]]
        assert job["state"] in {"succeeded", "cancelled"}
        assert len([kind for kind in kinds if kind in {"succeeded", "cancelled", "failed"}]) == 1


def test_a_graceful_stop_saves_hands_the_job_back_and_goes_on_later(bench, tmp_path):
    dispatcher = bench.dispatcher()
    long = {"steps": 1500, "checkpoint_every": 10_000}
    job_id = bench.add(**long)
    bench.wait(lambda: bench.job(job_id)["step"] >= 5, PATIENCE, "a few steps")
    trainer = bench.trainer(job_id)
    assert dispatcher.stop() == 0
    job = bench.job(job_id)
    assert (job["state"], job["faults"], job["losses"]) == ("queued", 0, 0)
    assert 5 <= job["checkpoint_step"] < 1500
    assert not processes.alive(trainer)
    bench.dispatcher()
    resumed = bench.wait_state(job_id, "succeeded", "failed")
    assert resumed["attempts"][-1]["first_step"] == job["checkpoint_step"]
    alone = Bench(tmp_path / "alone")
    migrate(alone.database.engine)
    try:
        alone.dispatcher()
        whole = alone.wait_state(alone.add(**long), "succeeded", "failed")
        assert weights(bench.home, resumed) == weights(alone.home, whole)
    finally:
        alone.close()


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 10 MB, mounted for the test."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=10m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("a small file system can only be mounted by root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_leaves_the_old_checkpoint_valid_and_says_so(bench, small_disk, uninterrupted):
    bench.dispatcher(artifacts_url=small_disk)
    job_id = bench.add()
    job = bench.wait_state(job_id, "failed", "succeeded")
    assert job["state"] == "failed"
    assert "No space left on device" in job["error"]
    assert "The last checkpoint is sound" in job["error"]
    assert job["checkpoint_step"] == 10
    subprocess.run(["mount", "-o", "remount,size=200m", str(small_disk)], check=True)
    control.retry(bench.database, job_id)
    job = bench.wait_state(job_id, "failed", "succeeded")
    assert job["state"] == "succeeded", job["error"]
    assert job["attempts"][-1]["first_step"] >= 10
    assert weights(small_disk, job, "") == uninterrupted["weights"]


def outage(bench, server, seconds):
    """Take the database away for ``seconds`` while a trainer is at work; the finished job."""
    bench.dispatcher(lease_seconds=60)
    job_id = bench.add(steps=150 if seconds < 10 else 1500, checkpoint_every=50, log_every=20)
    bench.wait(lambda: bench.job(job_id)["step"] >= 20, PATIENCE, "a few steps")
    trainer = bench.trainer(job_id)
    server.stop("immediate")
    time.sleep(seconds)
    assert processes.alive(trainer)
    server.start()
    bench.database.engine.dispose()
    return bench.wait_state(job_id, "succeeded", "failed")


@pytest.fixture
def own_postgres(tmp_path_factory):
    from tests.jobs.conftest import Postgres, postgres_programs

    programs = postgres_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    import shutil
    import tempfile
    from pathlib import Path

    folder = Path(tempfile.mkdtemp(prefix="axiscope-pg-"))
    server = Postgres(programs, folder)
    server.start()
    yield server
    server.stop("immediate")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("seconds", [4, pytest.param(30, marks=pytest.mark.endurance)])
def test_a_database_that_goes_away_stops_no_trainer_and_loses_nothing(own_postgres, tmp_path, seconds):
    bench = Bench(tmp_path / "home", own_postgres.url("postgres"))
    migrate(bench.database.engine)
    try:
        job = outage(bench, own_postgres, seconds)
        assert (job["state"], job["attempt"]) == ("succeeded", 1), bench.report()
        found = events.since(bench.database, job["id"], 0)[0]
        assert found[-1]["kind"] == "succeeded"
        log = (bench.home / "jobs" / str(job["id"]) / "1.log").read_text()
        assert "the database is away" in log
        assert job["checkpoint_step"] == job["steps"]
    finally:
        bench.close()


def test_the_reaper_leaves_workers_time_to_beat_after_an_outage(bench):
    """A lease that ran out during an outage does not count before a beat could have come."""
    from backend.jobs.dispatcher import Dispatcher
    from backend.jobs.local_runner import LocalRunner
    from backend.jobs.settings import JobSettings
    from backend.jobs.slots import Slots

    settings = JobSettings(home=bench.home, lease_seconds=8.0)
    runner = LocalRunner("here", ("/bin/sh", "-c", "sleep 30"), {}, bench.home / "units", Slots(1, 0))
    dispatcher = Dispatcher(bench.database, runner, settings, grid.runs)
    job_id = bench.add()
    dispatcher.tick()
    (flight,) = reaper.survey(bench.database, 10).flights
    with bench.database.write() as connection:
        connection.exec_driver_sql("UPDATE jobs SET lease_until = 0")
        connection.exec_driver_sql("UPDATE job_attempts SET scope = 'elsewhere'")
    dispatcher._hold_back()
    dispatcher.tick()
    assert bench.job(job_id)["attempt"] == flight.ref.attempt
    time.sleep(2 * settings.beat_seconds + 0.1)
    dispatcher._patience.last_tick = time.time()
    dispatcher.tick()
    assert bench.job(job_id)["losses"] == 1
    bench.wait(lambda: runner.poll() or not runner.live(), PATIENCE, "the end of the process")
