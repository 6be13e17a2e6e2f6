"""What the work may say and ask while it runs; the only thing it knows of the queue."""

import logging
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from backend.jobs.artifacts import Artifacts, StoreAway
from backend.jobs.attempt.heartbeat import Link
from backend.jobs.records import Ref

LOG_SECONDS = 5.0
log = logging.getLogger("axiscope.jobs")


class Cancelled(Exception):
    """Raised inside the work when a person cancelled the job."""


class Fenced(Exception):
    """Raised inside the work when another attempt has taken over: write nothing more."""


class HandedBack(Exception):
    """Raised inside the work when the dispatcher is being stopped: the job goes back to the queue."""


def _place(name: str) -> tuple[int, int]:
    """Return attempt and step of a checkpoint's name, e.g. ``2-300``.

    Half a checkpoint (``.2-300.tmp``) stands before all of the next attempt: its own attempt may still be writing it.
    A name of another form is never the older one.
    """
    attempt, _, step = name.removeprefix(".").partition("-")
    if not attempt.isdigit():
        return sys.maxsize, 0
    if name.startswith("."):
        return int(attempt), sys.maxsize
    return int(attempt), int(step) if step.isdigit() else sys.maxsize


class Watch:
    """Progress, checkpoints and the wish to stop.

    Parameters
    ----------
    link : Link
    artifacts : Artifacts
    ref : Ref
        The attempt that is at work.
    asked : callable
        Whether the process was asked to hand its jobs back.
    keep_log : callable
        Sends the log so far to where the page reads it.
    """

    def __init__(
        self, link: Link, artifacts: Artifacts, ref: Ref, asked: Callable[[], bool], keep_log: Callable[[], None]
    ) -> None:
        self._link, self._artifacts, self._ref, self._asked = link, artifacts, ref, asked
        self._keep_log, self._kept_at = keep_log, time.monotonic()

    def progress(self, record: Mapping[str, Any]) -> None:
        """Hand in a record with ``step`` and whatever the page may show."""
        self._link.report(dict(record))
        if time.monotonic() - self._kept_at > LOG_SECONDS:
            self._show(self._keep_log)
            self._kept_at = time.monotonic()

    def _show(self, act: Callable[[], None]) -> None:
        """Store what is only looked at: no reason to end the work if that fails."""
        try:
            act()
        except StoreAway as error:
            log.warning("the page has to wait: %s", error)

    def at(self, step: int) -> None:
        """Say that work has come to ``step``; costs nothing."""
        self._link.tick(step)

    def checkpoint(self, step: int, files: Mapping[str, Path]) -> None:
        """Store an immutable checkpoint and ask for the pointer to move to it.

        Raises
        ------
        OSError, StoreAway
            If the store cannot take it; the old checkpoint stays valid.
        """
        self.check()
        name = f"{self._ref.attempt}-{step}"
        self._artifacts.put_checkpoint(self._ref.job, name, files)
        self._link.point(name, step)

    def picture(self, step: int, png: Path) -> None:
        """Store a frame of the film."""
        self._show(lambda: self._artifacts.put(png, self._ref.job, "film", f"{step:09d}.png"))

    def drop_older(self, committed: str) -> None:
        """Delete the checkpoints before ``committed``, called when the pointer to it is durable.

        The work stores newer ones meanwhile, so age is read from the names alone.
        """
        newest = _place(committed)
        try:
            old = [name for name in self._artifacts.checkpoints(self._ref.job) if _place(name) < newest]
            self._artifacts.drop_checkpoints(self._ref.job, old)
        except (OSError, StoreAway) as error:
            log.warning("older checkpoints stay until the next one: %s", error)

    def wants_stop(self) -> bool:
        """Whether to save and end now."""
        return self._link.signal == "cancel" or self._asked()

    def check(self) -> None:
        """Stop the work if the database said so.

        Raises
        ------
        Fenced
            If another attempt has taken over.
        """
        if self._link.signal == "lost":
            raise Fenced

    def stop(self) -> None:
        """End the work for the reason `wants_stop` had.

        Raises
        ------
        Cancelled, HandedBack, Fenced
        """
        self.check()
        raise Cancelled if self._link.signal == "cancel" else HandedBack

    def confirm(self) -> None:
        """Ask the database itself whether this attempt still counts, before something that others will see.

        Raises
        ------
        Fenced
        """
        self._link.ask()
        self.check()
