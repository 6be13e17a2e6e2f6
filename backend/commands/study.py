"""`axiscope study`: published experiments, repeated."""

import json
import signal
import time
from typing import TYPE_CHECKING, Annotated

import typer

from backend.commands.study_results import import_results, report

if TYPE_CHECKING:
    from backend.context import Context
    from backend.schemas.studies import StudyRunsAnswer

POLL_SECONDS = 1.0

app = typer.Typer(no_args_is_help=True, help="Repeat published experiments and compare the figures.")
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


@app.command("list")
def list_studies(json_output: Json = False) -> None:
    """Print the studies, how many runs each has, and its question."""
    from training.studies.study import names, read_study

    studies = [read_study(name) for name in names()]
    if json_output:
        rows = [{"name": s.name, "title": s.title, "runs": len(s.runs), "question": s.question} for s in studies]
        typer.echo(json.dumps(rows))
        return
    for study in studies:
        typer.echo(f"{study.name:26} {len(study.runs):6,} runs  {study.title}")


@app.command("run")
def run(
    name: Annotated[str, typer.Argument(help="Study, see `axiscope study list`.")],
    scale: Annotated[float, typer.Option(help="Fraction of the published steps, above 0 up to 1.")] = 1.0,
    seeds: Annotated[
        int | None, typer.Option(help="Seeds of each configuration; those of the source by default.")
    ] = None,
    only: Annotated[str, typer.Option(help="Runs to execute, a shell pattern of names: 'vae-*'.")] = "*",
    gpus: Annotated[float, typer.Option(help="Share of a GPU for each process of 8 runs; 0 is CPU.", min=0, max=1)] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Estimate the missing runs and queue nothing.")] = False,
    json_output: Json = False,
) -> None:
    """Queue the missing runs of a study, and execute them here where no dispatcher runs."""
    from backend.context import open_context
    from backend.jobs.api import studies
    from backend.jobs.dispatcher.local_runner import Slots
    from backend.schemas.studies import StudyRunsRequest
    from backend.settings import read_settings
    from training.console import status
    from training.studies.scale import check_scale
    from training.studies.study import run_count

    run_count(name, seeds)  # refuses a wrong name before a database is made
    request = StudyRunsRequest(scale=check_scale(scale), seeds=seeds, only=only, dry_run=dry_run, gpus=gpus)
    settings = read_settings()
    context = open_context(settings)
    try:
        context.database.migrate()
        _check_gpus(context, gpus)
        with status("estimate"):
            own = Slots(settings.cpu_slots, settings.gpu_slots).capacity()
            found = studies.answer(context.jobs, name, request, own=own)
        if not json_output:
            _describe(found, what="packs " if gpus else "")
        finished = dry_run or _execute(context, found, report=not json_output)
        plan = studies.plan(context.jobs, name, request)
        done, active, failed = len(plan.done), len(plan.active), [] if dry_run else sorted(plan.missing)
        if json_output:
            left = {"finished": finished, "done": done, "active": active, "failed": failed}
            typer.echo(json.dumps({**found.model_dump(mode="json"), **left}))
        elif not dry_run:
            waiting = f", {active:,} are queued or in progress" if active else ""
            typer.echo(f"{done:,} runs have a model and all scores{waiting}, {len(failed):,} failed")
    finally:
        context.close()
    if not finished:
        raise SystemExit(130)


def _check_gpus(context: "Context", gpus: float) -> None:
    """Refuse a share of a GPU where neither this machine nor a dispatcher of this home has one.

    Raises
    ------
    InvalidInput
    """
    from backend.jobs.dispatcher.local_runner import gpu_memory
    from backend.jobs.queue import dispatchers
    from models_zoo.errors import InvalidInput

    if gpus and not dispatchers.list_dispatchers(context.database) and not gpu_memory():
        raise InvalidInput(
            f"--gpus: got {gpus:g} on a machine without an NVIDIA GPU; allowed: 0; leave it out, or start "
            "`axiscope worker` on a machine with one",
            field="/gpus",
        )


def _describe(found: "StudyRunsAnswer", what: str) -> None:
    """Print what is to be done, what it costs, how many of ``what`` at a time, and what is not possible here."""
    there = f"{found.done:,} done, {found.active:,} queued or in progress"
    if found.runs:
        times = [(found.hours, "training"), (found.evaluation_hours, "evaluation")]
        known = " and ".join(f"{_duration(hours)} of {what}" for hours, what in times if hours is not None)
        untimed = f", without {found.untimed_runs:,} runs that could not be timed" if found.untimed_runs else ""
        typer.echo(
            f"{found.study} at scale {found.scale:g}: {found.runs:,} runs of {found.steps:,} steps in all, "
            f"about {known or 'unknown time'}{untimed}, {found.slots} {what}at a time; {there}"
        )
    else:
        typer.echo(f"{found.study} at scale {found.scale:g}: no run is missing; {there}")
    for each in found.unavailable:
        typer.echo(f"not possible here: {len(each.runs):,} runs, {each.reason}")


def _duration(hours: float) -> str:
    """Return hours as text, "2.3 h" or "12 min"."""
    return f"{hours:.1f} h" if hours >= 1 else f"{max(1, round(60 * hours))} min"


def _execute(context: "Context", found: "StudyRunsAnswer", *, report: bool) -> bool:
    """Run a dispatcher until the runs of a study have ended; one that runs already is left to do it.

    Returns
    -------
    bool
        False when SIGINT or SIGTERM ended it: running jobs are saved and stay in the queue.
    """
    from backend.jobs.api.studies import active_runs
    from backend.jobs.dispatcher.main import Supervisor
    from backend.jobs.processes import StopSignal
    from backend.jobs.queue import dispatchers
    from training.console import status

    total = found.runs + found.active
    if not total:
        return True
    if dispatchers.list_dispatchers(context.database):
        if report:
            typer.echo("queued: a dispatcher of this home executes them; see the Jobs page")
        return True
    stop = StopSignal(signal.SIGINT, signal.SIGTERM)
    supervisor = Supervisor({**context.settings.environment(), "AXISCOPE_LOG_LEVEL": "warning"})
    supervisor.start()
    try:
        with status(found.study) as progress:
            while not stop.received and (left := active_runs(context.database, found.study, found.scale)):
                progress(f"{max(0, total - len(left)):,} of {total:,} runs ended")
                time.sleep(POLL_SECONDS)
    finally:
        supervisor.stop()
    if stop.received and report:
        typer.echo("stopped; the same command resumes it")
    return not stop.received


app.command("import")(import_results)
app.command("report")(report)
