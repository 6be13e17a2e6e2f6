"""`axiscope stress`: every metric on synthetic codes of known structure."""

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from models_zoo.json_types import JsonObject

SIGNS = {"right": "right", "fooled": "FOOLED", "open": "open", "none": ""}


def stress(
    names: Annotated[str | None, typer.Option("--metrics", help="Metrics, comma-separated; all by default.")] = None,
    rows: Annotated[int, typer.Option(min=100, help="Rows of each table of codes.")] = 500,
    seeds: Annotated[int, typer.Option(min=2, help="Tables of each structure, with the seeds 0, 1, ..")] = 3,
    write: Annotated[bool, typer.Option("--write", help="Store the table that pages and documentation show.")] = False,
    json_output: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Score codes of known structure by every metric and say by a rule which metric is fooled."""
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
    """Print metrics by structures: mean score, and the verdict."""
    from rich.console import Console
    from rich.table import Table

    view = Table("metric", *document["structures"], title="mean score over seeds, verdict", title_justify="left")
    for name, each in document["metrics"].items():
        texts = [
            "–" if cell["score"] is None else f"{cell['score'][0]:.2f} {SIGNS[cell['verdict']]}"
            for cell in each["cells"].values()
        ]
        view.add_row(name, *texts)
    Console().print(view)
