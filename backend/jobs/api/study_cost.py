"""Cost of runs of a study before they are queued: steps of training, time of training and of evaluation."""

from typing import NamedTuple

import sqlalchemy as sa

from backend.db.engine import Database
from backend.db.tables import MetricResult
from backend.jobs.queue import step_times, study_jobs
from backend.jobs.queue.submit import NewSweep
from models_zoo.json_types import JsonObject
from training.studies.study import Evaluation


class Cost(NamedTuple):
    """Cost of runs, one after the other.

    Parameters
    ----------
    steps : int
        Optimiser steps.
    training, evaluation : float or None
        Seconds of the runs whose step time is known, and of the metrics whose time is; None where none is.
    untimed : list of dict
        Specifications of the runs without a known step time.
    """

    steps: int
    training: float | None
    evaluation: float | None
    untimed: list[JsonObject]


def cost_of(database: Database, evaluation: Evaluation, sweep: NewSweep | None) -> Cost:
    """Return the cost of the runs of a sweep, by the times of similar runs and evaluations.

    On a GPU the runs of a pack make their steps at once: each counts its part of the time of a pack, where one was
    measured.
    """
    if sweep is None:
        return Cost(0, 0.0, 0.0, [])
    pack = min(sweep.spec["pack"], sweep.total)
    known: dict[str, float | None] = {}
    steps, training = 0, 0.0
    untimed: list[JsonObject] = []
    for job in study_jobs.jobs_of(sweep.spec, 0, sweep.total):
        key = str(step_times.cost_key(job.spec))
        if key not in known:
            packed = step_times.estimate_step_time(database, job.spec, together=pack) if job.gpus else None
            if packed and packed.seconds is not None:
                known[key] = packed.seconds / pack
            else:
                known[key] = step_times.estimate_step_time(database, job.spec).seconds
        steps += job.steps or 0
        seconds = known[key]
        if seconds is None:
            untimed.append(job.spec)
        else:
            training += (job.steps or 0) * seconds
    each = evaluation_seconds(database, evaluation)
    return Cost(
        steps,
        training if len(untimed) < sweep.total else None,
        None if each is None else each * sweep.total,
        untimed,
    )


def evaluation_seconds(database: Database, evaluation: Evaluation) -> float | None:
    """Return how long the metrics of one model take, in proportion to the images of the results that are stored.

    Results of the same mode count where there are some, those of the other mode else. None without any.
    """
    same = (MetricResult.mode == evaluation.mode).label("same")
    measured = MetricResult.score.is_not(None) & (MetricResult.n > 0) & MetricResult.metric.in_(evaluation.metrics)
    time = sa.func.avg(MetricResult.seconds / MetricResult.n)
    query = sa.select(MetricResult.metric, time).where(measured).group_by(MetricResult.metric, same).order_by(same)
    with database.read() as connection:
        per_image = {metric: float(seconds) for metric, seconds in connection.execute(query)}
    return sum(per_image.values()) * (evaluation.train + evaluation.test) if per_image else None
