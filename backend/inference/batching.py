"""Runs models on threads so that the event loop is never blocked, and folds waiting requests into batches.

A request that finds a free thread starts at once and alone; requests that arrive while all threads are
busy go together in the next batch. So nobody ever waits for a batch to fill. Each run of a model has a deadline.
"""

import asyncio
import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from backend.inference.threads import Threads
from backend.inference.watch import Watch
from models_zoo.errors import Overdue

T = TypeVar("T")
Rows = NDArray[np.float32]
Function = Callable[[Rows, onnxruntime.RunOptions], Rows]
MOST_ROWS = 64
CLOSE_SECONDS = 2.0
log = logging.getLogger("axiscope")


@dataclass
class _Task:
    rows: Rows
    finish: Callable[[Rows], Any]
    done: asyncio.Future[Any]


@dataclass
class _Queue:
    function: Function
    most: int
    running: int = 0
    waiting: deque[_Task] = field(default_factory=deque)


def _set_results(tasks: list[_Task], results: list[Any]) -> None:
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

    def wanted(self) -> bool:
        return not all(task.done.cancelled() for task in self.tasks)

    def fail(self, error: Exception) -> None:
        self.deliver([error] * len(self.tasks))

    def deliver(self, results: list[Any]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self.tasks[0].done.get_loop().call_soon_threadsafe(_set_results, self.tasks, results)

    def rows(self) -> Rows:
        return self.tasks[0].rows if len(self.tasks) == 1 else np.concatenate([task.rows for task in self.tasks])

    def finish(self, made: Rows) -> None:
        results: list[Any] = []
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
    """A few threads for models and pictures.

    A thread that has finished a batch takes the next one itself: the event loop, busy with 64 clients, would
    leave it idle for as long as the batch took.

    Parameters
    ----------
    threads : int
        Models that run at once.
    seconds : float
        Longest time of one run of at most `MOST_ROWS` rows.
    give_back : callable
        Returns the memory of long runs to the system.
    """

    def __init__(self, threads: int, seconds: float = 1.0, give_back: Callable[[], None] = lambda: None) -> None:
        self._count = threads
        self._threads = Threads(threads)
        self._lock = threading.Lock()
        self._queues: dict[Hashable, _Queue] = {}
        self._closed = False
        self._watch = Watch(seconds, on_stuck=self._replace, on_freed=self._threads.retire, give_back=give_back)
        self.health = self._watch.health
        self.left_behind = False
        self.batches = 0
        self.rows = 0

    async def call(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run ``function(*arguments)``, which runs no model, on one of the threads."""
        loop = asyncio.get_running_loop()
        task = _Task(np.empty(0, np.float32), lambda _: function(*arguments), loop.create_future())
        batch = _Batch([task])

        def work() -> None:
            if batch.wanted() and not self._closed:
                batch.finish(task.rows)

        self._threads.submit(work)
        return await task.done  # type: ignore[no-any-return]

    async def map(
        self, key: Hashable, function: Function, rows: Rows, finish: Callable[[Rows], T], *, most: int = MOST_ROWS
    ) -> T:
        """Return ``finish(function(rows, options))``; waiting calls of the same ``key`` share calls of ``function``.

        Parameters
        ----------
        key : hashable
            The graph: model id, version, which of the two.
        function : callable
            Array (n, ...) for array (n, ...), row by row.
        rows : float32 array of shape (n, ...)
        finish : callable
            Last step for one caller, on the same thread.
        most : int
            Rows of one run; more are done in several, each with its own deadline.

        Raises
        ------
        Overdue
            If a run takes longer than it may, or one of the same graph is stuck.
        """
        self._watch.refuse_stuck(key)
        loop = asyncio.get_running_loop()
        task = _Task(rows, finish, loop.create_future())
        with self._lock:
            queue = self._queues.setdefault(key, _Queue(function, most))
            free = queue.running < self._count
            queue.running += free
            if free:
                self._count_batch([task])
            else:
                queue.waiting.append(task)
        if free:
            self._threads.submit(lambda: self._work(key, queue, [task]))
        return await task.done  # type: ignore[no-any-return]

    def _work(self, key: Hashable, queue: _Queue, tasks: list[_Task] | None = None) -> None:
        """Run ``tasks`` or one batch of what waits, then queue up again behind other graphs while more waits."""
        if tasks is None:
            with self._lock:
                tasks = self._take(queue)
        batch = _Batch(tasks)
        if batch.wanted():
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
            self._watch.run(key, batch, queue.function, rows[start : start + queue.most])
            for start in range(0, len(rows), queue.most)
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _take(self, queue: _Queue) -> list[_Task]:
        tasks: list[_Task] = []
        count = 0
        while queue.waiting and (not tasks or count + len(queue.waiting[0].rows) <= queue.most):
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
        """Let another thread do the work of a stuck one, and let nobody wait for the same graph."""
        self._threads.add()
        with self._lock:
            queue = self._queues.get(key)
            left = list(queue.waiting) if queue else []
            if queue:
                queue.waiting.clear()
        for task in left:
            _Batch([task]).fail(error)

    def close(self) -> None:
        """End what runs, and the threads; one that is stuck in a model is left behind."""
        self._closed = True
        self._watch.close()
        self.left_behind = not self._threads.close(CLOSE_SECONDS)
        if self.left_behind:
            log.warning("a run of a model cannot be ended: the process ends without it")
