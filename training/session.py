"""One call of `axiscope train`: settings from recipe and options, resume, interrupt, verdict."""

import signal
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from models_zoo.errors import Conflict, InvalidInput
from models_zoo.home import data_directory
from training import checkpoint
from training.config import parse_assignments
from training.midrun import hooks_of
from training.run_config import RUN_FILE, RunConfig, read_run, read_toml, resolve
from training.tensorboard import EventFile
from training.terminal import TrainingBar, console
from training.trainer import Trainer, open_dataset
from training.watching import Observer


class Interrupt:
    """Turns the first SIGINT or SIGTERM into a checkpoint and a clean end. An `Observer`."""

    def __init__(self) -> None:
        self._asked = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)

    def _ask(self, number: int, _: FrameType | None) -> None:
        self._asked = True
        signal.signal(number, signal.SIG_DFL)

    def on_row(self, row: Mapping[str, Any]) -> None:
        """Nothing to do."""

    def on_checkpoint(self, step: int, path: Path) -> None:
        """Nothing to do."""

    def wants_stop(self) -> bool:
        """Whether a signal came."""
        return self._asked


def gather(
    out: Path,
    options: Mapping[str, Any],
    objective_assignments: Iterable[str],
    dataset_assignments: Iterable[str],
    recipe: Path | None,
    *,
    resume: bool,
) -> RunConfig:
    """Merge, weakest first: the run being resumed, the recipe, the options.

    Raises
    ------
    Conflict
        If ``out`` already holds a run and ``resume`` was not asked for.
    InvalidInput
        If data set or objective are named nowhere, or a setting is wrong.
    """
    if (out / RUN_FILE).exists() and not resume:
        raise Conflict(f"{out} already holds a run: add --resume to go on with it, or choose another --out")
    values: dict[str, Any] = {}
    if resume and (out / RUN_FILE).exists():
        values.update(read_run(out).model_dump(mode="json"))
    if recipe is not None:
        values.update(read_toml(recipe).get("run", {}))
    changed = {key for key in ("dataset", "objective") if key in options and values.get(key) != options[key]}
    for key in changed:
        values.pop(f"{key}_settings", None)
    values.update(options)
    for kind, assignments in (("objective", objective_assignments), ("dataset", dataset_assignments)):
        given = parse_assignments(assignments)
        values[f"{kind}_settings"] = {**values.get(f"{kind}_settings", {}), **given}
    for required in ("dataset", "objective"):
        if required not in values:
            raise InvalidInput(f"no {required} was named: add --{required} NAME or --config FILE", field=f"/{required}")
    return resolve(values)


def run_training(config: RunConfig, out: Path, *, resume: bool, tensorboard: bool = False) -> dict[str, Any]:
    """Train into ``out``: a progress bar on stderr, and what the run's own settings ask for between its steps.

    Returns
    -------
    dict
        ``out``, ``step`` and ``finished``: False when a signal stopped it.
    """
    trainer = Trainer(config, out, open_dataset(config, data_directory()))
    saved = checkpoint.latest(out) if resume else None
    if saved is not None:
        trainer.restore(saved)
        console.print(f"resuming at step {trainer.step:,}")
    elif config.start_from is not None:
        trainer.adopt(Path(config.start_from))
    observers: tuple[Observer, ...] = (Interrupt(), *((EventFile(out, trainer.step),) if tensorboard else ()))
    with TrainingBar(config.steps, trainer.step) as bar:
        finished = trainer.train((bar, *observers), hooks_of(trainer))
    verdict = "finished" if finished else "stopped; go on with --resume"
    console.print(f"{verdict} at step {trainer.step:,}: {out} ({trainer.cpu_seconds:.0f} CPU-s)")
    return {"out": str(out), "step": trainer.step, "finished": finished}
