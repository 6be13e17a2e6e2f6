"""Training in a terminal: progress bar, TensorBoard event files, and signals that stop a run."""

import importlib
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType

from rich.console import Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from models_zoo.errors import Unavailable
from models_zoo.home import data_directory
from models_zoo.json_types import JsonObject
from models_zoo.manifest import DEAD_KL_NATS
from training.console import console
from training.runs.callbacks import Observer
from training.runs.pipeline import prepare, train
from training.runs.process import stop_signals
from training.runs.run_config import RunConfig, likelihood_warning
from training.runs.trainer import Trainer

EVENTS = "events"


class Interrupt(Observer):
    """Stop request by signal: the first one stops the run, a second one ends the process."""

    def __init__(self) -> None:
        self._requested = False

    def request(self, number: int, _frame: FrameType | None) -> None:
        """Handle signal ``number``."""
        self._requested = True
        signal.signal(number, signal.SIG_DFL)

    def should_stop(self) -> bool:
        """Return whether a signal came."""
        return self._requested


class ProgressBar(Observer):
    """Progress bar of a run on stderr: step, rate, time left, and each part of the loss below it."""

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

    def __enter__(self) -> "ProgressBar":
        """Show the bar."""
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop drawing; the last state of the bar stays."""
        self._live.stop()
        if not console.is_terminal:
            console.print()

    def on_row(self, row: JsonObject) -> None:
        """Move the bar and print the parts, nats per image."""
        parts = [f"{name} [cyan]{value:.4g}[/cyan]" for name, value in row["parts"].items()]
        if row["kl"]:
            alive = sum(kl > DEAD_KL_NATS for kl in row["kl"])
            parts.append(f"latents alive [cyan]{alive} of {len(row['kl'])}[/cyan]")
        self._progress.update(self._task, completed=row["step"])
        speed = self._progress.tasks[self._task].speed
        self._progress.update(self._task, rate=f"{speed:.1f} steps/s" if speed else "")
        self._live.update(Group(self._progress, Text.from_markup("  ".join(parts))))


class EventFile(Observer):
    """Event files for TensorBoard: every row of the history as scalars.

    Parameters
    ----------
    folder : Path
        Run folder; the files go to `events/` in it.
    step : int
        Step from which the run continues; TensorBoard hides what an earlier process wrote after it.

    Raises
    ------
    Unavailable
        If TensorBoard is not installed.
    """

    def __init__(self, folder: Path, step: int) -> None:
        try:
            library = importlib.import_module("torch.utils.tensorboard")
        except ImportError:
            raise Unavailable(
                "got --tensorboard without TensorBoard, which is not installed; allowed: event files by TensorBoard; "
                "pip install 'axiscope[tensorboard]', or train without --tensorboard and read history.jsonl"
            ) from None
        self._writer = library.SummaryWriter(str(folder / EVENTS), purge_step=step + 1)

    def on_row(self, row: JsonObject) -> None:
        """Write the parts of the loss, KL per latent (nats per image), learned weights and gradient norms."""
        groups = {"loss": row["parts"], "kl": row["kl"], "learned": row["learned"], "gradient": row["gradients"]}
        for name, value in _scalars(groups):
            self._writer.add_scalar(name, value, row["step"])
        self._writer.flush()


def _scalars(value: object, name: str = "") -> Iterator[tuple[str, float]]:
    """Yield the numbers of a nested value with names such as ``kl/z0``."""
    if isinstance(value, list):
        value = {f"z{index}": each for index, each in enumerate(value)}
    if not isinstance(value, Mapping):
        yield name, float(value)  # type: ignore[arg-type]
        return
    for key, each in value.items():
        yield from _scalars(each, f"{name}/{key}" if name else key)


def train_in_terminal(config: RunConfig, out: Path, *, tensorboard: bool = False) -> tuple[Trainer, bool]:
    """Train into ``out`` with a progress bar on stderr; SIGINT and SIGTERM save a checkpoint and end the run.

    Returns
    -------
    trainer : Trainer
    finished : bool
        False when a signal stopped the run.
    """
    if warning := likelihood_warning(config):
        console.print(f"[yellow]warning[/yellow] {warning}")
    trainer = prepare(config, out, data_directory())
    if trainer.step:
        console.print(f"resuming at step {trainer.step:,}")
    interrupt = Interrupt()
    with stop_signals(interrupt.request), ProgressBar(trainer.config.last_step, trainer.step) as bar:
        events = [EventFile(out, trainer.step)] if tensorboard else []
        finished = train(trainer, [bar, interrupt, *events])
    outcome = "finished" if finished else "stopped"
    console.print(f"{outcome} at step {trainer.step:,}: {out} ({trainer.cpu_seconds:.0f} CPU-s)")
    return trainer, finished
