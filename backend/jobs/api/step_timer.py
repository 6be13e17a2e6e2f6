"""Timing a step before anything like it has run here: in a process of its own, one at a time, the newest wish first."""

import json
import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError

from backend.jobs.database import Database
from backend.jobs.queue import dispatchers, step_times
from training.runs.run_config import run_settings

ROOT = Path(__file__).parents[3]
BUDGET_SECONDS = 2.0
CPU_SECONDS = 60
WALL_SECONDS = 10.0 * CPU_SECONDS  # the process yields to all others: on a busy machine it gets a tenth of a core
LARGEST_BATCH = 256
log = logging.getLogger("axiscope.jobs")


def to_measure(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of the run to time: a large batch takes its time in proportion, so a smaller one tells as much."""
    run = run_settings(spec)
    return {**run, "batch_size": min(run["batch_size"], LARGEST_BATCH)}


class Pacer:
    """Measures on demand and keeps what it found in the database.

    Parameters
    ----------
    database : Database
    home : Path
        AXISCOPE_HOME of the measuring process.
    """

    def __init__(self, database: Database, home: Path) -> None:
        self._database, self._home = database, home
        self._lock = threading.Lock()
        self._wanted: dict[str, Any] | None = None
        self._at: dict[str, Any] | None = None
        self._failed: list[dict[str, Any]] = []
        self._process: subprocess.Popen[str] | None = None
        self._closed = False

    def ask(self, spec: Mapping[str, Any]) -> bool:
        """Have a step of ``spec`` timed, if jobs run on this machine and it was not timed before.

        Returns
        -------
        bool
            Whether a measurement of it is on its way.
        """
        run = to_measure(spec)
        known = step_times.step_pace(self._database, run)
        if (known.basis == "measured" and known.host == socket.gethostname()) or not self._runs_here():
            return False
        with self._lock:
            if self._closed or step_times.about(run) in self._failed:
                return False
            if self._at is None:
                self._at = run
                threading.Thread(target=self._work, name="pacer", daemon=True).start()
            elif step_times.about(self._at) != step_times.about(run):
                self._wanted = run
                self._kill()
        return True

    def close(self) -> None:
        """End what is being measured."""
        with self._lock:
            self._closed, self._wanted = True, None
            self._kill()

    def _runs_here(self) -> bool:
        here = f"{socket.gethostname()}:"
        rows = dispatchers.present(self._database)
        return any(
            row["alive"] and row["scope"].startswith("local:") and row["holder"].startswith(here) for row in rows
        )

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    def _work(self) -> None:
        while (run := self._at) is not None:
            found = False
            try:
                found = self._measure(run)
            except (OSError, DBAPIError) as error:
                log.warning("a step cannot be timed now: %s", error)
            with self._lock:
                if not found and self._wanted is None:
                    self._failed.append(step_times.about(run))
                self._at, self._wanted = self._wanted, None

    def _measure(self, run: dict[str, Any]) -> bool:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
        command = [sys.executable, "-m", "training", "pace", "--budget-seconds", str(BUDGET_SECONDS)]
        command += ["--cpu-seconds", str(CPU_SECONDS)]
        with self._lock:
            if self._closed:
                return False
            self._process = subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env={**environment, "AXISCOPE_HOME": str(self._home)},
            )
        try:
            told, said = self._process.communicate(json.dumps(run), WALL_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            told, said = self._process.communicate()
        if self._process.returncode != 0:
            log.info("a step of %s was not timed: %s", step_times.about(run), said.strip()[-300:])
            return False
        step_times.record(self._database, run, json.loads(told)["seconds_per_step"])
        return True
