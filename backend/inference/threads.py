"""A few daemon threads that take work from one queue, and of which a stuck one can be replaced.

`ThreadPoolExecutor` is not used: it can neither grow nor leave a thread behind, and the process could not end while
one is stuck in a model.
"""

import queue
import threading
import time
from collections.abc import Callable

Work = Callable[[], None]


class Threads:
    """Threads that run functions in the order in which they come.

    Parameters
    ----------
    count : int
        Functions that run at once.
    """

    def __init__(self, count: int) -> None:
        self._queue: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._surplus = 0
        self._alive: list[threading.Thread] = []
        for _ in range(count):
            self.add()

    def submit(self, work: Work) -> None:
        """Have ``work`` run on the next free thread; it must not raise."""
        self._queue.put(work)

    def add(self) -> None:
        """Start one more thread, in place of one that is stuck."""
        thread = threading.Thread(target=self._work, daemon=True, name="axiscope-model")
        with self._lock:
            self._alive = [each for each in self._alive if each.is_alive()] + [thread]
        thread.start()

    def retire(self) -> None:
        """End one thread as soon as it is free: a stuck one that was replaced has come back."""
        with self._lock:
            self._surplus += 1

    def close(self, seconds: float) -> bool:
        """End the threads after the work that they have begun.

        Parameters
        ----------
        seconds : float
            Longest wait; a thread that runs on is left behind and ends with the process.

        Returns
        -------
        bool
            Whether all threads have ended.
        """
        until = time.monotonic() + seconds
        for _ in self._alive:
            self._queue.put(None)
        for thread in self._alive:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._alive)

    def _work(self) -> None:
        while (work := self._queue.get()) is not None:
            work()
            if self._surplus:
                with self._lock:
                    leave, self._surplus = self._surplus > 0, max(0, self._surplus - 1)
                if leave:
                    return
