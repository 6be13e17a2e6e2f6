"""What the trainer knows of those who watch a run, and of the work a run does between two steps."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol


class Observer(Protocol):
    """Whoever watches a run. All methods are called between two steps."""

    def on_row(self, row: Mapping[str, Any]) -> None:
        """Take a new row of the history."""

    def on_checkpoint(self, step: int, path: Path) -> None:
        """Note that a checkpoint is durable."""

    def wants_stop(self) -> bool:
        """Whether to checkpoint and end now."""
        ...


class Hook(Protocol):
    """Work of the run itself between two steps; it draws nothing from torch's global generator."""

    def start(self) -> bool:
        """Forget what lies after the trainer's step, do what is due before it; True if the run has ended already."""
        ...

    def after_step(self) -> bool:
        """Do what is due; True to end the run here as finished."""
        ...
