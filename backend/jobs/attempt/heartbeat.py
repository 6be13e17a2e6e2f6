"""Database thread of an attempt's process. The work itself never waits for SQL."""

import functools
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from backend.db.engine import Database, DatabaseUnavailable
from backend.jobs.attempt import updates
from backend.jobs.queue import transitions
from backend.jobs.records import AttemptRef, FailureCause, Outcome, Row, Signal
from models_zoo.json_types import JsonObject

POLL_SECONDS = 1.0
ABANDON_SECONDS = 10.0
MAX_RECORDS = 2_000
EXIT_FENCED = 75
log = logging.getLogger("axiscope.jobs")
T = TypeVar("T")


class Heartbeat:
    """Lease renewals, progress and checkpoint pointers of one process; at most one transaction a second.

    While the database is unavailable, records are kept here and the work continues.

    Parameters
    ----------
    database : Database
    refs : sequence of AttemptRef
        All attempts of this process; the leases of those that have not begun are renewed too.
    lease_seconds : float
    """

    def __init__(self, database: Database, refs: Sequence[AttemptRef], lease_seconds: float) -> None:
        self.database, self.lease_seconds = database, lease_seconds
        self.signal: Signal = "ok"
        self._waiting = list(refs)
        self._current: AttemptRef | None = None
        self._step = 0
        self._records: list[JsonObject] = []
        self._pointer: tuple[str, int] | None = None
        self._on_commit: Callable[[str], None] = lambda _: None
        self._lock = threading.Lock()
        self._io = threading.Lock()
        self._stop = threading.Event()
        self._renewed_at = time.monotonic()
        self._lost_since: float | None = None
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def open(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self) -> None:
        """Stop the thread."""
        self._stop.set()
        self._thread.join()

    def begin(self, ref: AttemptRef, on_commit: Callable[[str], None]) -> Row | None:
        """Start attempt ``ref`` and return its job, or None if it is fenced.

        ``on_commit`` is called with the name of each checkpoint whose pointer is durable.
        """
        row = self.retry_while_unavailable(lambda: updates.start(self.database, ref, self.lease_seconds))
        with self._lock:
            self._waiting = [other for other in self._waiting if other.job != ref.job]
            self.signal, self._lost_since = "ok" if row is not None else "lost", None
            self._current, self._step = (ref, row["step"]) if row is not None else (None, 0)
            self._records, self._pointer, self._on_commit = [], None, on_commit
        return row

    def report(self, record: JsonObject) -> None:
        """Add a progress record (with ``step``); those of one second are stored together."""
        with self._lock:
            self._step = max(self._step, record["step"])
            self._records.append(record)
            if len(self._records) > MAX_RECORDS:
                self._records = self._records[::2]

    def tick(self, step: int) -> None:
        """Set the step that the work has reached."""
        self._step = max(self._step, step)

    def point(self, name: str, step: int) -> None:
        """Request the checkpoint pointer to move to ``name``."""
        with self._lock:
            self._pointer = (name, step)

    def finish(self, outcome: Outcome, result: JsonObject | None = None, error: str | None = None) -> bool:
        """Deliver pending records, then the outcome; return False if the attempt is fenced."""
        ref = self._current
        if ref is None:
            return False
        self.refresh()
        done = self.retry_while_unavailable(lambda: updates.finish(self.database, ref, outcome, result, error))
        self._current = None
        return done

    def return_to_queue(self, reason: str, cause: FailureCause = "none") -> None:
        """Return the current attempt and those that have not begun to the queue."""
        self.refresh()
        for ref in [*([self._current] if self._current else []), *self._waiting]:
            self.retry_while_unavailable(functools.partial(transitions.requeue, self.database, ref, reason, cause))
        self._current, self._waiting = None, []

    def refresh(self) -> None:
        """Exchange with the database now, which sets `signal`."""
        self.retry_while_unavailable(self._exchange)

    def retry_while_unavailable(self, operation: Callable[[], T]) -> T:
        """Repeat ``operation`` until the database is available, and return its result."""
        while True:
            try:
                with self._io:
                    return operation()
            except DatabaseUnavailable as error:
                log.warning("database unavailable, retrying error=%s", type(error.orig).__name__)
                time.sleep(POLL_SECONDS)

    def _run(self) -> None:
        while not self._stop.wait(POLL_SECONDS):
            try:
                with self._io:
                    self._exchange()
            except DatabaseUnavailable as error:
                log.warning("database unavailable, work continues error=%s", type(error.orig).__name__)
            self._exit_if_fenced()

    def _exchange(self) -> None:
        due = time.monotonic() - self._renewed_at > self.lease_seconds / 4
        if due and self._waiting:
            updates.renew_leases(self.database, self._waiting, self.lease_seconds)
        ref = self._current
        if ref is not None:
            self._commit_pointer(ref)
            self.signal = self._send(ref, due=due)
            if self.signal == "lost" and self._lost_since is None:
                self._lost_since = time.monotonic()
        if due:
            self._renewed_at = time.monotonic()

    def _commit_pointer(self, ref: AttemptRef) -> None:
        pointer = self._pointer
        if pointer is None or not updates.commit_checkpoint(self.database, ref, *pointer):
            return
        with self._lock:
            self._pointer = self._pointer if self._pointer != pointer else None
        self._on_commit(pointer[0])

    def _send(self, ref: AttemptRef, *, due: bool) -> Signal:
        with self._lock:
            step, records, self._records = self._step, self._records, []
        if not records and not due:
            return updates.read_signal(self.database, ref)
        try:
            return updates.progress(self.database, ref, self.lease_seconds, step, records)
        except DBAPIError:
            with self._lock:
                self._records = records + self._records
            raise

    def _exit_if_fenced(self) -> None:
        """End the process of a fenced attempt whose work does not stop by itself."""
        since = self._lost_since
        if since is not None and self._current is not None and time.monotonic() - since > ABANDON_SECONDS:
            log.error("attempt fenced and work does not stop, exiting job=%d attempt=%d", *self._current)
            os._exit(EXIT_FENCED)
