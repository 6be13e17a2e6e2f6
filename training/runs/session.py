"""One call of `axiscope train`: settings from file and options, progress in the terminal, signals."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from models_zoo.errors import Conflict, InvalidInput
from models_zoo.home import data_directory
from training.config import parse_assignments
from training.console import TrainingBar, console
from training.runs.interrupt import Interrupt
from training.runs.observers import EventFile
from training.runs.pipeline import prepare, train
from training.runs.run_config import (
    RUN_FILE,
    RunConfig,
    likelihood_warning,
    path_settings,
    read_run,
    read_toml,
    resolve,
)
from training.runs.trainer import Trainer


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
        raise Conflict(f"{out} already holds a run: add --resume to go on with it, or choose another folder with --out")
    values: dict[str, Any] = {}
    if resume and (out / RUN_FILE).exists():
        values.update(read_run(out).model_dump(mode="json"))
    if recipe is not None:
        values.update(read_recipe(recipe))
    changed = {key for key in ("dataset", "objective") if key in options and values.get(key) != options[key]}
    for key in changed:
        values.pop(f"{key}_settings", None)
    if "start_from" in options:
        values.pop("start_from_sha256", None)
    values.update(options)
    for kind, assignments in (("objective", objective_assignments), ("dataset", dataset_assignments)):
        given = parse_assignments(assignments)
        values[f"{kind}_settings"] = {**values.get(f"{kind}_settings", {}), **given}
    for required in ("dataset", "objective"):
        if required not in values:
            raise InvalidInput(f"no {required} was named: add --{required} NAME or --config FILE", field=f"/{required}")
    return resolve(values)


def read_recipe(path: Path) -> dict[str, Any]:
    """Read the ``[run]`` table of a recipe or `run.toml`; its relative paths become absolute.

    ``start_from`` and path settings of the data set are relative to the file, or else to the data directory.

    Raises
    ------
    NotFound, DamagedFile
        If there is no such file, or it is not TOML.
    """
    values: dict[str, Any] = read_toml(path).get("run", {})
    folder = path.absolute().parent
    if isinstance(values.get("start_from"), str):
        values["start_from"] = str(folder / values["start_from"])
    settings = values.get("dataset_settings", {})
    for name in path_settings(values["dataset"]) if "dataset" in values and isinstance(settings, dict) else ():
        if isinstance(settings.get(name), str) and settings[name]:
            here = folder / settings[name]
            settings[name] = str(here if here.exists() else data_directory() / settings[name])
    return values


def train_in_terminal(config: RunConfig, out: Path, *, tensorboard: bool = False) -> tuple[Trainer, bool]:
    """Train into ``out`` with a progress bar on stderr; SIGINT and SIGTERM save a checkpoint and end the run.

    Returns
    -------
    trainer : Trainer
    finished : bool
        False when a signal stopped it.
    """
    if warning := likelihood_warning(config):
        console.print(f"[yellow]warning[/yellow] {warning}")
    trainer = prepare(config, out, data_directory())
    if trainer.step:
        console.print(f"resuming at step {trainer.step:,}")
    with Interrupt() as interrupt, TrainingBar(trainer.config.last_step, trainer.step) as bar:
        events = [EventFile(out, trainer.step)] if tensorboard else []
        finished = train(trainer, [bar, interrupt, *events])
    outcome = "finished" if finished else "stopped"
    console.print(f"{outcome} at step {trainer.step:,}: {out} ({trainer.cpu_seconds:.0f} CPU-s)")
    return trainer, finished
