"""`axiscope verify`: every figure of a model, computed again from its weights."""

import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from models_zoo.errors import InvalidInput

if TYPE_CHECKING:
    from backend.schemas.verification import Figure, Verification

TITLES = {
    "equal": "equal",
    "within": "within",
    "different": "DIFFERENT",
    "outdated": "OUTDATED",
    "unchecked": "unchecked",
}


def verify(
    models: Annotated[list[str] | None, typer.Argument(help="Ids of models of the zoo.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All models of the zoo.")] = False,
    run: Annotated[
        Path | None, typer.Option(help="Run folder of the model: compares the export with the weights in it.")
    ] = None,
    allow_unchecked: Annotated[
        bool,
        typer.Option("--allow-unchecked", help="Exit code 0 also for models whose images are not on this machine."),
    ] = False,
    jobs: Annotated[int, typer.Option(min=1, help="Threads.")] = 1,
    json_output: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Compute every figure of models again from their weights and compare it.

    The exit code is 0 if each model is verified, else 1. Reports are stored in AXISCOPE_HOME/verification.
    """
    from backend.db.engine import Database
    from backend.scores.verification import Verifier
    from backend.settings import read_settings
    from training.console import status
    from training.evaluation.networks.loading import load_network

    if bool(models) == every:
        raise InvalidInput(
            f"got {len(models or ())} models and --all {every}; allowed: models or --all; name one of the two"
        )
    if run is not None and (every or len(models or ()) != 1):
        raise InvalidInput("got --run and several models; allowed: --run with one model; name that model")
    parity = None
    if run is not None:
        from training.runs.export import parity_of_run

        parity = partial(parity_of_run, run)
    settings = read_settings()
    with Database(settings.database) as database:
        database.migrate()
    reports = []
    with Verifier(settings, networks=load_network, parity=parity, jobs=jobs) as verifier:
        for model in verifier.models() if every else models or ():
            with status(model) as report:
                reports.append(verifier.verify(model, lambda what, done, total: report(f"{what} {done}/{total}")))
            if not json_output:
                show(reports[-1])
    if json_output:
        verified = all(report.state == "verified" for report in reports)
        document = {"verified": verified, "models": [each.model_dump(mode="json") for each in reports]}
        sys.stdout.write(json.dumps(document, allow_nan=False) + "\n")
    accepted = {"verified", "unchecked"} if allow_unchecked else {"verified"}
    raise typer.Exit(0 if all(report.state in accepted for report in reports) else 1)


def _line(figure: "Figure") -> str:
    values = f"{figure.stored}  {figure.recomputed}"
    if figure.state == "equal":
        values = f"{figure.stored}" + (f"  (and {figure.numbers - 1} more)" if figure.numbers > 1 else "")
    elif figure.difference is not None:
        values += f"  difference {figure.difference:.3g}, tolerance {figure.tolerance:.3g}"
    note = f"  [{figure.note}]" if figure.note else ""
    return f"{TITLES[figure.state]:<10}{figure.group:<16}{figure.name:<48}{values}{note}\n"


def show(report: "Verification") -> None:
    """Print every figure with both numbers, and the counts."""
    sys.stdout.write(f"{report.model}, version {report.version or 'unknown'}\n")
    sys.stdout.writelines(_line(figure) for figure in report.figures)
    counts = ", ".join(f"{count} {state}" for state, count in report.counts.model_dump().items() if count)
    sys.stdout.write(f"{report.model}: {report.state}: {counts} in {report.seconds:.1f} s\n")
    sys.stdout.write(f"unchecked: {report.reason}\n\n" if report.reason else "\n")
    sys.stdout.flush()
