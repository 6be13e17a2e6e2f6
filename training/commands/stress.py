"""`axiscope stress`: every metric on synthetic codes of known structure."""

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from models_zoo.json_types import JsonObject

SIGNS = {"right": "right", "fooled": "FOOLED", "open": "open", "none": ""}
METRICS_A_TABLE = 4


def stress(
    names: Annotated[str | None, typer.Option("--metrics", help="Metrics, comma-separated; all by default.")] = None,
    rows: Annotated[int, typer.Option(min=100, help="Rows of each table of codes.")] = 500,
    seeds: Annotated[int, typer.Option(min=2, help="Tables of each structure, with the seeds 0, 1, ..")] = 3,
    write: Annotated[bool, typer.Option("--write", help="Store the table that pages and documentation show.")] = False,
    json_output: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Score codes of known structure by every metric and list by a rule which metric is fooled."""
    from training.console import status
    from training.evaluation import stress as table

    chosen = [name.strip() for name in (names or "").split(",") if name.strip()]
    with status("stress test") as report:
        measured = table.measure(
            chosen,
            rows=rows,
            seeds=range(seeds),
            progress=lambda what, done, total: report(f"{what} {done}/{total}"),
        )
    if write:
        table.write(measured)
    document = table.complete(measured)
    if json_output:
        sys.stdout.write(json.dumps(document, allow_nan=False) + "\n")
    else:
        show(document)


def show(document: "JsonObject") -> None:
    """Print structures by metrics: mean score and verdict, some metrics a table so that 80 columns hold it."""
    from rich.console import Console
    from rich.table import Table

    names = list(document["metrics"])
    for start in range(0, len(names), METRICS_A_TABLE):
        some = names[start : start + METRICS_A_TABLE]
        view = Table("structure", *some, title="mean score over seeds, verdict", title_justify="left")
        for structure in document["structures"]:
            view.add_row(structure, *(_text(document["metrics"][name]["cells"][structure]) for name in some))
        Console().print(view)


def _text(cell: "JsonObject") -> str:
    return "–" if cell["score"] is None else f"{cell['score'][0]:.2f} {SIGNS[cell['verdict']]}"
