"""Threads that run models, so that the event loop is never blocked, and batches of waiting requests.

A request that finds a free thread starts at once and alone. Requests that arrive while all threads are busy run
together in the next batch, so that no request waits for a batch to fill. Each run of a model has a time limit.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from backend.inference.run_monitor import RunMonitor
from models_zoo.errors import Overdue

P = ParamSpec("P")
T = TypeVar("T")
Rows = NDArray[np.float32]
Function = Callable[[Rows, onnxruntime.RunOptions], Rows]
MAX_ROWS = 64
MERGED_ROWS = 8
"""Rows of several requests in one run: more cost as much each, and leave the event loop idle until all are done."""
CLOSE_SECONDS = 2.0
log = logging.getLogger("axiscope")


class Threads:
    """Daemon threads that take work from one queue; a stuck one can be replaced.

    `ThreadPoolExecutor` can neither add nor abandon a thread, and a process could not end while one is stuck in a
    model.

    Parameters
    ----------
    count : int
        Functions that run at once.
    """

    def __init__(self, count: int) -> None:
        self._queue: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._surplus = 0
        self._alive: list[threading.Thread] = []
        for _ in range(count):
            self.add()

    def submit(self, work: Callable[[], None]) -> None:
        """Run ``work`` on the next free thread; it must not raise."""
        self._queue.put(work)

    def add(self) -> None:
        """Start one more thread, in place of a stuck one."""
        thread = threading.Thread(target=self._work, daemon=True, name="axiscope-model")
        with self._lock:
            self._alive = [each for each in self._alive if each.is_alive()] + [thread]
        thread.start()

    def retire(self) -> None:
        """End one thread as soon as it is free: a stuck one that was replaced has returned."""
        with self._lock:
            self._surplus += 1

    def close(self, seconds: float) -> bool:
        """End the threads after the work that they have begun, and return whether all have ended.

        Parameters
        ----------
        seconds : float
            Longest wait; a thread that goes on is abandoned and ends with the process.
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


@dataclass
class _Task:
    rows: Rows
    finish: Callable[[Rows], object]
    done: asyncio.Future[Any]


@dataclass
class _Queue:
    function: Function
    max_rows: int
    running: int = 0
    waiting: deque[_Task] = field(default_factory=deque)


def _set_results(tasks: Sequence[_Task], results: Sequence[object]) -> None:
    for task, result in zip(tasks, results, strict=True):
        if task.done.done():
            continue
        if isinstance(result, Exception):
            task.done.set_exception(result)
        else:
            task.done.set_result(result)


@dataclass
class _Batch:
    """Tasks that go together through one or more runs of a model."""

    tasks: list[_Task]

    def is_awaited(self) -> bool:
        return not all(task.done.cancelled() for task in self.tasks)

    def fail(self, error: Exception) -> None:
        self.deliver([error] * len(self.tasks))

    def deliver(self, results: Sequence[object]) -> None:
        with contextlib.suppress(RuntimeError):  # the event loop is closed
            self.tasks[0].done.get_loop().call_soon_threadsafe(_set_results, self.tasks, results)

    def rows(self) -> Rows:
        return self.tasks[0].rows if len(self.tasks) == 1 else np.concatenate([task.rows for task in self.tasks])

    def finish(self, made: Rows) -> None:
        results: list[object] = []
        start = 0
        for task in self.tasks:
            part = made[start : start + len(task.rows)]
            start += len(task.rows)
            try:
                results.append(task.finish(part))
            except Exception as error:  # noqa: BLE001 - belongs to the one request whose finish failed
                results.append(error)
        self.deliver(results)


class Runner:
    """Threads for models and pictures.

    A thread that has finished a batch takes the next one itself, because the event loop, busy with 64 clients, would
    leave it idle for as long as the batch took.

    Parameters
    ----------
    threads : int
        Models that run at once.
    seconds : float
        Limit of CPU time of one run of at most `MAX_ROWS` rows.
    release_memory : callable
        Returns the memory of long runs to the system.
    """

    def __init__(self, threads: int, seconds: float = 1.0, release_memory: Callable[[], None] = lambda: None) -> None:
        self._count = threads
        self._threads = Threads(threads)
        self._lock = threading.Lock()
        self._queues: dict[Hashable, _Queue] = {}
        self._closed = False
        self._monitor = RunMonitor(
            seconds, on_stuck=self._replace, on_freed=self._threads.retire, release_memory=release_memory
        )
        self.health = self._monitor.health
        self.has_stuck_thread = False
        self.batches = 0
        self.rows = 0

    async def call(self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Run ``function``, which runs no model, on one of the threads."""
        task = _Task(
            np.empty(0, np.float32),
            lambda _: function(*arguments, **named),
            asyncio.get_running_loop().create_future(),
        )
        batch = _Batch([task])

        def work() -> None:
            if batch.is_awaited() and not self._closed:
                batch.finish(task.rows)

        self._threads.submit(work)
        result: T = await task.done
        return result

    async def map(
        self, key: Hashable, function: Function, rows: Rows, finish: Callable[[Rows], T], *, max_rows: int = MAX_ROWS
    ) -> T:
        """Return ``finish(function(rows, options))``; waiting calls of the same ``key`` share calls of ``function``.

        Parameters
        ----------
        key : hashable
            The graph: model id, version, encoder or decoder.
        function : callable
            Maps an array (n, ...) to an array (n, ...), row by row.
        rows : float32 array of shape (n, ...)
        finish : callable
            Last step for one caller, on the same thread.
        max_rows : int
            Rows of one run; more rows take several runs, each with its own time limit.

        Raises
        ------
        Overdue
            If a run exceeds its time limit, or a run of the same graph is stuck.
        """
        self._monitor.refuse_stuck(key)
        task = _Task(rows, finish, asyncio.get_running_loop().create_future())
        with self._lock:
            queue = self._queues.setdefault(key, _Queue(function, max_rows))
            free = queue.running < self._count
            queue.running += free
            if free:
                self._count_batch([task])
            else:
                queue.waiting.append(task)
        if free:
            self._threads.submit(lambda: self._work(key, queue, [task]))
        result: T = await task.done
        return result

    def _work(self, key: Hashable, queue: _Queue, tasks: list[_Task] | None = None) -> None:
        """Run ``tasks`` or one batch of what waits, then queue up again behind other graphs while more waits."""
        if tasks is None:
            with self._lock:
                tasks = self._take(queue)
        batch = _Batch(tasks)
        if batch.is_awaited():
            try:
                made = self._run(key, queue, batch)
            except Exception as error:  # noqa: BLE001 - belongs to the requests of this batch
                batch.fail(error)
            else:
                batch.finish(made)
        with self._lock:
            more = bool(queue.waiting) and not self._closed
            queue.running -= not more
            if not queue.running:
                del self._queues[key]
        if more:
            self._threads.submit(lambda: self._work(key, queue))

    def _run(self, key: Hashable, queue: _Queue, batch: _Batch) -> Rows:
        rows = batch.rows()
        parts = [
            self._monitor.run(key, batch, queue.function, rows[start : start + queue.max_rows])
            for start in range(0, len(rows), queue.max_rows)
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _take(self, queue: _Queue) -> list[_Task]:
        tasks: list[_Task] = []
        count, limit = 0, min(MERGED_ROWS, queue.max_rows)
        while queue.waiting and (not tasks or count + len(queue.waiting[0].rows) <= limit):
            task = queue.waiting.popleft()
            if task.done.cancelled():
                continue
            tasks.append(task)
            count += len(task.rows)
        self._count_batch(tasks)
        return tasks

    def _count_batch(self, tasks: list[_Task]) -> None:
        self.batches += bool(tasks)
        self.rows += sum(len(task.rows) for task in tasks)

    def _replace(self, key: Hashable, error: Overdue) -> None:
        """Replace a stuck thread, and fail the requests that wait for the same graph."""
        self._threads.add()
        with self._lock:
            queue = self._queues.get(key)
            waiting = list(queue.waiting) if queue else []
            if queue:
                queue.waiting.clear()
        for task in waiting:
            _Batch([task]).fail(error)

    def close(self) -> None:
        """End the runs and the threads; a thread that is stuck in a model is abandoned."""
        self._closed = True
        self._monitor.close()
        self.has_stuck_thread = not self._threads.close(CLOSE_SECONDS)
        if self.has_stuck_thread:
            log.warning("a run of a model cannot be ended: the process ends without it")
