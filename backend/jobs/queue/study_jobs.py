"""Runs of studies as jobs: a sweep over the names of runs, whose settings stand in the study's definition."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from backend.jobs.queue import submit
from backend.jobs.queue.submit import NewSweep
from backend.jobs.records import NewJob
from models_zoo.json_types import JsonObject
from training.studies.scale import shortened
from training.studies.study import Study, StudyRun, read_study

AXIS = "run"
MAX_NAME = 60
SHORT_STEPS = 5_000
"""Runs of fewer steps share a process, whose start takes as long as they do."""
SHORT_PACK = 8


def study_sweep(
    study: Study, scale: float, seeds: int | None, names: Sequence[str], schemas: JsonObject, *, gpus: float = 0.0
) -> NewSweep:
    """Return the sweep of runs of a study.

    Parameters
    ----------
    study : Study
    scale : float
        Share of the published number of steps.
    seeds : int or None
        Number of seeds that the study was read with.
    names : sequence of str
        Runs to do.
    schemas : dict
        Descriptions of all plugins.
    gpus : float
        GPUs of each process, on which runs are trained side by side; 0 trains on the CPU.
    """
    runs = [run for run in study.runs if run.name in set(names)]
    needed = set(names) | {run.depends_on for run in runs}
    configs = [run.config for run in study.runs if run.name in needed]
    defaults = submit.plugin_defaults(
        schemas, {config["objective"] for config in configs}, {config["dataset"] for config in configs}
    )
    spec = {
        "study": {"study": study.name, "scale": scale, "seeds": seeds},
        "grid": {AXIS: [run.name for run in runs]},
        "defaults": defaults,
    }
    longest = max(job.steps or 0 for job in _jobs(study, runs, spec))
    spec |= {"gpus": gpus, "pack": SHORT_PACK if gpus or longest < SHORT_STEPS else 1}
    return NewSweep(f"{study.name} at scale {scale:g}", spec, len(runs))


def jobs_of(sweep: JsonObject, start: int, stop: int) -> Iterator[NewJob]:
    """Yield the jobs at positions ``start`` to ``stop`` of a stored sweep, of a study or of a grid.

    A run that the study's definition no longer has is left out.
    """
    if "study" not in sweep:
        return submit.sweep_jobs(sweep, start, stop)
    study = read_study(sweep["study"]["study"], sweep["study"]["seeds"])
    position = {name: start + k for k, name in enumerate(sweep["grid"][AXIS][start:stop])}
    return _jobs(study, [run for run in study.runs if run.name in position], sweep, position)


def _jobs(
    study: Study, runs: Sequence[StudyRun], sweep: JsonObject, position: dict[str, int] | None = None
) -> Iterator[NewJob]:
    by_name = {run.name: run for run in study.runs if run.depends_on is None}
    for run in runs:
        spec = run_spec(study, run, sweep)
        waits_for = None
        if run.depends_on is not None:
            source = run_spec(study, by_name[run.depends_on], sweep)
            spec["learned_from"] = {"model": source["model"], "settings": run.learned}
            waits_for = submit.run_digest(source)
            spec["model"] = model_id(run, spec)
        yield submit.training_job(
            {**spec, "gpus": gpus} if (gpus := sweep.get("gpus")) else spec,
            f"{study.name}: {run.name}"[:200],
            position=None if position is None else position[run.name],
            pack=sweep.get("pack", 1),
            waits_for=waits_for,
        )


def run_spec(study: Study, run: StudyRun, sweep: JsonObject) -> JsonObject:
    """Return the specification of the training job of a run, without what it takes from another run."""
    scale, defaults = sweep["study"]["scale"], sweep["defaults"]
    spec = shortened(submit.with_defaults(run.config, defaults), scale)
    label = {"study": study.name, "scale": scale, "run": run.name, "group": run.group, "varied": run.varied}
    spec |= {"study": label, "evaluate": {**asdict(study.evaluation), "study": label}}
    return {**spec, "model": model_id(run, spec)}


def model_id(run: StudyRun, spec: JsonObject) -> str:
    """Return the id of the model of a run: its name, and a digest of all its settings."""
    return f"{run.name[:MAX_NAME]}-{submit.run_digest(spec)[: submit.DIGITS]}"
