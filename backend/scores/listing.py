"""Metric results as a list of rows or CSV, with the scores that evaluation jobs compute or failed to compute."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session

from backend.db.cursors import decode_cursor, encode_cursor
from backend.db.tables import MetricResult, Model
from backend.jobs.tables import jobs
from backend.schemas.data import MetricRow
from models_zoo.json_types import JsonObject
from models_zoo.path_privacy import without_paths
from training.evaluation.images import TABLED
from training.registry import METRICS

State = Literal["queued", "running", "failed"]
SHOWN_STATES: Mapping[str, State] = {"queued": "queued", "leased": "running", "running": "running", "failed": "failed"}
Key = tuple[str, str]
"""Model and metric."""
EPOCH = datetime.fromtimestamp(0, UTC)
CSV_HEADER = "model,metric,value,low,high,chance,mode,seed,n,state,stale,computed_at,reason,images\r\n"


@dataclass(frozen=True)
class UnfinishedScore:
    """A score that an evaluation job is to compute, or failed to compute.

    Parameters
    ----------
    model, metric : str
    state : {"queued", "running", "failed"}
    seed : int
        Of the evaluation.
    reason : str or None
        Error of a failed job.
    job : int
        Id of the job.
    """

    model: str
    metric: str
    state: State
    seed: int
    reason: str | None
    job: int


def unfinished(session: Session, models: Sequence[str] = (), metrics: Sequence[str] = ()) -> dict[Key, UnfinishedScore]:
    """Return the scores that are queued, running or failed, sorted by model and metric.

    The newest job counts, but a running one goes before a queued one. A failure is dropped when the metric was
    computed later, or a later evaluation of it succeeded. Evaluations of models that are still in training, and those
    on or off the distribution of training, are left out.

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
    found: dict[Key, UnfinishedScore] = {}
    ended: dict[Key, datetime] = {}
    for row in session.execute(query.where(jobs.c.state.in_(SHOWN_STATES)).order_by(jobs.c.id)):
        if row.spec.get("images", "all") not in TABLED:
            continue
        for key in _keys(row.spec, metrics):
            state = SHOWN_STATES[row.state]
            if state == "queued" and key in found and found[key].state == "running":
                continue
            reason = row.error if state == "failed" else None
            found[key] = UnfinishedScore(*key, state, row.spec.get("seed", 0), reason, row.id)
            ended[key] = row.finished_at or EPOCH
    failed = {key: score for key, score in found.items() if score.state == "failed"}
    if failed:
        first = min(score.job for score in failed.values())
        later = session.execute(query.where(jobs.c.state == "succeeded", jobs.c.id > first).order_by(jobs.c.id))
        succeeded = {key: row.id for row in later for key in _keys(row.spec, metrics)}
        computed = _computed_at(session, failed)
        for key, score in failed.items():
            if computed.get(key, EPOCH) > ended[key] or succeeded.get(key, 0) > score.job:
                del found[key]
    return dict(sorted(found.items()))


def _keys(spec: JsonObject, metrics: Sequence[str]) -> list[Key]:
    names = spec.get("metrics") or METRICS.names()
    return [(spec["model"], name) for name in names if not metrics or name in metrics]


def _computed_at(session: Session, keys: Iterable[Key]) -> dict[Key, datetime]:
    """Return the time of the newest result of each model and metric."""
    query = select(MetricResult.model_id, MetricResult.metric, func.max(MetricResult.computed_at).label("at"))
    query = query.where(MetricResult.model_id.in_({model for model, _ in keys}))
    rows = session.execute(query.group_by(MetricResult.model_id, MetricResult.metric))
    return {(row.model_id, row.metric): row.at for row in rows}


def _select(models: Sequence[str], metrics: Sequence[str], mode: str | None) -> Select[MetricResult, str]:
    query = select(MetricResult, Model.version).join(Model, Model.id == MetricResult.model_id)
    if models:
        query = query.where(MetricResult.model_id.in_(models))
    if metrics:
        query = query.where(MetricResult.metric.in_(metrics))
    if mode is not None:
        query = query.where(MetricResult.mode == mode)
    return query.order_by(MetricResult.model_id, MetricResult.metric, MetricResult.id)


def to_row(result: MetricResult, version: str, versions: Mapping[str, str], *, details: bool) -> MetricRow:
    """Return the document of a result.

    Parameters
    ----------
    result : MetricResult
        Stale if the model or the metric has another version now.
    version : str
        Present version of the model.
    versions : mapping
        Present versions of the metrics, as far as known.
    details : bool
        Whether matrices and parts are included.
    """
    older = versions.get(result.metric, result.metric_version) != result.metric_version
    return MetricRow(
        model=result.model_id,
        metric=result.metric,
        value=result.score,
        interval=None if result.low is None or result.high is None else (result.low, result.high),
        chance=result.chance,
        mode=result.mode,
        seed=result.seed,
        n=result.n,
        images=result.images,
        parameters=without_paths(result.settings),
        seconds=result.seconds,
        computed_at=result.computed_at,
        state="ready",
        stale=result.model_version != version or older,
        reason=without_paths(result.reason),
        details=without_paths(result.details) if details else None,
    )


def to_unfinished_row(score: UnfinishedScore) -> MetricRow:
    """Return the document of a score that is queued, running or failed."""
    return MetricRow(
        model=score.model,
        metric=score.metric,
        mode="corrected",
        seed=score.seed,
        parameters={},
        state=score.state,
        stale=False,
        reason=without_paths(score.reason),
        job=str(score.job),
        **dict.fromkeys(("value", "interval", "chance", "n", "seconds", "computed_at")),
    )


def _with_unfinished(
    rows: Iterable[MetricRow], scores: Mapping[Key, UnfinishedScore], after: Key | None, *, last: bool
) -> Iterator[MetricRow]:
    """Insert unfinished scores behind the results of their model and metric.

    Parameters
    ----------
    rows : iterable of MetricRow
        Results, by model and metric.
    scores : mapping
        Unfinished scores, sorted by their keys.
    after : tuple or None
        Key of the row before the first of ``rows``; scores before it stood on an earlier page.
    last : bool
        Whether no result follows ``rows``.
    """
    left = [score for key, score in scores.items() if after is None or key >= after]
    for row in rows:
        while left and (left[0].model, left[0].metric) < (row.model, row.metric):
            yield to_unfinished_row(left.pop(0))
        yield row
    while last and left:
        yield to_unfinished_row(left.pop(0))


def read(
    session: Session,
    models: Sequence[str],
    metrics: Sequence[str],
    *,
    mode: str | None = None,
    versions: Mapping[str, str] | None = None,
    details: bool = False,
    limit: int = 1000,
    cursor: str | None = None,
) -> tuple[list[MetricRow], str | None]:
    """Return one page of results and the cursor of the next page."""
    filters = repr((sorted(models), sorted(metrics), mode))
    query = _select(models, metrics, mode)
    before = None
    if cursor is not None:
        key = decode_cursor(cursor, filters, str, str, int)
        before = (key[0], key[1])
        query = query.where(tuple_(MetricResult.model_id, MetricResult.metric, MetricResult.id) > tuple_(*key))
    found = session.execute(query.limit(limit + 1)).all()
    rows = [to_row(result, version, versions or {}, details=details) for result, version in found[:limit]]
    scores = unfinished(session, models, metrics) if mode != "parity" else {}
    is_last = len(found) <= limit
    rows = list(_with_unfinished(rows, scores, before, last=is_last))
    if is_last:
        return rows, None
    last = found[limit - 1][0]
    return rows, encode_cursor(filters, [last.model_id, last.metric, last.id])


def to_csv(
    session: Session, models: Sequence[str], metrics: Sequence[str], mode: str | None, versions: Mapping[str, str]
) -> str:
    """Return all results as a CSV file, header first."""
    scores = unfinished(session, models, metrics) if mode != "parity" else {}
    found = session.execute(_select(models, metrics, mode).execution_options(yield_per=500))
    rows = (to_row(result, version, versions, details=False) for result, version in found)
    stream = io.StringIO()
    writer = csv.writer(stream)
    stream.write(CSV_HEADER)
    for row in _with_unfinished(rows, scores, None, last=True):
        low, high = row.interval or (None, None)
        computed_at = row.computed_at.isoformat() if row.computed_at else ""
        value = None if row.value is None else repr(row.value)
        numbers = (value, low, high, row.chance, row.mode, row.seed, row.n, row.state, str(row.stale).lower())
        writer.writerow(
            (_without_formula(row.model), row.metric, *numbers, computed_at, _without_formula(row.reason), row.images)
        )
    return stream.getvalue()


def _without_formula(text: str | None) -> str:
    """Quote a text that a spreadsheet would compute as a formula."""
    return f"'{text}" if text and text[0] in "=+-@\t\r" else text or ""
