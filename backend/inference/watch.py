"""Deadlines of model runs, kept by one thread that looks at all of them: a run itself costs no thread and no timer."""

import logging
import math
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import onnxruntime

from backend.models.stopwatch import CLOCK_FACTOR, Stopwatch
from models_zoo.errors import Overdue

T = TypeVar("T")
POLL_SECONDS = 0.05
STUCK_SECONDS = 1.0
"""A run that computes for so long after it was ended is stuck: ONNX Runtime looks only between two operators."""
LONG_SECONDS = 0.02
"""A run beyond this may have taken much memory: filling 100 MB takes about as long."""
log = logging.getLogger("axiscope")


class Waiting(Protocol):
    """The requests that wait for a run."""

    def wanted(self) -> bool:
        """Whether any client still waits."""

    def fail(self, error: Exception) -> None:
        """Answer all of them with an error, from any thread."""


@dataclass(eq=False)
class Run:
    """One call of ONNX Runtime."""

    key: Hashable
    waiting: Waiting
    options: onnxruntime.RunOptions = field(default_factory=onnxruntime.RunOptions)
    spent: Stopwatch = field(default_factory=Stopwatch)
    ended: Stopwatch | None = None
    stuck: bool = False


class Watch:
    """Ends runs at their deadline or when no client waits for them, and finds those that do not end.

    Parameters
    ----------
    seconds : float
        CPU time of one run at most; by the clock `CLOCK_FACTOR` times as much. A session has one thread, that of `run`.
    on_stuck : callable
        Called with the key of a run that goes on although it was ended, and the error for those that wait for it.
    on_freed : callable
        Called when such a run has come back after all.
    give_back : callable
        Returns memory to the system; called some time after long runs.
    """

    def __init__(
        self,
        seconds: float,
        *,
        on_stuck: Callable[[Hashable, Overdue], None],
        on_freed: Callable[[], None],
        give_back: Callable[[], None],
    ) -> None:
        self.seconds = seconds
        self._on_stuck, self._on_freed, self._give_back = on_stuck, on_freed, give_back
        self._lock = threading.Lock()
        self._runs: set[Run] = set()
        self._busy = threading.Event()
        self._untidy = self._closed = False
        self._thread = threading.Thread(target=self._look, daemon=True, name="axiscope-watch")
        self._thread.start()

    def run(self, key: Hashable, waiting: Waiting, function: Callable[..., T], *arguments: Any) -> T:
        """Return ``function(*arguments, options)``; setting ``options.terminate`` ends it.

        Raises
        ------
        Overdue
            If it was ended.
        """
        run = Run(key, waiting)
        with self._lock:
            self._runs.add(run)
        if not self._busy.is_set():
            self._busy.set()
        try:
            return function(*arguments, run.options)
        except Exception:
            self._untidy = True
            if run.ended is not None:
                raise self._overdue() from None
            raise
        finally:
            with self._lock:
                self._runs.discard(run)
            if run.spent.seconds() > LONG_SECONDS:
                self._untidy = True
                self._busy.set()
            if run.stuck:
                self._on_freed()

    def refuse_stuck(self, key: Hashable) -> None:
        """Refuse a further run of a graph of which one is stuck.

        Raises
        ------
        Overdue
        """
        for run in self._stuck():
            if run.key == key:
                raise self._stuck_error(run)

    def health(self) -> tuple[bool, str]:
        """Whether no run is stuck, and what is."""
        stuck = self._stuck()
        if not stuck:
            return True, f"{len(self._runs)} running"
        named = ", ".join(f"{_name(run.key)} for {run.spent.seconds():.0f} s" for run in stuck)
        return False, f"stuck in {named}: remove the model and restart the service"

    def close(self) -> None:
        """End all runs and stop looking."""
        self._closed = True
        with self._lock:
            for run in self._runs:
                self._end(run)
        self._busy.set()
        self._thread.join()

    def _stuck(self) -> list[Run]:
        with self._lock:
            return sorted((run for run in self._runs if run.stuck), key=lambda run: -run.spent.seconds())

    def _overdue(self) -> Overdue:
        return Overdue(
            f"the model did not answer within {self.seconds:g} s of CPU time for up to 64 images "
            f"(AXISCOPE_RUN_SECONDS), or {CLOCK_FACTOR * self.seconds:g} s by the clock, and was ended: send another "
            "input, or fewer at a time",
            retry_seconds=math.ceil(self.seconds),
        )

    @staticmethod
    def _stuck_error(run: Run) -> Overdue:
        return Overdue(
            f"a run of {_name(run.key)} cannot be ended for {run.spent.seconds():.0f} s: the model is not "
            "run again before it has come back; choose another model",
            retry_seconds=10,
        )

    def _end(self, run: Run) -> None:
        run.ended = run.ended or run.spent.again()
        run.options.terminate = True

    def _look(self) -> None:
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
                    self._judge(run)
                if self._untidy:
                    self._untidy = bool(runs)
                    self._give_back()
            except Exception:
                log.exception("the watch over the model runs failed once")

    def _judge(self, run: Run) -> None:
        if run.ended is None:
            late = run.spent.passed(self.seconds)
            if late or not run.waiting.wanted():
                self._end(run)
            if late:
                run.waiting.fail(self._overdue())
        if run.stuck or run.ended is None or not run.ended.passed(STUCK_SECONDS):
            return
        with self._lock:
            if run not in self._runs:
                return
            run.stuck = True
        log.warning("a run of %s cannot be ended", _name(run.key))
        self._on_stuck(run.key, self._stuck_error(run))


def _name(key: Hashable) -> str:
    return str(key[0]) if isinstance(key, tuple) else str(key)
