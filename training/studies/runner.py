"""Running a study: train, export, measure, one run after another; what is done is not done again."""

import fnmatch
from pathlib import Path
from typing import Any

from models_zoo.errors import AxiscopeError, Conflict, NotFound
from models_zoo.home import data_directory
from training.console import console, status
from training.runs import history
from training.runs.pipeline import export_and_evaluate
from training.runs.session import train_in_terminal
from training.studies.study import Study, StudyRun, read_results, scaled, write_results


def run_study(study: Study, folder: Path, *, scale: float, only: str) -> tuple[dict[str, Any], bool]:
    """Run what is missing of a study; SIGINT and SIGTERM save a checkpoint of the run in progress and end it.

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
        The content of `results.json`. A run that cannot be done (its data set is missing) stands there with its reason.
    finished : bool
        False when a signal ended it; the same call goes on.

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
        outcome = _attempt(study, run, folder, scale)
        if outcome is None:
            console.print("stopped; the same command goes on")
            return results, False
        results["runs"][run.name] = {"group": run.group, "varied": run.varied, **outcome}
        write_results(folder, results)
    return results, True


def _some(study: Study) -> list[str]:
    return [run.name for run in study.runs[:5]]


def _attempt(study: Study, run: StudyRun, folder: Path, scale: float) -> dict[str, Any] | None:
    try:
        return _carry_out(study, run, folder, scale)
    except AxiscopeError as error:
        console.print(f"  not done: {error}")
        return {"problem": str(error)}


def _carry_out(study: Study, run: StudyRun, folder: Path, scale: float) -> dict[str, Any] | None:
    out = folder / "runs" / run.name
    config = scaled(run, scale)
    if config.start_from is not None:  # another run of this study, or an absolute path
        config = config.model_copy(update={"start_from": str(out.parent / config.start_from)})
    trainer, finished = train_in_terminal(config, out)
    if not finished:
        return None
    with status("exporting and measuring") as say:
        _, measured = export_and_evaluate(
            trainer,
            folder / "zoo",
            data_directory(),
            model_id=run.name[:80],
            metrics=study.metrics,
            settings=study.metric_settings,
            progress=say,
        )
    return {
        "title": trainer.dataset.title,
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
