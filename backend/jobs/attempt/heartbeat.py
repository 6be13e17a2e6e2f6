"""The one thread of an attempt's process that talks to the database. The work itself never waits for SQL."""

import functools
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError

from backend.jobs.attempt import updates
from backend.jobs.database import Database, is_away
from backend.jobs.queue import transitions
from backend.jobs.records import Blame, Ref, Signal

PAUSE_SECONDS = 1.0
ABANDON_SECONDS = 10.0
MOST_RECORDS = 2_000
EXIT_FENCED = 75
log = logging.getLogger("axiscope.jobs")
T = TypeVar("T")


class Link:
    """Beats, progress and checkpoint pointers of one process; at most one transaction a second.

    While the database is away, records wait here and the work goes on.

    Parameters
    ----------
    database : Database
    refs : sequence of Ref
        All attempts of this process; the leases of those that wait are renewed too.
    lease_seconds : float
    """

    def __init__(self, database: Database, refs: Sequence[Ref], lease_seconds: float) -> None:
        self.database, self.lease_seconds = database, lease_seconds
        self.signal: Signal = "ok"
        self._waiting = list(refs)
        self._current: Ref | None = None
        self._step = 0
        self._records: list[dict[str, Any]] = []
        self._pointer: tuple[str, int] | None = None
        self._committed: Callable[[str], None] = lambda _: None
        self._lock = threading.Lock()
        self._io = threading.Lock()
        self._stop = threading.Event()
        self._beaten = time.monotonic()
        self._lost_since: float | None = None
        self._thread = threading.Thread(target=self._run, name="link", daemon=True)

    def open(self) -> None:
        """Start beating."""
        self._thread.start()

    def close(self) -> None:
        """Stop beating."""
        self._stop.set()
        self._thread.join()

    def begin(self, ref: Ref, committed: Callable[[str], None]) -> dict[str, Any] | None:
        """Start attempt ``ref``: its row, or None if it is fenced. ``committed`` hears of durable pointers."""
        row = self.insist(lambda: updates.start(self.database, ref, self.lease_seconds))
        with self._lock:
            self._waiting = [other for other in self._waiting if other.job != ref.job]
            self.signal, self._lost_since = "ok" if row is not None else "lost", None
            self._current, self._step = (ref, row["step"]) if row is not None else (None, 0)
            self._records, self._pointer, self._committed = [], None, committed
        return row

    def report(self, record: dict[str, Any]) -> None:
        """Hand in a progress record (with ``step``); many of one second travel together."""
        with self._lock:
            self._step = max(self._step, record["step"])
            self._records.append(record)
            if len(self._records) > MOST_RECORDS:
                self._records = self._records[::2]

    def tick(self, step: int) -> None:
        """Say that work has come to ``step``."""
        self._step = max(self._step, step)

    def point(self, name: str, step: int) -> None:
        """Ask for the checkpoint pointer to move to ``name``."""
        with self._lock:
            self._pointer = (name, step)

    def finish(self, verdict: Any, result: dict[str, Any] | None = None, error: str | None = None) -> bool:
        """Deliver what is left and then the verdict, however long the database is away; False if fenced."""
        ref = self._current
        if ref is None:
            return False
        self.insist(self._exchange)
        done = self.insist(lambda: updates.finish(self.database, ref, verdict, result, error))
        self._current = None
        return bool(done)

    def hand_back(self, why: str, blame: Blame = "none") -> None:
        """Give the present attempt and those that wait back to the queue."""
        self.insist(self._exchange)
        for ref in [*([self._current] if self._current else []), *self._waiting]:
            self.insist(functools.partial(transitions.requeue, self.database, ref, why, blame))
        self._current, self._waiting = None, []

    def ask(self) -> None:
        """Exchange with the database now; `signal` is then what it says at this moment."""
        self.insist(self._exchange)

    def insist(self, act: Callable[[], T]) -> T:
        """Do ``act`` as often as it takes while the database is away."""
        while True:
            try:
                with self._io:
                    return act()
            except DBAPIError as error:
                if not is_away(error):
                    raise
                log.warning("the database is away, trying again: %s", type(error.orig).__name__)
                time.sleep(PAUSE_SECONDS)

    def _run(self) -> None:
        while not self._stop.wait(PAUSE_SECONDS):
            try:
                with self._io:
                    self._exchange()
            except DBAPIError as error:
                if not is_away(error):
                    raise
                log.warning("the database is away, the work goes on: %s", type(error.orig).__name__)
            self._abandon_if_stuck()

    def _exchange(self) -> None:
        due = time.monotonic() - self._beaten > self.lease_seconds / 4
        if due and self._waiting:
            updates.beat(self.database, self._waiting, self.lease_seconds)
        ref = self._current
        if ref is not None:
            self._commit_pointer(ref)
            self._hear(self._send(ref, due=due))
        if due:
            self._beaten = time.monotonic()

    def _commit_pointer(self, ref: Ref) -> None:
        pointer = self._pointer
        if pointer is None or not updates.commit_checkpoint(self.database, ref, *pointer):
            return
        with self._lock:
            self._pointer = self._pointer if self._pointer != pointer else None
        self._committed(pointer[0])

    def _send(self, ref: Ref, *, due: bool) -> Signal:
        with self._lock:
            step, records, self._records = self._step, self._records, []
        if not records and not due:
            return updates.look(self.database, ref)
        try:
            return updates.progress(self.database, ref, self.lease_seconds, step, records)
        except DBAPIError:
            with self._lock:
                self._records = records + self._records
            raise

    def _hear(self, signal: Signal) -> None:
        self.signal = signal
        if signal == "lost" and self._lost_since is None:
            self._lost_since = time.monotonic()

    def _abandon_if_stuck(self) -> None:
        """A fenced attempt whose work does not stop by itself must not use the machine any longer."""
        since = self._lost_since
        if since is not None and self._current is not None and time.monotonic() - since > ABANDON_SECONDS:
            log.error("fenced, and the work does not stop: leaving")
            os._exit(EXIT_FENCED)
