"""Running a study: train, export, measure, one run after another; what is done is not done again."""

import fnmatch
from pathlib import Path
from typing import Any

from models_zoo.errors import AxiscopeError, Conflict, NotFound
from models_zoo.home import data_directory
from training import checkpoint, history
from training.entry_evaluation import evaluate_entry, write_evaluation
from training.export import export_run
from training.midrun import hooks_of
from training.study import Study, StudyRun, read_results, scaled, write_results
from training.terminal import TrainingBar, console, status
from training.trainer import Trainer, open_dataset


def run_study(study: Study, folder: Path, *, scale: float, only: str) -> dict[str, Any]:
    """Run what is missing of a study.

    Parameters
    ----------
    study : Study
    folder : Path
        Receives `results.json`, `runs/` and `zoo/`.
    scale : float
        Fraction of the published steps, in (0, 1].
    only : str
        Shell pattern of run names; ``*`` for all.

    Returns
    -------
    dict
        The content of `results.json`. A run that cannot be done (its data set is missing) stands there with its reason.

    Raises
    ------
    Conflict
        If the folder holds results of another scale.
    NotFound
        If no run matches ``only``.
    """
    chosen = [run for run in study.runs if fnmatch.fnmatch(run.name, only)]
    if not chosen:
        raise NotFound(f"no run of {study.name} matches {only!r}; the first are: {', '.join(_some(study))}")
    results = read_results(folder)
    if results["scale"] not in (None, scale):
        raise Conflict(f"{folder} holds results at scale {results['scale']}, not {scale}: choose another --out")
    results["scale"] = scale
    for number, run in enumerate(chosen, 1):
        if results["runs"].get(run.name, {}).get("scores"):
            continue
        console.print(f"[bold]{number} of {len(chosen)}[/bold] {run.name}")
        results["runs"][run.name] = {"group": run.group, "varied": run.varied, **_attempt(study, run, folder, scale)}
        write_results(folder, results)
    return results


def _some(study: Study) -> list[str]:
    return [run.name for run in study.runs[:5]]


def _attempt(study: Study, run: StudyRun, folder: Path, scale: float) -> dict[str, Any]:
    try:
        return _carry_out(study, run, folder, scale)
    except AxiscopeError as error:
        console.print(f"  not done: {error}")
        return {"problem": str(error)}


def _carry_out(study: Study, run: StudyRun, folder: Path, scale: float) -> dict[str, Any]:
    config = scaled(run, scale)
    out = folder / "runs" / run.name
    dataset = open_dataset(config, data_directory())
    trainer = Trainer(config, out, dataset)
    saved = checkpoint.latest(out)
    if saved is not None:
        trainer.restore(saved)
    with TrainingBar(config.steps, trainer.step) as bar:
        trainer.train((bar,), hooks_of(trainer))
    with status("exporting") as say:
        entry = export_run(out, folder / "zoo", data_directory(), model_id=run.name[:80], progress=say)
    with status("measuring") as say:
        measured = evaluate_entry(
            entry,
            dataset,
            study.metrics,
            settings=study.metric_settings,
            progress=lambda what, done, total: say(f"{what} {done} of {total}"),
        )
    write_evaluation(entry, measured)
    return {
        "title": dataset.title,
        "steps": trainer.step,
        "cpu_seconds": trainer.cpu_seconds,
        "last": history.read(out)[-1]["parts"],
        "history": history.as_columns(history.read(out)),
        "evaluations": history.read(out, history.EVALUATIONS),
        "learned": {name: value.tolist() for name, value in trainer.objective.learned_weights().items()},
        "scores": {result.metric: {"score": result.score, "reason": result.reason} for result in measured},
        "details": {result.metric: _numbers(result.details) for result in measured},
    }


def _numbers(details: dict[str, Any]) -> dict[str, float]:
    return {name: value for name, value in details.items() if isinstance(value, int | float)}
