"""Measurement of step times on this machine, in a process of its own, before a similar run has finished here."""

import json
import logging
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from backend.db.engine import Database
from backend.jobs.queue import dispatchers, step_times
from models_zoo.json_types import JsonObject
from training.runs.run_config import run_settings

ROOT = Path(__file__).parents[3]
BUDGET_SECONDS = 2.0
CPU_SECONDS = 60
WALL_SECONDS = 10.0 * CPU_SECONDS  # the process yields to all others: on a busy machine it gets a tenth of a core
MAX_BATCH = 256
log = logging.getLogger("axiscope.jobs")


def to_measure(spec: JsonObject) -> JsonObject:
    """Return the run to measure and its `gpus`: the time of a step grows in proportion to a large batch."""
    return {
        **run_settings(spec),
        "batch_size": min(spec["batch_size"], MAX_BATCH),
        "gpus": spec.get("gpus") or 0,
    }


class StepTimer:
    """Measurements on request, one at a time, the latest request first; results go to the database.

    Parameters
    ----------
    database : Database
    home : Path
        AXISCOPE_HOME of the measuring process.
    """

    def __init__(self, database: Database, home: Path) -> None:
        self._database, self._home = database, home
        self._lock = threading.Lock()
        self._pending: JsonObject | None = None
        self._current: JsonObject | None = None
        self._failed: list[JsonObject] = []
        self._process: subprocess.Popen[str] | None = None
        self._closed = False

    def request(self, spec: JsonObject) -> bool:
        """Measure a step of ``spec``, if such jobs run on this machine and it was not measured before.

        Returns
        -------
        bool
            Whether a measurement of it is pending or in progress.
        """
        run = to_measure(spec)
        known = step_times.estimate_step_time(self._database, run)
        if (known.basis == "measured" and known.host == socket.gethostname()) or not self._runs_here(run):
            return False
        with self._lock:
            if self._closed or step_times.cost_key(run) in self._failed:
                return False
            if self._current is None:
                self._current = run
                threading.Thread(target=self._work, name="step-timer", daemon=True).start()
            elif step_times.cost_key(self._current) != step_times.cost_key(run):
                self._pending = run
                self._kill()
        return True

    def measure(self, spec: JsonObject) -> bool:
        """Measure a step of ``spec``, wait for it, and return whether it succeeded."""
        return self._measure(to_measure(spec))

    def close(self) -> None:
        """End the measurement in progress and refuse further ones."""
        with self._lock:
            self._closed, self._pending = True, None
            self._kill()

    def _runs_here(self, run: JsonObject) -> bool:
        here = f"{socket.gethostname()}:"
        rows = dispatchers.list_dispatchers(self._database)
        local = [row for row in rows if row["scope"].startswith("local:") and row["holder"].startswith(here)]
        return any(row["capacity"].get("gpus") or not step_times.is_on_gpu(run) for row in local)

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    def _work(self) -> None:
        while (run := self._current) is not None:
            measured = False
            try:
                measured = self._measure(run)
            except (OSError, DBAPIError) as error:
                log.warning("step time not measured error=%s", error)
            with self._lock:
                if not measured and self._pending is None:
                    self._failed.append(step_times.cost_key(run))
                self._current, self._pending = self._pending, None

    def _measure(self, run: JsonObject) -> bool:
        path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        visible = {} if step_times.is_on_gpu(run) else {"CUDA_VISIBLE_DEVICES": ""}  # as in a job without a GPU
        limits = ["--budget-seconds", str(BUDGET_SECONDS), "--cpu-seconds", str(CPU_SECONDS)]
        with self._lock:
            if self._closed:
                return False
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "training", "pace", *limits],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONPATH": path, "AXISCOPE_HOME": str(self._home), **visible},
            )
        try:
            output, errors = self._process.communicate(json.dumps(run_settings(run)), WALL_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            output, errors = self._process.communicate()
        if self._process.returncode != 0:
            log.info("step time not measured run=%s error=%s", step_times.cost_key(run), errors.strip()[-300:])
            return False
        found = json.loads(output)
        if step_times.is_on_gpu(run) and found["device"] != "cuda":
            log.info("step time not recorded: the run asks for a GPU, but torch found none to measure it on")
            return False
        step_times.record(self._database, run, found["seconds_per_step"])
        return True
