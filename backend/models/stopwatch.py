"""Time that a thread spends on its work, readable from any thread."""

import threading
import time

CLOCK_FACTOR = 10
"""Work that uses no CPU (it waits, or the machine is very busy) may take so many times as long by the clock."""
clock_of_thread = getattr(time, "pthread_getcpuclockid", lambda _thread: time.CLOCK_MONOTONIC)
"""CPU clock of a thread; where the system has none (macOS), only time by the clock counts."""


class Stopwatch:
    """CPU time of a thread and time by the clock, from now on.

    A limit on CPU time is met alike on an idle and on a busy machine: other processes do not make a sound model late.

    Parameters
    ----------
    clock : int, optional
        CPU clock of the thread; by default that of the thread that makes the object.
    """

    def __init__(self, clock: int | None = None) -> None:
        self._clock: int = clock_of_thread(threading.get_ident()) if clock is None else clock
        self._cpu = self._read()
        self._began = time.monotonic()

    def again(self) -> "Stopwatch":
        """Stopwatch of the same thread that begins now; from any thread."""
        return Stopwatch(self._clock)

    def seconds(self) -> float:
        """Seconds by the clock."""
        return time.monotonic() - self._began

    def passed(self, seconds: float) -> bool:
        """Whether the thread has used more CPU time than ``seconds``, or `CLOCK_FACTOR` times as many went by."""
        return self._read() - self._cpu > seconds or self.seconds() > CLOCK_FACTOR * seconds

    def _read(self) -> float:
        try:
            return time.clock_gettime(self._clock)
        except OSError:  # the thread has ended, and its work with it
            return 0.0
