"""Time limits of model runs, kept by one thread for all runs: a run itself costs no thread and no timer."""

import logging
import math
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import onnxruntime

from backend.models.time_limits import CLOCK_FACTOR, POLL_SECONDS, Stopwatch
from models_zoo.errors import Overdue

A = TypeVar("A")
T = TypeVar("T")
STUCK_SECONDS = 1.0
"""A run that goes on for so long after it was ended is stuck: ONNX Runtime ends a run only between two operators."""
LONG_SECONDS = 0.02
"""A longer run may have taken much memory: filling 100 MB takes about as long."""
log = logging.getLogger("axiscope")


class Requests(Protocol):
    """The requests that wait for a run."""

    def is_awaited(self) -> bool:
        """Return whether any client is still connected."""

    def fail(self, error: Exception) -> None:
        """Answer all of them with an error; any thread may call this."""


@dataclass(eq=False)
class Run:
    """One call of ONNX Runtime."""

    key: Hashable
    requests: Requests
    options: onnxruntime.RunOptions = field(default_factory=onnxruntime.RunOptions)
    stopwatch: Stopwatch = field(default_factory=Stopwatch)
    ended: Stopwatch | None = None
    stuck: bool = False

    @property
    def name(self) -> str:
        """Id of the model."""
        return str(self.key[0]) if isinstance(self.key, tuple) else str(self.key)


class RunMonitor:
    """Monitor that ends runs at their time limit or without clients, and detects runs that do not end.

    Parameters
    ----------
    seconds : float
        Limit of CPU time of one run; `CLOCK_FACTOR` times as much may elapse. A session has one thread, that of `run`.
    on_stuck : callable
        Called with the key of a run that goes on although it was ended, and the error for requests of its graph.
    on_freed : callable
        Called when such a run has returned after all.
    release_memory : callable
        Returns memory to the system; called after long runs.
    """

    def __init__(
        self,
        seconds: float,
        *,
        on_stuck: Callable[[Hashable, Overdue], None],
        on_freed: Callable[[], None],
        release_memory: Callable[[], None],
    ) -> None:
        self.seconds = seconds
        self._on_stuck, self._on_freed, self._release_memory = on_stuck, on_freed, release_memory
        self._lock = threading.Lock()
        self._runs: set[Run] = set()
        self._busy = threading.Event()
        self._memory_held = self._closed = False
        self._thread = threading.Thread(target=self._poll, daemon=True, name="axiscope-run-monitor")
        self._thread.start()

    def run(self, key: Hashable, requests: Requests, function: Callable[[A, onnxruntime.RunOptions], T], rows: A) -> T:
        """Return ``function(rows, options)``; setting ``options.terminate`` ends it.

        Raises
        ------
        Overdue
            If it was ended.
        """
        run = Run(key, requests)
        with self._lock:
            self._runs.add(run)
        if not self._busy.is_set():
            self._busy.set()
        try:
            return function(rows, run.options)
        except Exception:
            self._memory_held = True
            if run.ended is not None:
                raise self._overdue() from None
            raise
        finally:
            with self._lock:
                self._runs.discard(run)
            if run.stopwatch.seconds() > LONG_SECONDS:
                self._memory_held = True
                self._busy.set()
            if run.stuck:
                self._on_freed()

    def refuse_stuck(self, key: Hashable) -> None:
        """Raise `Overdue` if a run of the graph ``key`` is stuck."""
        for run in self._stuck():
            if run.key == key:
                raise self._stuck_error(run)

    def health(self) -> tuple[bool, str]:
        """Return whether no run is stuck, and a description."""
        stuck = self._stuck()
        if not stuck:
            return True, f"{len(self._runs)} running"
        runs = ", ".join(f"{run.name} for {run.stopwatch.seconds():.0f} s" for run in stuck)
        return False, f"stuck in {runs}: remove the model and restart the service"

    def close(self) -> None:
        """End all runs and the monitor's thread."""
        self._closed = True
        with self._lock:
            for run in self._runs:
                self._end(run)
        self._busy.set()
        self._thread.join()

    def _stuck(self) -> list[Run]:
        with self._lock:
            return sorted((run for run in self._runs if run.stuck), key=lambda run: -run.stopwatch.seconds())

    def _overdue(self) -> Overdue:
        return Overdue(
            "got an input whose run took longer and was ended; allowed for up to 64 images: "
            f"{self.seconds:g} s of CPU time (AXISCOPE_RUN_SECONDS) and {CLOCK_FACTOR * self.seconds:g} s of elapsed "
            "time; send another input, or fewer at a time",
            retry_seconds=math.ceil(self.seconds),
        )

    @staticmethod
    def _stuck_error(run: Run) -> Overdue:
        return Overdue(
            f"got {run.name}, of which a run has not ended for {run.stopwatch.seconds():.0f} s; allowed: one run until "
            "it returns; choose another model",
            retry_seconds=10,
        )

    @staticmethod
    def _end(run: Run) -> None:
        run.ended = run.ended or run.stopwatch.restarted()
        run.options.terminate = True

    def _poll(self) -> None:
        while not self._closed:
            self._busy.wait()
            time.sleep(min(POLL_SECONDS, self.seconds / 5))
            self._busy.clear()
            with self._lock:
                runs = list(self._runs)
            if runs:
                self._busy.set()
            try:
                for run in runs:
                    self._check(run)
                if self._memory_held:
                    self._memory_held = bool(runs)
                    self._release_memory()
            except Exception:
                log.exception("check of the model runs failed")

    def _check(self, run: Run) -> None:
        if run.ended is None:
            overdue = run.stopwatch.exceeds(self.seconds)
            if overdue or not run.requests.is_awaited():
                self._end(run)
            if overdue:
                run.requests.fail(self._overdue())
        if run.stuck or run.ended is None or not run.ended.exceeds(STUCK_SECONDS):
            return
        with self._lock:
            if run not in self._runs:
                return
            run.stuck = True
        log.warning("run of a model cannot be ended model=%s", run.name)
        self._on_stuck(run.key, self._stuck_error(run))
