"""Calls of the trainer between two steps: `Observer` for those outside a run, `Callback` for work of the run itself."""

from pathlib import Path
from typing import Protocol

from models_zoo.json_types import JsonObject


class Observer:
    """Base of the observers of a run: each overrides the methods that it needs, the others do nothing."""

    def on_row(self, row: JsonObject) -> None:
        """Handle a new row of the history."""

    def on_checkpoint(self, step: int, path: Path) -> None:
        """Handle a checkpoint that is on disk."""

    def should_stop(self) -> bool:
        """Return whether to save a checkpoint and end the run now; called after every step."""
        return False


class Callback(Protocol):
    """Work of the run itself between two steps; it draws nothing from torch's global generator."""

    def start(self) -> bool:
        """Drop what lies after the trainer's step and do what is due before it; True if the run has ended already."""
        ...

    def after_step(self) -> bool:
        """Do what is due; True to end the run here as finished."""
        ...
