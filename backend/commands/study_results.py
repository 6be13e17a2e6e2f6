"""Commands `axiscope study import` and `axiscope study report`."""

import json
from pathlib import Path
from typing import Annotated

import typer

Name = Annotated[str, typer.Argument(help="Study, see `axiscope study list`.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


def import_results(
    name: Name,
    file: Annotated[Path, typer.Argument(help="UTF-8 CSV, one row a run; docs/studies.md describes the columns.")],
    json_output: Json = False,
) -> None:
    """Import results of others, whole or not at all; a refusal names line and column."""
    from backend.db import study_imports
    from backend.db.engine import Database
    from backend.settings import read_settings
    from models_zoo.errors import NotFound
    from training.studies.result_table import read_table
    from training.studies.study import read_study

    study = read_study(name)
    if not file.is_file():
        raise NotFound(f"got {file}, which is no file; allowed: a table of results in CSV; correct the path")
    runs = read_table(study, file.name, file.read_bytes())
    with Database(read_settings().database) as database:
        database.migrate()
        entry = database.transact(lambda session: study_imports.add(session, study.name, file.name, runs))
    entry["created_at"] = entry["created_at"].isoformat()
    shown = (
        f"imported {entry['runs']:,} runs as number {entry['id']}: axiscope study report {name} --import {entry['id']}"
    )
    typer.echo(json.dumps(entry) if json_output else shown)


def report(
    name: Name,
    scale: Annotated[float | None, typer.Option(help="Measured scale; the largest by default.")] = None,
    imported: Annotated[int | None, typer.Option("--import", help="Number of an import instead.")] = None,
    out: Annotated[Path | None, typer.Option(help="HTML file; NAME.html in this folder by default.")] = None,
    markdown: Annotated[
        Path | None,
        typer.Option(help="Folder of a second copy: NAME.md with the figures at their first choices, as SVG."),
    ] = None,
    json_output: Json = False,
) -> None:
    """Write one HTML file with the figures, claims and tables of the study's page."""
    from backend.commands.study_report import write_report
    from backend.context import open_context
    from backend.settings import read_settings
    from training.console import status
    from training.studies.study import read_study

    study = read_study(name)
    context = open_context(read_settings())
    context.datasets.wait_seconds = None  # wait for every conversion
    path = out or Path(f"{name}.html")
    try:
        context.database.migrate()
        context.registry.sync()
        with status("report") as progress:
            figures = write_report(
                context, study, path, scale=scale, imported=imported, markdown=markdown, progress=progress
            )
    finally:
        context.close()
    typer.echo(
        json.dumps({"report": str(path), "figures": figures}) if json_output else f"wrote {path}: {figures} figures"
    )
