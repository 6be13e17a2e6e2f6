"""What a person sees in a terminal: progress on stderr, results on stdout."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from models_zoo.manifest import DEAD_KL_NATS

console = Console(stderr=True)
results = Console()


@contextmanager
def status(what: str) -> Iterator[Callable[[str], None]]:
    """Spinner with a text that can be changed while the block runs."""
    with console.status(what) as spinner:
        yield lambda text: spinner.update(f"{what}: {text}")


class TrainingBar:
    """Progress bar of a run: step, rate, time left, and every part of the loss below it. An `Observer`."""

    def __init__(self, steps: int, done: int) -> None:
        self._progress = Progress(
            TextColumn("[bold]training"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            expand=True,
        )
        self._task = self._progress.add_task("training", total=steps, completed=done, rate="")
        self._live = Live(self._progress, console=console, refresh_per_second=4)

    def __enter__(self) -> "TrainingBar":
        """Show the bar."""
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the bar down, leaving its last state."""
        self._live.stop()
        if not console.is_terminal:
            console.print()

    def on_row(self, row: Mapping[str, Any]) -> None:
        """Move the bar and print the parts, nats per image."""
        parts = [f"{name} [cyan]{value:.4g}[/cyan]" for name, value in row["parts"].items()]
        alive = sum(kl > DEAD_KL_NATS for kl in row["kl"])
        parts.append(f"latents alive [cyan]{alive} of {len(row['kl'])}[/cyan]")
        self._progress.update(self._task, completed=row["step"])
        speed = self._progress.tasks[self._task].speed
        self._progress.update(self._task, rate=f"{speed:.1f} steps/s" if speed else "")
        self._live.update(Group(self._progress, Text.from_markup("  ".join(parts))))

    def on_checkpoint(self, step: int, path: Path) -> None:
        """Nothing to show."""

    def wants_stop(self) -> bool:
        """Never: Ctrl+C is handled by the session."""
        return False
