"""`axiscope study`: published experiments, repeated."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Repeat published experiments and compare the figures.")
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Out = Annotated[Path | None, typer.Option(help="Folder of the results; under AXISCOPE_HOME/studies by default.")]


@app.command("list")
def list_studies(json_output: Json = False) -> None:
    """Print the studies, how many runs each has, and its question."""
    import json

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
    only: Annotated[str, typer.Option(help="Runs to execute, a shell pattern of names: 'vae-*'.")] = "*",
    out: Out = None,
    json_output: Json = False,
) -> None:
    """Train, export and evaluate the runs of a study; finished runs are skipped."""
    import json

    from training.runs.process import configure_process

    configure_process()
    from training.studies.runner import run_study
    from training.studies.study import read_study, study_folder

    study = read_study(name)
    results, finished = run_study(study, out or study_folder(name, scale), scale=scale, only=only)
    if json_output:
        typer.echo(json.dumps(results))
    if not finished:
        raise SystemExit(130)


@app.command("report")
def report(
    name: Annotated[str, typer.Argument(help="Study that was run.")],
    scale: Annotated[float, typer.Option(help="Scale it was run at.")] = 1.0,
    out: Out = None,
    json_output: Json = False,
) -> None:
    """Write one HTML page of published and measured figures, each with its scale."""
    import json

    from training.studies.report import write_report
    from training.studies.study import read_study, study_folder

    path = write_report(read_study(name), out or study_folder(name, scale))
    typer.echo(json.dumps({"report": str(path)}) if json_output else f"wrote {path}")
