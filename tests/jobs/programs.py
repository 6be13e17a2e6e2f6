"""Real dispatchers, servers and databases for the failure tests, each a process that a test may kill."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from backend.db.engine import Database, DatabaseUnavailable
from backend.jobs import processes
from backend.jobs.queue import events, queries, submit
from tests.jobs.held import RELEASED
from tests.jobs.rows import add

ROOT = Path(__file__).parents[2]
# An upper bound for machines that do ten things at once; nothing waits longer than it has to.
PATIENCE = 300.0
IMAGES = "squares.npz"
# Few images and steps: a test that needs a trainer in the middle of its run holds it there.
RUN = {
    "dataset": "own",
    "dataset_settings": {"path": IMAGES},
    "objective": "beta_vae",
    "objective_settings": {"beta": 4.0},
    "architecture": "conv64",
    "latents": 4,
    "batch_size": 2,
    "steps": 40,
    "log_every": 10,
    "checkpoint_every": 10,
    "seed": 1,
    "film_frames": 2,
    "evaluate": False,
}
# A run that lasts seconds, for kills of trainers that are not held.
SECONDS = {"steps": 300}
# A run that lasts longer than an outage of half a minute.
LONG = {"steps": 6000, "checkpoint_every": 50, "log_every": 50}


def environment(home: Path, url: str = "", **more):
    """Variables of a process that works in ``home``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AXISCOPE_")}
    own = {"HOME": home, "DATABASE_URL": url, "LEASE_SECONDS": 60, **more}
    prefixed = {f"AXISCOPE_{key.upper()}": str(value) for key, value in own.items() if value != ""}
    return {**kept, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), **prefixed}


def write_images(home: Path) -> Path:
    """Write the data set of `RUN` into the data folder of ``home``, a square at 64 places, and return its path."""
    images = np.zeros((64, 64, 64), np.uint8)
    for row, column in np.ndindex(8, 8):
        images[8 * row + column, 7 * row : 7 * row + 8, 7 * column : 7 * column + 8] = 255
    folder = home / "data"
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / IMAGES, images=images)
    return folder / IMAGES


class Program:
    """Process that a test started."""

    def __init__(self, *arguments: str, env: dict[str, str], log: Path) -> None:
        with log.open("ab") as stream:
            self.process = subprocess.Popen(
                [sys.executable, *arguments], env=env, stdout=stream, stderr=stream, cwd=ROOT, start_new_session=True
            )
        self.log = log

    def kill(self) -> None:
        """Send SIGKILL and wait for the end."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)

    def stop(self) -> int:
        """Send SIGTERM, wait and return the exit code."""
        self.process.terminate()
        return self.process.wait(30)


class Bench:
    """Home with a queue and the processes that a test starts in it; all of them end with the test."""

    def __init__(self, home: Path, url: str = "") -> None:
        self.home = home
        write_images(home)
        self.url = url
        self.database = Database(url or f"sqlite:///{home / 'axiscope.db'}")
        self.programs: list[Program] = []

    def dispatcher(self, name: str = "here", *, held: bool = False, **settings) -> Program:
        """Start `axiscope worker`; its trainers wait at step `held.STEP` for `release` if they are ``held``."""
        settings = {"cpu_slots": 2, **settings}
        env = environment(self.home, self.url, worker_name=name, **settings)
        command = ("tests.jobs.held", "worker") if held else ("backend.commands.worker",)
        program = Program("-m", *command, env=env, log=self.home / f"dispatcher-{name}.log")
        self.programs.append(program)
        return program

    def release(self) -> None:
        """Let held trainers go on, those to come too."""
        (self.home / RELEASED).touch()

    def add(self, **changes) -> int:
        """Queue one short training run."""
        return add(self.database, [submit.training_job({**RUN, **changes}, "test")])[0]

    def job(self, job_id: int):
        """Return the job with its attempts."""
        return queries.show(self.database, job_id)

    def wait(self, condition, seconds: float = PATIENCE, what: str = "condition"):
        """Wait until ``condition()`` is true and return its value."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if value := condition():
                return value
            time.sleep(0.1)
        raise AssertionError(f"{what} was not reached in {seconds} s; {self.report()}")

    def wait_state(self, job_id: int, *states: str, seconds: float = PATIENCE):
        """Wait until the job is in one of ``states`` and return it; the wait begins anew with each step of the job."""
        step = -1

        def advanced():
            job = self.job(job_id)
            return job if job["state"] in states or job["step"] > step else None

        while (job := self.wait(advanced, seconds, f"job {job_id} in {states}"))["state"] not in states:
            step = job["step"]
        return job

    def wait_step(self, job_id: int, step: int, seconds: float = PATIENCE):
        """Wait until the job has a checkpoint at or after ``step``."""
        return self.wait(
            lambda: (self.job(job_id)["checkpoint_step"] or 0) >= step, seconds, f"checkpoint {step} of job {job_id}"
        )

    def trainer(self, job_id: int, seconds: float = PATIENCE):
        """Return the identity of the process that runs the job."""

        def announced():
            last = self.job(job_id)["attempts"][-1:]
            return last[0]["pid"] and last[0] if last else None

        row = self.wait(announced, seconds, f"process of job {job_id}")
        return processes.ProcessIdentity(row["pid"], row["pid_started"], row["boot"])

    def signal_trainer(self, job_id: int, number: int) -> None:
        """Send a signal to exactly the process that runs the job."""
        who = self.trainer(job_id)
        if processes.is_running(who):
            os.kill(who.pid, number)

    def pause(self, pid: int) -> None:
        """Stop a process outside of transactions, where it keeps SQLite unlocked as a machine that sleeps does."""
        while True:
            os.kill(pid, signal.SIGSTOP)
            try:
                with self.database.write():
                    return
            except DatabaseUnavailable:
                os.kill(pid, signal.SIGCONT)

    def successes(self, job_id: int) -> int:
        """Return how often the job has succeeded: never more than once."""
        return [event["kind"] for event in events.events_after(self.database, job_id, 0)[0]].count("succeeded")

    def report(self) -> str:
        """Return the jobs and logs as text, for a failing test."""
        rows = [
            (row["id"], row["state"], row["attempt"], row["step"], row["error"])
            for row in queries.listing(self.database)[0]
        ]
        logs = "\n".join(path.read_text()[-3000:] for path in self.home.glob("*.log"))
        logs += "\n".join(path.read_text()[-2000:] for path in self.home.glob("jobs/*/*.log"))
        return f"jobs {rows}\n{logs}"

    def close(self) -> None:
        """End every process that a test left: dispatchers first, then their children."""
        for program in self.programs:
            program.kill()
        for row in queries.listing(self.database, limit=500)[0]:
            for attempt in self.job(row["id"])["attempts"]:
                if attempt["pid"] is not None:
                    who = processes.ProcessIdentity(attempt["pid"], attempt["pid_started"], attempt["boot"])
                    if processes.is_running(who):
                        os.kill(who.pid, signal.SIGKILL)
        self.database.close()


def weights(home: Path, job: dict, jobs: str = "jobs") -> bytes:
    """Every tensor of the job's final checkpoint, bit for bit."""
    return weights_in(home / jobs / str(job["id"]) / "checkpoints" / job["checkpoint"])


def weights_in(folder: Path) -> bytes:
    """Every tensor of the checkpoint in ``folder``, bit for bit."""
    return weights_of(next(folder.glob("step-*.safetensors")))


def weights_of(path: Path) -> bytes:
    """Every tensor of a checkpoint, bit for bit; the bookkeeping of its header left aside."""
    import safetensors.numpy

    tensors = safetensors.numpy.load_file(path)
    return b"".join(name.encode() + tensors[name].tobytes() for name in sorted(tensors))
