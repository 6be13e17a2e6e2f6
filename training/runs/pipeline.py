"""One run from its settings to an evaluated model: `prepare`, `train`, `export_and_evaluate`.

Every command and job that trains calls these functions; progress goes to observers and to ``progress``.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from training.data.dataset import Dataset
from training.data.local import open_dataset
from training.evaluation.networks.loading import load_network
from training.evaluation.suite import Result, Settings
from training.evaluation.zoo_model import evaluate_zoo_model, write_evaluation
from training.runs import checkpoint
from training.runs.callbacks import Callback, Observer
from training.runs.export import export_run
from training.runs.run_config import RunConfig
from training.runs.starting_weights import copy_start, read_weights
from training.runs.trainer import Trainer
from training.runs.traversals import TraversalRecorder
from training.runs.validation import Validation


def prepare(config: RunConfig, out: Path, data_directory: Path, dataset: Dataset | None = None) -> Trainer:
    """Open the data set and make the trainer of a run.

    Its weights are those of the newest checkpoint in ``out``, else those of ``start_from``, else random.

    Parameters
    ----------
    config : RunConfig
        Resolved settings.
    out : Path
        Run folder.
    data_directory : Path
        Folder of data sets.
    dataset : Dataset, optional
        The data set of the run, where it is open already.

    Raises
    ------
    NotFound, DamagedFile
        If the data set, the checkpoint or the weights to start from are missing or damaged.
    Conflict
        If the checkpoint is of other settings, or the weights to start from are of other networks or altered.
    """
    saved = checkpoint.latest(out)
    config = copy_start(config, out, saved)
    opened = dataset or open_dataset(config.dataset, config.dataset_settings, data_directory)
    trainer = Trainer(config, out, opened, begins=saved is None and config.start_from is None)
    if saved is not None:
        trainer.restore(saved)
    elif config.start_from is not None:
        trainer.load_weights_from(read_weights(out / config.start_from))
    return trainer


def callbacks_of(trainer: Trainer) -> list[Callback]:
    """Make the callbacks that the settings of the run name: recorded traversals, validation."""
    callbacks: list[Callback] = []
    if trainer.config.film_frames:
        callbacks.append(TraversalRecorder(trainer))
    if trainer.config.evaluate_every:
        callbacks.append(Validation(trainer))
    return callbacks


def train(trainer: Trainer, observers: Sequence[Observer]) -> bool:
    """Train to the end of the run, with the callbacks that its settings name.

    Returns
    -------
    bool
        False when an observer requested the stop; a checkpoint is saved then.
    """
    return trainer.train(observers, callbacks_of(trainer))


def export_and_evaluate(  # noqa: PLR0913 - all but three have defaults
    trainer: Trainer,
    zoo: Path,
    data_directory: Path,
    *,
    model_id: str | None = None,
    name: str | None = None,
    provenance: Mapping[str, str | None] | None = None,
    metrics: Sequence[str] = (),
    settings: Settings | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[Path, list[Result]]:
    """Export the newest checkpoint of a run into ``zoo`` and evaluate the model.

    Parameters
    ----------
    trainer : Trainer
        Its run folder and data set are used.
    zoo, data_directory : Path
    model_id, name, provenance
        As `training.runs.export.export_run` takes them.
    metrics : sequence of str
        Metrics to evaluate; all of them when empty.
    settings : mapping, optional
        Settings by metric.
    progress : callable
        Called with the name of each step.

    Returns
    -------
    model : Path
        The model's folder.
    results : list of Result
        Also written to its `evaluation.json`.
    """
    model = export_run(
        trainer.out, zoo, data_directory, model_id=model_id, name=name, provenance=provenance, progress=progress
    )
    return model, evaluate(model, trainer.dataset, metrics, settings=settings, progress=progress)


def evaluate(
    model: Path,
    dataset: Dataset,
    metrics: Sequence[str] = (),
    *,
    settings: Settings | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Result]:
    """Evaluate the model in folder ``model`` and write the results to its `evaluation.json`."""
    results = evaluate_zoo_model(
        model,
        dataset,
        metrics,
        networks=load_network,
        settings=settings,
        progress=lambda what, done, total: progress(f"{what} {done:,} of {total:,}"),
    )
    write_evaluation(model, results)
    return results
