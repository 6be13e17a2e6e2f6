"""Export of a checkpoint as a model: two ONNX graphs, parity with torch, statistics, history, and the manifest last."""

import datetime
import importlib.metadata
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from models_zoo.codec import Codec
from models_zoo.errors import Conflict, NotFound
from models_zoo.files import new_directory
from models_zoo.manifest import (
    DECODER,
    ENCODER,
    FILM,
    HISTORY,
    RUN_TOML,
    SAMPLE,
    START,
    Manifest,
    Parity,
    Provenance,
    StudyLabel,
    check_id,
    record_files,
    write_manifest,
)
from models_zoo.statistics import sample_indices, write_sample
from training.data.dataset import Dataset
from training.data.local import open_dataset, path_settings
from training.runs import checkpoint, history
from training.runs.graphs import export_graphs, measure_parity
from training.runs.run_config import RunConfig, read_run
from training.runs.run_toml import run_toml
from training.runs.trainer import Trainer

Which = Literal["last", "best"]
FILES = (ENCODER, DECODER, SAMPLE, HISTORY, FILM, RUN_TOML, START)
COPIED = (FILM, START)
TRAIN_COMMAND = f"axiscope train --config {RUN_TOML}"
PARITY_IMAGES = 64


def parity_of_run(run: Path, folder: Path, manifest: Manifest, dataset: Dataset) -> Parity:
    """Return the difference of the model in ``folder`` and the weights of its training in the run folder ``run``.

    Raises
    ------
    NotFound
        If the run has no checkpoint.
    Conflict
        If its newest checkpoint is of another step than the model.
    """
    saved = choose_checkpoint(run, "last")
    if saved.step != manifest.training.get("steps_done"):
        raise Conflict(
            f"got {run} with a checkpoint of step {saved.step}; allowed: step {manifest.training.get('steps_done')}, "
            "that of the model; name the run folder that it was exported from"
        )
    trainer = Trainer(read_run(run).model_copy(update={"device": "cpu"}), run, dataset, begins=False)
    trainer.restore(saved)
    images = dataset.images(sample_indices(len(dataset))[:PARITY_IMAGES])
    codec = Codec(folder, device="cpu")
    return measure_parity(trainer.model, codec, images, stochastic=trainer.objective.stochastic)


def display_name(config: RunConfig, title: str) -> str:
    """Return the display name of a model: ``"dSprites · beta_vae beta 4 · 10 latents"``."""
    weights = [f"{key} {value:g}" for key, value in config.objective_settings.items() if isinstance(value, int | float)]
    return " · ".join([title, " ".join([config.objective, *weights[:2]]), f"{config.latents} latents"])


def choose_checkpoint(run: Path, which: Which) -> checkpoint.Checkpoint:
    """Load the newest checkpoint of a run folder, or the best by its ``keep_best``.

    Raises
    ------
    NotFound
        If there is none.
    """
    if which == "best":
        path = checkpoint.best_path(run)
        if not path.exists():
            raise NotFound(
                f"got {run}, which has no best checkpoint; allowed: runs with keep_best; train with it, or export the "
                "last one"
            )
        return checkpoint.load(path)
    saved = checkpoint.latest(run)
    if saved is None:
        raise NotFound(f"got {run}, which has no checkpoint yet; allowed: runs with one; train it first")
    return saved


def export_run(  # noqa: PLR0913 - all but three have defaults
    run: Path,
    zoo: Path,
    data_directory: Path,
    *,
    model_id: str | None = None,
    name: str | None = None,
    provenance: Mapping[str, str | None] | None = None,
    which: Which = "last",
    study: StudyLabel | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Path:
    """Export a checkpoint of a run folder into ``zoo``.

    Parameters
    ----------
    run : Path
        Run folder.
    zoo : Path
        Zoo that receives the model; its id is ``model_id``, the run folder's name by default.
    data_directory : Path
    model_id, name : str, optional
    provenance : mapping, optional
        Fields of the provenance to set, e.g. ``note``.
    which : {"last", "best"}
        Newest checkpoint, or the best by the run's ``keep_best``.
    study : StudyLabel, optional
        Study that the run belongs to.
    progress : callable
        Called with the name of each step.

    Returns
    -------
    Path
        The model's folder.

    Raises
    ------
    NotFound
        If the run has no such checkpoint.
    """
    config = read_run(run)
    saved = choose_checkpoint(run, which)
    entry_id = check_id(model_id or run.resolve().name.lower().replace(" ", "-"))
    dataset = open_dataset(config.dataset, config.dataset_settings, data_directory)
    trainer = Trainer(config.model_copy(update={"device": "cpu"}), run, dataset, begins=False)
    trainer.restore(saved)
    with new_directory(zoo / entry_id) as folder:
        progress("writing the graphs")
        stochastic = trainer.objective.stochastic
        export_graphs(trainer.result, dataset.image_shape, config.latents, folder, stochastic=stochastic)
        columns = history.as_columns(history.read(run))
        columns["evaluations"] = history.read(run, history.EVALUATIONS)
        (folder / HISTORY).write_text(json.dumps(columns))
        for file in COPIED:
            if (run / file).exists():
                shutil.copyfile(run / file, folder / file)
        if repeated := settings_to_repeat(config, saved.step, data_directory):
            (folder / RUN_TOML).write_text(run_toml(repeated.model_dump(mode="json")))
        progress("encoding a sample")
        manifest = _describe(trainer, config, saved, entry_id, folder)
        given = manifest.provenance.model_copy(update=dict(provenance or {}))
        title = name or manifest.name
        write_manifest(folder, manifest.model_copy(update={"name": title, "provenance": given, "study": study}))
    return zoo / entry_id


def settings_to_repeat(config: RunConfig, step: int, data_directory: Path) -> RunConfig | None:
    """Return the settings that lead to the weights of ``step`` and name no folder of this machine.

    Path settings of the data set become relative to the data directory. Of a path elsewhere only the name stays; the
    folder is then given by ``--data-set path=...``.

    Returns
    -------
    RunConfig or None
        None where an earlier version started the run from weights of which it kept no copy.
    """
    if config.start_from is not None and config.start_from_sha256 is None:
        return None
    settings = dict(config.dataset_settings)
    for name in path_settings(config.dataset):
        path = Path(settings.get(name) or "")
        if path.is_absolute():
            inside = path.is_relative_to(data_directory)
            settings[name] = str(path.relative_to(data_directory)) if inside else path.name
    stop_at = step if step < config.steps else None
    # not validated again: validation makes relative paths absolute
    return config.model_copy(update={"dataset_settings": settings, "stop_at": stop_at})


def _describe(
    trainer: Trainer, config: RunConfig, saved: checkpoint.Checkpoint, entry_id: str, folder: Path
) -> Manifest:
    dataset = trainer.dataset
    codec = Codec(folder, device="auto")
    indices = sample_indices(len(dataset))
    images = dataset.images(indices)
    sample = write_sample(folder, codec, indices, images, dataset.labels(indices), dataset.factors.names)
    settings = {"dataset", "dataset_settings", "objective", "objective_settings", "architecture", "latents"}
    training = {**config.model_dump(mode="json", exclude=settings), "steps_done": saved.step}
    if config.start_from is not None:
        training["start_from"] = Path(config.start_from).name  # a path of this machine only where no copy was kept
    return Manifest(
        id=entry_id,
        name=display_name(config, dataset.title),
        dataset=config.dataset,
        dataset_title=dataset.title,
        dataset_settings=config.dataset_settings,
        objective=config.objective,
        objective_settings=config.objective_settings,
        architecture=config.architecture,
        likelihood=config.likelihood,
        training=training,
        latents=config.latents,
        image_shape=dataset.image_shape,
        learned_weights={k: v.tolist() for k, v in trainer.objective.learned_weights().items()},
        parity=measure_parity(trainer.result, codec, images[:PARITY_IMAGES], stochastic=trainer.objective.stochastic),
        files=record_files(folder, FILES),
        provenance=Provenance(
            created_at=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            axiscope_version=importlib.metadata.version("axiscope"),
            git_revision=saved.state["git_revision"],
            command=TRAIN_COMMAND if (folder / RUN_TOML).exists() else None,
            images_seen=saved.step * config.batch_size,
            cpu_seconds=round(saved.state["cpu_seconds"], 1),
            data=dataset.provenance.description,
        ),
        licence="Apache-2.0",
        **sample,
    )
