"""`python -m training pace`: seconds of one step of a run, for processes that do not load torch."""

import statistics
import time
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from training.runs.trainer import Trainer

NICENESS = 10
WARM_STEPS = 3
MIN_STEPS = 3
MAX_STEPS = 40


def pace(
    budget_seconds: Annotated[float, typer.Option(min=0, help="Time to measure for.")] = 5.0,
    cpu_seconds: Annotated[int | None, typer.Option(min=1, help="CPU time after which the process is ended.")] = None,
) -> None:
    """Read the settings of a run as JSON from stdin, train some steps of it, print the time of one and the device."""
    import json
    import os
    import resource
    import sys
    from pathlib import Path

    from training.runs.process import configure_process

    configure_process()
    os.nice(NICENESS)
    if cpu_seconds is not None:
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    from models_zoo.home import data_directory
    from training.data.local import open_dataset
    from training.runs.run_config import resolve

    config = resolve(json.load(sys.stdin))  # refuses a wrong run before the import of torch
    from training.runs.trainer import Trainer

    dataset = open_dataset(config.dataset, config.dataset_settings, data_directory())
    trainer = Trainer(config, Path("never-written"), dataset)
    seconds = seconds_per_step(trainer, budget_seconds)
    typer.echo(json.dumps({"seconds_per_step": seconds, "device": trainer.device.type}))


def seconds_per_step(trainer: "Trainer", budget_seconds: float) -> float:
    """Train steps after a warm-up until the budget is spent, at least six; nothing is written.

    Returns
    -------
    float
        Median seconds of a step: CPU seconds where one thread computes, so that the load of other processes does
        not count, else wall-clock seconds.
    """
    trainer.model.train()
    single = trainer.config.threads == 1 and trainer.device.type == "cpu"
    clock = time.process_time if single else time.perf_counter
    end = time.monotonic() + budget_seconds
    taken: list[float] = []
    while len(taken) < WARM_STEPS + MIN_STEPS or (len(taken) < WARM_STEPS + MAX_STEPS and time.monotonic() < end):
        begun = clock()
        trainer.train_step()
        trainer.read_losses()  # waits for a GPU
        taken.append(clock() - begun)
    return statistics.median(taken[WARM_STEPS:])
