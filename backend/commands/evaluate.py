"""`axiscope evaluate`: metrics of a zoo model, stored in the database."""

import json
import sys
from typing import Annotated

import typer

from models_zoo.errors import InvalidInput
from models_zoo.json_types import JsonObject


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
    recompute: Annotated[bool, typer.Option("--again", help="Compute stored results again.")] = False,
    json_output: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Evaluate a model of the zoo on its data set and store the results."""
    from backend.db.engine import Database
    from backend.scores.evaluation import EvaluationRequest, evaluate_model
    from backend.settings import read_settings
    from training.commands.metrics import by_metric
    from training.console import status
    from training.evaluation.networks.loading import load_network
    from training.evaluation.score import MODES, EvaluationOptions

    if mode not in MODES:
        raise InvalidInput(f"got --mode {mode!r}; allowed: {', '.join(MODES)}")
    settings = read_settings()
    with Database(settings.database) as database:
        database.migrate()
    request = EvaluationRequest(
        metrics=[name.strip() for name in (names or "").split(",") if name.strip()],
        seed=seed,
        options=EvaluationOptions(mode=mode, jobs=jobs),
        settings=by_metric(assignments or []),
        rows=rows or None,
        recompute=recompute,
    )
    with status(model) as report:
        results = evaluate_model(
            settings,
            model,
            request,
            lambda what, done, total: report(f"{what} {done}/{total}"),
            networks=load_network,
        )
    if json_output:
        document = {"model": model, "mode": mode, "seed": seed, "metrics": {each["metric"]: each for each in results}}
        sys.stdout.write(json.dumps(document, allow_nan=False) + "\n")
    else:
        show(model, mode, results)


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
