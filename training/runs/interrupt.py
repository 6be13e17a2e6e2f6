"""Signals that end a run with a checkpoint."""

import signal
from collections.abc import Mapping
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any


class Interrupt:
    """Turns the first SIGINT or SIGTERM inside a ``with`` block into a stop request; a second one ends the process.

    An `Observer` of training. The handlers that were set before are set again when the block ends.
    """

    def __init__(self) -> None:
        self._requested = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Interrupt":
        """Take the signals over."""
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._request)
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _request(self, number: int, _frame: FrameType | None) -> None:
        self._requested = True
        signal.signal(number, signal.SIG_DFL)

    def on_row(self, row: Mapping[str, Any]) -> None:
        """Do nothing."""

    def on_checkpoint(self, step: int, path: Path) -> None:
        """Do nothing."""

    def wants_stop(self) -> bool:
        """Whether a signal came."""
        return self._requested
