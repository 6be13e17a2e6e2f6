"""Scores under way: what evaluation jobs of the queue say of a model and a metric."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.db.tables import MetricResult, Model
from backend.jobs.tables import jobs
from training.registry import METRICS

State = Literal["queued", "running", "failed"]
SHOWN: dict[str, State] = {"queued": "queued", "leased": "running", "running": "running", "failed": "failed"}


@dataclass(frozen=True)
class UnfinishedScore:
    """A score that an evaluation job is to compute, or failed to.

    Parameters
    ----------
    model, metric : str
    state : {"queued", "running", "failed"}
    seed : int
        Of the evaluation.
    reason : str or None
        Error of a failed job.
    job : int
        Number of the job.
    """

    model: str
    metric: str
    state: State
    seed: int
    reason: str | None
    job: int


def unfinished(
    session: Session, models: Sequence[str] = (), metrics: Sequence[str] = ()
) -> dict[tuple[str, str], UnfinishedScore]:
    """Return the scores that are queued, running or failed, by model and metric, in the order of the keys.

    The newest job decides; one that runs goes before one that waits. A failure counts until the metric was computed,
    or a later evaluation of it succeeded. Evaluations that wait for their training have no model yet.

    Parameters
    ----------
    session : Session
    models, metrics : sequence of str
        Only these; all when empty.
    """
    model = jobs.c.spec["model"].as_string()
    columns = (jobs.c.id, jobs.c.state, jobs.c.spec, jobs.c.error, jobs.c.finished_at)
    query = select(*columns).join(Model, Model.id == model).where(jobs.c.kind == "evaluate", ~jobs.c.blocked)
    if models:
        query = query.where(model.in_(models))
    found: dict[tuple[str, str], UnfinishedScore] = {}
    ended: dict[tuple[str, str], float] = {}
    for row in session.execute(query.where(jobs.c.state.in_(SHOWN)).order_by(jobs.c.id)):
        for key in _keys(row.spec, metrics):
            state = SHOWN[row.state]
            if state == "queued" and key in found and found[key].state == "running":
                continue
            reason = row.error if state == "failed" else None
            found[key] = UnfinishedScore(*key, state, row.spec.get("seed", 0), reason, row.id)
            ended[key] = row.finished_at or 0.0
    failed = {key: each for key, each in found.items() if each.state == "failed"}
    for key in _made_good(session, query, failed, ended, metrics) if failed else ():
        found.pop(key, None)
    return dict(sorted(found.items()))


def _keys(spec: dict[str, Any], metrics: Sequence[str]) -> list[tuple[str, str]]:
    names = spec.get("metrics") or METRICS.names()
    return [(spec["model"], name) for name in names if not metrics or name in metrics]


def _made_good(
    session: Session,
    query: Any,
    failed: dict[tuple[str, str], UnfinishedScore],
    ended: dict[tuple[str, str], float],
    metrics: Sequence[str],
) -> set[tuple[str, str]]:
    """Return the keys of ``failed`` that were computed after the failure."""
    models = sorted({model for model, _ in failed})
    newest = select(MetricResult.model_id, MetricResult.metric, func.max(MetricResult.computed_at).label("at"))
    newest = newest.where(MetricResult.model_id.in_(models)).group_by(MetricResult.model_id, MetricResult.metric)
    later = {
        (row.model_id, row.metric)
        for row in session.execute(newest)
        if (row.model_id, row.metric) in failed and row.at.timestamp() > ended[row.model_id, row.metric]
    }
    first = min(each.job for each in failed.values())
    for row in session.execute(query.where(jobs.c.state == "succeeded", jobs.c.id > first)):
        later |= {key for key in _keys(row.spec, metrics) if key in failed and row.id > failed[key].job}
    return later
