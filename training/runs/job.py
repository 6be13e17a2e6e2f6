"""Training and export as jobs, for the process of any engine; what becomes of the job is reported to a `JobContext`."""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from models_zoo.errors import NotFound
from models_zoo.json_types import JsonObject
from models_zoo.manifest import START, StudyLabel, read_manifest
from training.data.dataset import Dataset
from training.data.local import open_dataset
from training.runs import checkpoint, pack, pipeline
from training.runs.export import export_run
from training.runs.job_observer import JobContext, JobObserver
from training.runs.run_config import RUN_FILE, RunConfig, resolve, run_settings, write_run
from training.runs.trainer import Trainer

log = logging.getLogger("axiscope.training")
RESTORED = "restored"
GPU_CONTEXT_BYTES = 2**29
"""Memory of a CUDA context and its libraries, which torch does not count; an allowance, not measured."""


def _move_restored(folder: Path) -> None:
    """Move the files of a stored checkpoint to where a run folder has them."""
    restored = folder / RESTORED
    if not restored.is_dir():
        return
    (folder / checkpoint.FOLDER).mkdir(exist_ok=True)
    for path in restored.iterdir():
        is_checkpoint = path.suffix == ".safetensors" and path.name != START
        path.replace((folder / checkpoint.FOLDER if is_checkpoint else folder) / path.name)
    restored.rmdir()


@dataclass(frozen=True)
class TrainingJob:
    """One training job: its specification, the work folder of this attempt, and its queue, as `train` takes them."""

    spec: JsonObject
    folder: Path
    context: JobContext


def train(spec: JsonObject, folder: Path, job: JobContext, zoo: Path, data: Path) -> JsonObject:
    """Train the run of a job to its end and export the model into the zoo.

    Parameters
    ----------
    spec : dict
        Settings of a run, and the `training.runs.run_config.JOB_FIELDS`.
    folder : Path
        Work folder of this attempt; ``restored/`` has the files of the checkpoint to resume from.
    job : JobContext
    zoo, data : Path
        Folders of models and data sets.

    Returns
    -------
    dict
        ``model``, ``steps``, last ``parts``, and where measured ``seconds_per_step`` of this process.
    """
    _move_restored(folder)
    trainer = pipeline.prepare(_config(spec, zoo), folder, data)
    observer = JobObserver(trainer, job)
    done = pipeline.train(trainer, [observer])
    return _finish(TrainingJob(spec, folder, job), observer, zoo, data, done)


EndJob = Callable[[int, Callable[[], JsonObject]], None]


def train_together(jobs: Sequence[TrainingJob], zoo: Path, data: Path, end: EndJob) -> None:
    """Train the runs of several jobs at once.

    Parameters
    ----------
    jobs : sequence of TrainingJob
    zoo, data : Path
        Folders of models and data sets.
    end : callable
        Is called once for each job, as soon as its training has ended, with its place in ``jobs`` and a function that
        does the rest of its work, and returns or raises what `train` would.
    """
    datasets: dict[str, Dataset] = {}
    members = []
    for index, job in enumerate(jobs):
        try:
            trainer = _trainer(job, datasets, zoo, data)
        except Exception as error:  # noqa: BLE001 - the border of a job: its error ends it and not the others
            end(index, partial(_raise, error))
            continue
        observer = JobObserver(trainer, job.context)
        rest = partial(_finish, job, observer, zoo, data)
        ended = partial(_pass_on, partial(end, index), rest)
        members.append(pack.Member(trainer, [observer], pipeline.callbacks_of(trainer), ended))
    pack.train_pack(members)


def _trainer(job: TrainingJob, datasets: dict[str, Dataset], zoo: Path, data: Path) -> Trainer:
    """Return the trainer of a job; jobs of equal data sets share one of ``datasets``, which is filled."""
    config = _config(job.spec, zoo)
    key = json.dumps([config.dataset, config.dataset_settings], sort_keys=True)
    if key not in datasets:
        datasets[key] = open_dataset(config.dataset, config.dataset_settings, data)
    _move_restored(job.folder)
    return pipeline.prepare(config, job.folder, data, datasets[key])


def _pass_on(
    end: Callable[[Callable[[], JsonObject]], None], rest: Callable[[bool], JsonObject], outcome: bool | Exception
) -> None:
    end(partial(_raise, outcome) if isinstance(outcome, Exception) else partial(rest, outcome))


def _raise(error: Exception) -> JsonObject:
    raise error


def _config(spec: JsonObject, zoo: Path) -> RunConfig:
    return resolve(with_learned(run_settings(spec), spec.get("learned_from"), zoo))


def _finish(job: TrainingJob, observer: JobObserver, zoo: Path, data: Path, done: bool) -> JsonObject:
    """Export the run of a job after its training and return the result; raise the reason if it was stopped."""
    if not done:
        job.context.stop()
    trainer = observer.trainer
    job.context.progress({"step": trainer.step, **observer.latest, "phase": "export"})
    return {
        "model": _export(job.spec, job.folder, job.context, zoo, data),
        "steps": trainer.step,
        "parts": observer.latest.get("parts", {}),
        "seconds_per_step": observer.step_seconds,
        **({"trained_together": trainer.pack_size} if trainer.pack_size > 1 else {}),
        **(
            {"gpu_bytes": torch.cuda.max_memory_reserved() + GPU_CONTEXT_BYTES} if trainer.device.type == "cuda" else {}
        ),
    }


def with_learned(values: JsonObject, source: JsonObject | None, zoo: Path) -> JsonObject:
    """Return the settings of a run with those that take a learned weight of another model.

    Parameters
    ----------
    values : dict
    source : dict or None
        ``model``, an id of ``zoo``, and ``settings``: its learned weight by the setting of the objective that takes it.
    zoo : Path

    Raises
    ------
    NotFound
        If the model is not there, or has no such weight.
    """
    if source is None:
        return values
    model = zoo / source["model"]
    if not model.is_dir():
        raise NotFound(
            f"got model {model.name}, which does not exist and whose learned weight this run takes; allowed: a model "
            "of the zoo; train it first"
        )
    learned, taken = read_manifest(model).learned_weights, {}
    for name, weight in source["settings"].items():
        if not isinstance(learned.get(weight), int | float):
            raise NotFound(
                f"got learned weight {weight} of model {model.name}; allowed: {', '.join(learned) or 'none'}; name "
                "one of its weights"
            )
        taken[name] = learned[weight]
        log.info("setting taken from a learned weight setting=%s value=%g model=%s", name, taken[name], model.name)
    return {**values, "objective_settings": {**values.get("objective_settings", {}), **taken}}


def export(spec: JsonObject, folder: Path, job: JobContext, zoo: Path, data: Path) -> JsonObject:
    """Export the stored checkpoint of a training job, finished or not, into the zoo.

    Raises
    ------
    NotFound
        If that job has no checkpoint yet.
    """
    _move_restored(folder)
    if checkpoint.latest(folder) is None:
        raise NotFound(
            f"got job {spec['job']}, which has no checkpoint yet; allowed: jobs with one; wait for one, or train it "
            "further"
        )
    if not (folder / RUN_FILE).exists():
        write_run(folder, resolve(run_settings(spec["run"])))
    return {"model": _export(spec, folder, job, zoo, data)}


def _export(spec: JsonObject, folder: Path, job: JobContext, zoo: Path, data: Path) -> str:
    job.confirm()
    label = StudyLabel.model_validate(spec["study"]) if "study" in spec else None
    return export_run(folder, zoo, data, model_id=spec.get("model"), name=spec.get("name"), study=label).name
