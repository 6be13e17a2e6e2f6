"""Execution of a study: train, export and evaluate one run after another; finished runs are skipped."""

import fnmatch
from pathlib import Path

from models_zoo.errors import AxiscopeError, Conflict, NotFound
from models_zoo.home import data_directory
from models_zoo.json_types import JsonObject
from training.console import console, status
from training.runs import history
from training.runs.pipeline import export_and_evaluate
from training.runs.terminal import train_in_terminal
from training.studies.study import Study, StudyRun, read_results, scaled, write_results


def run_study(study: Study, folder: Path, *, scale: float, only: str) -> tuple[JsonObject, bool]:
    """Execute the missing runs of a study; SIGINT and SIGTERM save a checkpoint of the current run and end it.

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
    results : dict
        The content of `results.json`. A run that fails, e.g. for lack of its data set, has its reason there.
    finished : bool
        False when a signal ended it; the same call resumes it.

    Raises
    ------
    Conflict
        If the folder holds results of another scale.
    NotFound
        If no run matches ``only``.
    """
    chosen = [run for run in study.runs if fnmatch.fnmatch(run.name, only)]
    if not chosen:
        some = ", ".join(run.name for run in study.runs[:5])
        raise NotFound(f"no run of {study.name} matches {only!r}; the first are: {some}")
    results = read_results(folder)
    if results["scale"] not in (None, scale):
        raise Conflict(f"{folder} holds results at scale {results['scale']}, not {scale}: choose another --out")
    results["scale"] = scale
    for number, run in enumerate(chosen, 1):
        if results["runs"].get(run.name, {}).get("scores"):
            continue
        console.print(f"[bold]{number} of {len(chosen)}[/bold] {run.name}")
        outcome = _try_run(study, run, folder, scale)
        if outcome is None:
            console.print("stopped; the same command resumes it")
            return results, False
        results["runs"][run.name] = {"group": run.group, "varied": run.varied, **outcome}
        write_results(folder, results)
    return results, True


def _try_run(study: Study, run: StudyRun, folder: Path, scale: float) -> JsonObject | None:
    try:
        return _execute_run(study, run, folder, scale)
    except AxiscopeError as error:
        console.print(f"  not done: {error}")
        return {"problem": str(error)}


def _execute_run(study: Study, run: StudyRun, folder: Path, scale: float) -> JsonObject | None:
    out = folder / "runs" / run.name
    config = scaled(run, scale)
    if config.start_from is not None:  # another run of this study, or an absolute path
        config = config.model_copy(update={"start_from": str(out.parent / config.start_from)})
    trainer, finished = train_in_terminal(config, out)
    if not finished:
        return None
    with status("exporting and evaluating") as progress:
        _, scores = export_and_evaluate(
            trainer,
            folder / "zoo",
            data_directory(),
            model_id=run.name[:80],
            metrics=study.evaluation.metrics,
            settings=study.evaluation.settings,
            progress=progress,
        )
    return {
        "title": trainer.dataset.title,
        "steps": trainer.step,
        "cpu_seconds": trainer.cpu_seconds,
        "last": history.read(out)[-1]["parts"],
        "history": history.as_columns(history.read(out)),
        "evaluations": history.read(out, history.EVALUATIONS),
        "learned": {name: value.tolist() for name, value in trainer.objective.learned_weights().items()},
        "scores": {result.metric: {"score": result.score, "reason": result.reason} for result in scores},
        "details": {result.metric: _numbers(result.details) for result in scores},
    }


def _numbers(details: JsonObject) -> dict[str, float]:
    return {name: value for name, value in details.items() if isinstance(value, int | float)}
