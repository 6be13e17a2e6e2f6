"""What a person sees in a terminal: always on stderr, so that stdout stays for results."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

console = Console(stderr=True)


@contextmanager
def status(what: str) -> Iterator[Callable[[str], None]]:
    """Spinner with a text that can be changed while the block runs."""
    with console.status(what) as spinner:
        yield lambda text: spinner.update(f"{what}: {text}")


class TrainingBar:
    """Progress bar of a run: step, rate, time left and every part of the loss. An `Observer`."""

    def __init__(self, steps: int, done: int) -> None:
        self._progress = Progress(
            TextColumn("[bold]training"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[parts]}"),
            console=console,
        )
        self._task = self._progress.add_task("training", total=steps, completed=done, parts="")

    def __enter__(self) -> "TrainingBar":
        """Show the bar."""
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the bar down, leaving its last state."""
        self._progress.stop()

    def on_row(self, row: Mapping[str, Any]) -> None:
        """Move the bar and print the parts, nats per image."""
        parts = "  ".join(f"{name} [cyan]{value:.4g}[/cyan]" for name, value in row["parts"].items())
        alive = sum(kl > 0.01 for kl in row["kl"])
        parts += f"  latents alive [cyan]{alive}/{len(row['kl'])}[/cyan]"
        self._progress.update(self._task, completed=row["step"], parts=parts)

    def on_checkpoint(self, step: int, path: Path) -> None:
        """Nothing to show."""

    def wants_stop(self) -> bool:
        """Never: Ctrl+C is handled by the session."""
        return False
