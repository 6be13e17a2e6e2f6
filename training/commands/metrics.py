"""`axiscope metrics`: metrics of the arrays in a file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from models_zoo.json_types import JsonObject

if TYPE_CHECKING:
    from training.evaluation.suite import Result
    from training.evaluation.table import CodeTable


def metrics(
    arrays: Annotated[
        Path, typer.Argument(help="npz with z (n, latents), factors (n, k), optional factor_sizes, factor_names.")
    ],
    names: Annotated[
        str | None, typer.Option("--metrics", help="Metrics, comma-separated; all that apply by default.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of every random draw.")] = 0,
    mode: Annotated[str, typer.Option(help="parity (as published code) or corrected (as defined).")] = "corrected",
    train: Annotated[str | None, typer.Option(help="Rows A:B to fit on: sap, explicitness, dci.")] = None,
    test: Annotated[str | None, typer.Option(help="Rows C:D to score on.")] = None,
    assignments: Annotated[
        list[str] | None, typer.Option("--set", help="METRIC.SETTING=VALUE, e.g. mig.bins=20; repeat for more.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Threads.")] = 1,
    json_output: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Measure codes against factors, with interval and chance level."""
    from dataclasses import replace

    from models_zoo.errors import InvalidInput
    from training.console import status
    from training.evaluation.arrays import parse_range, read_arrays, table_from_arrays
    from training.evaluation.score import MODES, EvaluationOptions
    from training.evaluation.suite import check_request, evaluate
    from training.registry import METRICS

    if mode not in MODES:
        raise InvalidInput(f"--mode: got {mode!r}; allowed: {', '.join(MODES)}")
    table = table_from_arrays(read_arrays(arrays))
    table = replace(
        table,
        train=None if train is None else parse_range(train, table.n, "--train"),
        test=None if test is None else parse_range(test, table.n, "--test"),
    )
    settings = by_metric(assignments or [])
    chosen = [name.strip() for name in (names or "").split(",") if name.strip()]
    chosen = chosen or (["udr"] if table.models else list(METRICS.names()))
    check_request(chosen, settings)
    options = EvaluationOptions(mode=mode, jobs=jobs)
    with status("metrics") as report:
        results = list(
            evaluate(
                table, chosen, seed=seed, options=options, settings=settings, progress=lambda name, *_: report(name)
            )
        )
    if json_output:
        import json

        typer.echo(json.dumps(document(table, mode, seed, results), allow_nan=False))
    else:
        show(table, mode, results)


def by_metric(assignments: list[str]) -> dict[str, JsonObject]:
    """Parse ``["mig.bins=20"]`` to ``{"mig": {"bins": 20}}``."""
    from models_zoo.errors import InvalidInput
    from training.config import parse_assignments

    settings: dict[str, JsonObject] = {}
    for key, value in parse_assignments(assignments).items():
        name, dot, setting = key.partition(".")
        if not dot or not name or not setting:
            raise InvalidInput(f"--set: got {key!r}; allowed: METRIC.SETTING=VALUE, e.g. dci.n_estimators=10")
        settings.setdefault(name, {})[setting] = value
    return settings


def document(table: "CodeTable", mode: str, seed: int, results: "list[Result]") -> JsonObject:
    """Return the JSON document of the command."""
    return {
        "n": table.n,
        "latents": table.n_latents,
        "factors": table.n_factors,
        "mode": mode,
        "seed": seed,
        "factor_names": list(table.factor_names),
        "metrics": {result.metric: entry(result) for result in results},
    }


def entry(result: "Result") -> JsonObject:
    """Return one metric of the document; ``reason`` is given where there is no score."""
    record: JsonObject = {
        "score": result.score,
        "interval": result.interval,
        "chance": result.chance,
        "seconds": result.seconds,
        "version": result.version,
        "details": result.details,
    }
    if result.reason is not None:
        record["reason"] = result.reason
    return record


def show(table: "CodeTable", mode: str, results: "list[Result]") -> None:
    """Print the results as a table."""
    from rich.console import Console
    from rich.table import Table

    from training.evaluation.suite import metric

    sizes = f"{table.n} rows, {table.n_latents} latents, {table.n_factors} factors, {mode} mode"
    view = Table(title=sizes, title_justify="left", title_style="dim")
    for heading, justify in (
        ("metric", "left"),
        ("score", "right"),
        ("95 %", "left"),
        ("chance", "right"),
        ("", "left"),
    ):
        view.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for result in results:
        info = metric(result.metric).INFO
        between = "" if result.interval is None else f"{result.interval[0]:.3f} to {result.interval[1]:.3f}"
        note = result.reason or ("" if info.higher_is_better else "lower is better")
        view.add_row(
            f"{info.title} [dim]{result.metric}[/dim]",
            "–" if result.score is None else f"{result.score:.4f}",
            between,
            "" if result.chance is None else f"{result.chance:.3f}",
            note,
        )
    Console().print(view)
