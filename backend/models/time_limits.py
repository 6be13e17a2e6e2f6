"""Limits on the CPU time of model runs."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import onnxruntime

from models_zoo.errors import InvalidInput

CLOCK_FACTOR = 10
"""Elapsed time may be this many times the limit of CPU time: a run that sleeps uses no CPU time."""
TRIAL_SECONDS = 5.0
"""CPU time of one run of an external graph."""
POLL_SECONDS = 0.05
clock_of_thread = getattr(time, "pthread_getcpuclockid", lambda _thread: time.CLOCK_MONOTONIC)
"""CPU clock of a thread; where the system has none (macOS), elapsed time."""


class Stopwatch:
    """CPU time of a thread and elapsed time, since the object was made.

    A limit on CPU time does not depend on how busy the machine is.

    Parameters
    ----------
    clock : int, optional
        CPU clock of the thread; by default that of the thread that makes the object.
    """

    def __init__(self, clock: int | None = None) -> None:
        self._clock: int = clock_of_thread(threading.get_ident()) if clock is None else clock
        self._cpu = self._read()
        self._began = time.monotonic()

    def restarted(self) -> "Stopwatch":
        """Return a stopwatch of the same thread that starts now; any thread may call this."""
        return Stopwatch(self._clock)

    def seconds(self) -> float:
        """Return the elapsed seconds."""
        return time.monotonic() - self._began

    def exceeds(self, seconds: float) -> bool:
        """Return whether the thread used more CPU time than ``seconds``, or `CLOCK_FACTOR` times as much elapsed."""
        return self._read() - self._cpu > seconds or self.seconds() > CLOCK_FACTOR * seconds

    def _read(self) -> float:
        try:
            return time.clock_gettime(self._clock)
        except OSError:  # the thread has ended, and its run with it
            return 0.0


@contextmanager
def limited_run(what: str) -> Iterator[onnxruntime.RunOptions]:
    """Yield options for runs on this thread; ONNX Runtime ends them after `TRIAL_SECONDS`.

    Parameters
    ----------
    what : {"encoder", "decoder"}
        Named in the error.

    Raises
    ------
    InvalidInput
        If a run was ended.
    """
    options = onnxruntime.RunOptions()
    stopwatch, done = Stopwatch(), threading.Event()

    def poll() -> None:
        while not (done.wait(POLL_SECONDS) or options.terminate):
            options.terminate = stopwatch.exceeds(TRIAL_SECONDS)

    threading.Thread(target=poll, daemon=True, name="axiscope-trial").start()
    try:
        yield options
    except Exception:
        if options.terminate:
            raise InvalidInput(
                f"got a run of the {what} that did not end within {TRIAL_SECONDS:g} s of CPU time or "
                f"{CLOCK_FACTOR * TRIAL_SECONDS:g} s of elapsed time; allowed: graphs that end sooner; look for an "
                "endless loop, or export a smaller model"
            ) from None
        raise
    finally:
        done.set()
