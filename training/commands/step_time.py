"""`python -m training pace`: seconds of one step of a run, for processes without torch."""

from typing import Annotated

import typer

NICENESS = 10


def pace(
    budget_seconds: Annotated[float, typer.Option(min=0, help="When to stop measuring.")] = 5.0,
    cpu_seconds: Annotated[int | None, typer.Option(min=1, help="CPU time after which the process is ended.")] = None,
) -> None:
    """Read the settings of a run as JSON from stdin, train some steps of it, print how long one takes."""
    import json
    import os
    import resource
    import sys
    from pathlib import Path

    from training.runs.process import tune

    tune()
    os.nice(NICENESS)
    if cpu_seconds is not None:
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    from models_zoo.home import data_directory
    from training.runs.run_config import resolve
    from training.runs.step_time import seconds_per_step
    from training.runs.trainer import open_dataset

    config = resolve(json.load(sys.stdin))
    found = seconds_per_step(config, open_dataset(config, data_directory()), Path("never-written"), budget_seconds)
    typer.echo(json.dumps({"seconds_per_step": found}))
