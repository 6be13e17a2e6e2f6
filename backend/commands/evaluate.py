"""`axiscope evaluate`: metrics of a zoo model, stored in the database."""

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from models_zoo.errors import InvalidInput
from models_zoo.json_types import JsonObject

if TYPE_CHECKING:
    from training.evaluation.images import ImageChoice


def evaluate(
    model: Annotated[str, typer.Argument(help="Id of a model of the zoo.")],
    names: Annotated[str | None, typer.Option("--metrics", help="Metrics, comma-separated; all by default.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of every random draw.")] = 0,
    mode: Annotated[str, typer.Option(help="parity (as published code) or corrected (as defined).")] = "corrected",
    assignments: Annotated[
        list[str] | None, typer.Option("--set", help="METRIC.SETTING=VALUE, e.g. mig.bins=20; repeat for more.")
    ] = None,
    rows: Annotated[int, typer.Option(min=0, help="Images to encode; 0 encodes the whole data set.")] = 30_000,
    jobs: Annotated[int, typer.Option(min=1, help="Threads.")] = 1,
    images: Annotated[
        str,
        typer.Option(help="Comma-separated, side by side: all, held_out, training, held_out_combinations."),
    ] = "all",
    recompute: Annotated[bool, typer.Option("--again", help="Compute stored results again.")] = False,
    json_output: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Evaluate a model of the zoo on its data set and store the results."""
    from backend.db.engine import Database
    from backend.scores.evaluation import EvaluationRequest, evaluate_model
    from backend.settings import read_settings
    from training.commands.metrics import by_metric
    from training.console import status
    from training.evaluation.images import CHOICES
    from training.evaluation.networks.loading import load_network
    from training.evaluation.score import MODES, EvaluationOptions

    if mode not in MODES:
        raise InvalidInput(f"got --mode {mode!r}; allowed: {', '.join(MODES)}")
    settings = read_settings()
    with Database(settings.database) as database:
        database.migrate()
    choices = list(dict.fromkeys(part.strip() for part in images.split(",")))
    for choice in choices:
        if choice not in CHOICES:
            raise InvalidInput(f"got --images {choice!r}; allowed: {', '.join(CHOICES)}")
    request = EvaluationRequest(
        metrics=[name.strip() for name in (names or "").split(",") if name.strip()],
        seed=seed,
        options=EvaluationOptions(mode=mode, jobs=jobs),
        settings=by_metric(assignments or []),
        rows=rows or None,
        recompute=recompute,
    )
    with status(model) as report:
        results = {
            choice: evaluate_model(
                settings,
                model,
                replace(request, images=choice),
                lambda what, done, total: report(f"{what} {done}/{total}"),
                networks=load_network,
            )
            for choice in CHOICES
            if choice in choices
        }
    if json_output:
        by_metric_name = {choice: {each["metric"]: each for each in found} for choice, found in results.items()}
        document = {"model": model, "mode": mode, "seed": seed, "metrics": next(iter(by_metric_name.values()))}
        if len(by_metric_name) > 1:
            document["images"] = by_metric_name
        sys.stdout.write(json.dumps(document, allow_nan=False) + "\n")
    elif len(results) == 1:
        show(model, mode, *results.values())
    else:
        show_side_by_side(model, mode, results)


def show(model: str, mode: str, results: list[JsonObject]) -> None:
    """Print the results as a table."""
    from rich.console import Console
    from rich.table import Table

    view = Table("metric", title=f"{model}, {mode} mode", title_justify="left", title_style="dim")
    view.add_column("score", justify="right")
    for heading in ("95 %", "chance", ""):
        view.add_column(heading)
    for each in results:
        between = "" if each["interval"] is None else "{:.3f} to {:.3f}".format(*each["interval"])
        chance = "" if each["chance"] is None else f"{each['chance']:.3f}"
        score = "–" if each["score"] is None else f"{each['score']:.4f}"
        note = each["reason"] or ("stored" if each["cached"] else f"{each['seconds']:.1f} s")
        view.add_row(each["metric"], score, between, chance, note)
    Console().print(view)


def show_side_by_side(model: str, mode: str, results: "Mapping[ImageChoice, list[JsonObject]]") -> None:
    """Print the scores of each choice of images as a column of one table."""
    from rich.console import Console
    from rich.table import Table

    view = Table("metric", title=f"{model}, {mode} mode", title_justify="left", title_style="dim")
    for choice in results:
        view.add_column(choice.replace("_", " "), justify="right")
    for row in zip(*results.values(), strict=True):
        view.add_row(row[0]["metric"], *map(_cell, row))
    Console().print(view)


def _cell(result: JsonObject) -> str:
    if result["score"] is None:
        return "–"
    interval = "" if result["interval"] is None else " [{:.3f}, {:.3f}]".format(*result["interval"])
    return f"{result['score']:.3f}{interval}"
