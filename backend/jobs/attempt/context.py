"""Interface between the work of a job and the queue."""

import logging
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from backend.jobs.artifacts import Artifacts, StoreUnavailable
from backend.jobs.attempt.heartbeat import Heartbeat
from backend.jobs.records import AttemptRef

LOG_SECONDS = 5.0
log = logging.getLogger("axiscope.jobs")


class Cancelled(Exception):
    """Raised inside the work when the job was cancelled."""


class Fenced(Exception):
    """Raised inside the work when another attempt has taken over: write nothing more."""


class ReturnedToQueue(Exception):
    """Raised inside the work when the dispatcher stops: the job goes back to the queue."""


def _age(name: str) -> tuple[int, int]:
    """Return attempt and step of a checkpoint's name, e.g. ``2-300``.

    Half a checkpoint (``.2-300.tmp``) sorts before all of the next attempt: its own attempt may still be writing it.
    A name of another form sorts last.
    """
    attempt, _, step = name.removeprefix(".").partition("-")
    if not attempt.isdigit():
        return sys.maxsize, 0
    if name.startswith("."):
        return int(attempt), sys.maxsize
    return int(attempt), int(step) if step.isdigit() else sys.maxsize


@dataclass
class AttemptContext:
    """Progress, checkpoints and stop requests of one attempt.

    Parameters
    ----------
    heartbeat : Heartbeat
    artifacts : Artifacts
    ref : AttemptRef
        The attempt that is being executed.
    stop_requested : callable
        Whether the process must return its jobs to the queue.
    upload_log : callable
        Copies the log so far to the artifact store.
    """

    heartbeat: Heartbeat
    artifacts: Artifacts
    ref: AttemptRef
    stop_requested: Callable[[], bool]
    upload_log: Callable[[], None]
    _uploaded_at: float = field(default_factory=time.monotonic, init=False)

    def progress(self, record: Mapping[str, object]) -> None:
        """Report a record with ``step`` and further values for the page."""
        self.heartbeat.report(dict(record))
        if time.monotonic() - self._uploaded_at > LOG_SECONDS:
            self._try_store(self.upload_log)
            self._uploaded_at = time.monotonic()

    def _try_store(self, operation: Callable[[], None]) -> None:
        """Store a file that is only displayed: a failure does not end the work."""
        try:
            operation()
        except StoreUnavailable as error:
            log.warning("log or picture not stored job=%d error=%s", self.ref.job, error)

    def at(self, step: int) -> None:
        """Set the step that the work has reached; costs nothing."""
        self.heartbeat.tick(step)

    def checkpoint(self, step: int, files: Mapping[str, Path]) -> None:
        """Store an immutable checkpoint and request the pointer to move to it.

        Raises
        ------
        OSError, StoreUnavailable
            If it cannot be stored; the old checkpoint stays valid.
        """
        self.check()
        name = f"{self.ref.attempt}-{step}"
        self.artifacts.put_checkpoint(self.ref.job, name, files)
        self.heartbeat.point(name, step)

    def picture(self, step: int, png: Path) -> None:
        """Store a frame of the film."""
        self._try_store(lambda: self.artifacts.put(png, self.ref.job, "film", f"{step:09d}.png"))

    def drop_older(self, committed: str) -> None:
        """Delete the checkpoints before ``committed``, whose pointer is durable.

        The work stores newer ones meanwhile, so their age is read from the names alone.
        """
        newest = _age(committed)
        try:
            old = [name for name in self.artifacts.names(self.ref.job, "checkpoints") if _age(name) < newest]
            self.artifacts.drop_checkpoints(self.ref.job, old)
        except (OSError, StoreUnavailable) as error:
            log.warning("old checkpoints kept until the next one job=%d error=%s", self.ref.job, error)

    def should_stop(self) -> bool:
        """Return whether to save and end now."""
        return self.heartbeat.signal == "cancel" or self.stop_requested()

    def check(self) -> None:
        """Raise `Fenced` if another attempt has taken over."""
        if self.heartbeat.signal == "lost":
            raise Fenced

    def stop(self) -> None:
        """Raise the reason of `should_stop`: `Cancelled`, `ReturnedToQueue` or `Fenced`."""
        self.check()
        raise Cancelled if self.heartbeat.signal == "cancel" else ReturnedToQueue

    def confirm(self) -> None:
        """Read the signal from the database, before a write that others see; raise `Fenced` as `check` does."""
        self.heartbeat.refresh()
        self.check()
