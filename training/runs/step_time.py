"""How long one step of a run takes on this machine: a few real steps, nothing written."""

import statistics
import time
from pathlib import Path

from training.data.dataset import Dataset
from training.runs.run_config import RunConfig
from training.runs.trainer import Trainer

WARM_STEPS = 3
LEAST_STEPS = 3
MOST_STEPS = 40


def seconds_per_step(config: RunConfig, dataset: Dataset, scratch: Path, budget_seconds: float) -> float:
    """Time steps of the run ``config`` after a warm-up, for as long as the budget lasts.

    Parameters
    ----------
    config : RunConfig
        Resolved settings.
    dataset : Dataset
    scratch : Path
        Named to the trainer as its run folder; nothing is written there.
    budget_seconds : float
        When to stop; at least six steps are made.

    Returns
    -------
    float
        Median seconds of a step; of one thread the CPU's seconds, so that neighbours do not count.
    """
    trainer = Trainer(config, scratch, dataset)
    trainer.model.train()
    clock = time.process_time if config.threads == 1 and trainer.device.type == "cpu" else time.perf_counter
    end = time.monotonic() + budget_seconds
    taken: list[float] = []
    while len(taken) < WARM_STEPS + LEAST_STEPS or (len(taken) < WARM_STEPS + MOST_STEPS and time.monotonic() < end):
        begun = clock()
        trainer.train_step()
        taken.append(clock() - begun)
    return statistics.median(taken[WARM_STEPS:])
