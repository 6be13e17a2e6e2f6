"""Runs models on threads so that the event loop is never blocked, and folds waiting requests into batches.

A request that finds a free thread starts at once and alone; requests that arrive while all threads are
busy go together in the next batch. So nobody ever waits for a batch to fill.
"""

import asyncio
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
    rows = tasks[0].rows if len(tasks) == 1 else np.concatenate([task.rows for task in tasks])
    made = function(rows)
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


class Runner:
    """A few threads for models and pictures.

    Parameters
    ----------
    threads : int
        Models that run at once.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="axiscope-model")
        self._queues: dict[Hashable, _Queue] = {}
        self.batches = 0
        self.rows = 0

    async def call(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run ``function(*arguments)`` on one of the threads."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, function, *arguments)

    async def map(self, key: Hashable, function: Function, rows: Rows, finish: Callable[[Rows], T]) -> T:
        """Return ``finish(function(rows))``; waiting calls of the same ``key`` share one call of ``function``."""
        loop = asyncio.get_running_loop()
        queue = self._queues.setdefault(key, _Queue())
        task = _Task(rows, finish, loop.create_future())
        queue.waiting.append(task)
        if queue.running < self._threads:
            self._start(loop, key, function, queue)
        return await task.done  # type: ignore[no-any-return]

    def _start(self, loop: asyncio.AbstractEventLoop, key: Hashable, function: Function, queue: _Queue) -> None:
        tasks = [queue.waiting.popleft()]
        count = len(tasks[0].rows)
        while queue.waiting and count + len(queue.waiting[0].rows) <= MOST_ROWS:
            tasks.append(queue.waiting.popleft())
            count += len(tasks[-1].rows)
        queue.running += 1
        self.batches += 1
        self.rows += count

        def finished(future: asyncio.Future[list[Any]]) -> None:
            queue.running -= 1
            error = future.exception()
            for task, result in zip(tasks, future.result() if error is None else [error] * len(tasks), strict=True):
                if task.done.done():
                    continue
                if isinstance(result, Exception):
                    task.done.set_exception(result)
                else:
                    task.done.set_result(result)
            if queue.waiting:
                self._start(loop, key, function, queue)
            elif queue.running == 0:
                self._queues.pop(key, None)

        loop.run_in_executor(self._executor, _run_batch, function, tasks).add_done_callback(finished)

    def close(self) -> None:
        """Finish what runs and end the threads."""
        self._executor.shutdown(wait=True, cancel_futures=True)
