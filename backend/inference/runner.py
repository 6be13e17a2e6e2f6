"""Runs models on threads so that the event loop is never blocked, and folds waiting requests into batches.

A request that finds a free thread starts at once and alone; requests that arrive while all threads are
busy go together in the next batch. So nobody ever waits for a batch to fill.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")
Rows = NDArray[np.float32]
Function = Callable[[Rows], Rows]
MOST_ROWS = 64


@dataclass
class _Task:
    rows: Rows
    finish: Callable[[Rows], Any]
    done: asyncio.Future[Any]


@dataclass
class _Queue:
    running: int = 0
    waiting: deque[_Task] = field(default_factory=deque)


def _run_batch(function: Function, tasks: list[_Task]) -> list[Any]:
    try:
        made = function(tasks[0].rows if len(tasks) == 1 else np.concatenate([task.rows for task in tasks]))
    except Exception as error:  # noqa: BLE001 - belongs to the requests of this batch
        return [error] * len(tasks)
    results: list[Any] = []
    start = 0
    for task in tasks:
        part = made[start : start + len(task.rows)]
        start += len(task.rows)
        try:
            results.append(task.finish(part))
        except Exception as error:  # noqa: BLE001 - belongs to the one request whose finish failed
            results.append(error)
    return results


def _deliver(tasks: list[_Task], results: list[Any]) -> None:
    for task, result in zip(tasks, results, strict=True):
        if task.done.done():
            continue
        if isinstance(result, Exception):
            task.done.set_exception(result)
        else:
            task.done.set_result(result)


class Runner:
    """A few threads for models and pictures.

    A thread that has finished a batch takes the next one itself: the event loop, busy with 64 clients, would
    leave it idle for as long as the batch took.

    Parameters
    ----------
    threads : int
        Models that run at once.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="axiscope-model")
        self._lock = threading.Lock()
        self._queues: dict[Hashable, _Queue] = {}
        self._closed = False
        self.batches = 0
        self.rows = 0

    async def call(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run ``function(*arguments)`` on one of the threads."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, function, *arguments)

    async def map(self, key: Hashable, function: Function, rows: Rows, finish: Callable[[Rows], T]) -> T:
        """Return ``finish(function(rows))``; waiting calls of the same ``key`` share one call of ``function``."""
        loop = asyncio.get_running_loop()
        task = _Task(rows, finish, loop.create_future())
        with self._lock:
            queue = self._queues.setdefault(key, _Queue())
            queue.waiting.append(task)
            free = queue.running < self._threads
            queue.running += free
        if free:
            self._executor.submit(self._work, loop, key, function)
        return await task.done  # type: ignore[no-any-return]

    def _work(self, loop: asyncio.AbstractEventLoop, key: Hashable, function: Function) -> None:
        """Run one batch of what waits for ``key``, then queue up again behind others while more waits."""
        tasks = self._take(key)
        if tasks:
            loop.call_soon_threadsafe(_deliver, tasks, _run_batch(function, tasks))
        with self._lock:
            queue = self._queues[key]
            more = bool(queue.waiting) and not self._closed
            queue.running -= not more
            if not queue.running:
                del self._queues[key]
        if more:
            self._executor.submit(self._work, loop, key, function)

    def _take(self, key: Hashable) -> list[_Task]:
        tasks: list[_Task] = []
        count = 0
        with self._lock:
            waiting = self._queues[key].waiting
            while waiting and (not tasks or count + len(waiting[0].rows) <= MOST_ROWS):
                tasks.append(waiting.popleft())
                count += len(tasks[-1].rows)
            self.batches += bool(tasks)
            self.rows += count
        return tasks

    def close(self) -> None:
        """Finish what runs and end the threads."""
        self._closed = True
        self._executor.shutdown(wait=True, cancel_futures=True)
