"""The table of metrics: models by metrics, filtered, paged, as rows or CSV."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import Session

from backend.db.tables import MetricResult, Model
from backend.models.listing import decode_cursor, encode_cursor
from backend.schemas.data import MetricRow
from backend.scores.evaluation_states import UnfinishedScore, unfinished
from models_zoo.path_privacy import without_paths

COLUMNS = (
    "model",
    "metric",
    "value",
    "low",
    "high",
    "chance",
    "mode",
    "seed",
    "n",
    "state",
    "stale",
    "computed_at",
    "reason",
)


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
    """Document of one result; it is stale when weights or the metric's version (as far as known) are others now."""
    older = versions.get(result.metric, result.metric_version) != result.metric_version
    interval = None if result.low is None or result.high is None else (result.low, result.high)
    return MetricRow(
        model=result.model_id,
        metric=result.metric,
        value=result.score,
        interval=interval,
        chance=result.chance,
        mode=result.mode,
        seed=result.seed,
        n=result.n,
        parameters=without_paths(result.settings),
        seconds=result.seconds,
        computed_at=result.computed_at,
        state="ready",
        stale=result.model_version != version or older,
        reason=without_paths(result.reason),
        details=without_paths(result.details) if details else None,
    )


def to_unfinished_row(score: UnfinishedScore) -> MetricRow:
    """Document of a score that is queued, running or failed."""
    return MetricRow(
        model=score.model,
        metric=score.metric,
        value=None,
        interval=None,
        chance=None,
        mode="corrected",
        seed=score.seed,
        n=None,
        parameters={},
        seconds=None,
        computed_at=None,
        state=score.state,
        stale=False,
        reason=without_paths(score.reason),
        job=str(score.job),
    )


def _with_unfinished(
    rows: Iterable[MetricRow],
    waiting: Mapping[tuple[str, str], UnfinishedScore],
    after: tuple[str, str] | None,
    *,
    last: bool,
) -> Iterator[MetricRow]:
    """Put unfinished scores behind the results of their model and metric.

    Parameters
    ----------
    rows : iterable of MetricRow
        Results, by model and metric.
    waiting : mapping
        Unfinished scores, sorted by their keys.
    after : tuple or None
        Key of the row before the first of ``rows``: what comes before it was given with an earlier page.
    last : bool
        Whether no result follows ``rows``.
    """
    left = [each for key, each in waiting.items() if after is None or key >= after]
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
    """One page of the table and the cursor of the next."""
    digest = repr((sorted(models), sorted(metrics), mode))
    query = _select(models, metrics, mode)
    before = None
    if cursor is not None:
        key = decode_cursor(cursor, digest, 3)
        before = (str(key[0]), str(key[1]))
        query = query.where(tuple_(MetricResult.model_id, MetricResult.metric, MetricResult.id) > tuple_(*key))
    found = session.execute(query.limit(limit + 1)).all()
    rows = [to_row(result, version, versions or {}, details=details) for result, version in found[:limit]]
    waiting = unfinished(session, models, metrics) if mode != "parity" else {}
    whole = len(found) <= limit
    rows = list(_with_unfinished(rows, waiting, before, last=whole))
    if whole:
        return rows, None
    last = found[limit - 1][0]
    return rows, encode_cursor(digest, [last.model_id, last.metric, last.id])


def all_rows(
    session: Session, models: Sequence[str], metrics: Sequence[str], mode: str | None, versions: Mapping[str, str]
) -> Iterator[MetricRow]:
    """Every row, a few at a time."""
    waiting = unfinished(session, models, metrics) if mode != "parity" else {}
    found = session.execute(_select(models, metrics, mode).execution_options(yield_per=500))
    rows = (to_row(result, version, versions, details=False) for result, version in found)
    yield from _with_unfinished(rows, waiting, None, last=True)


def _safe(text: str | None) -> str:
    """Keep a spreadsheet from taking a text for a formula."""
    return f"'{text}" if text and text[0] in "=+-@\t\r" else text or ""


def to_csv(rows: Iterable[MetricRow]) -> Iterator[str]:
    """Lines of a CSV file, header first."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    for row in rows:
        low, high = row.interval or ("", "")
        value = "" if row.value is None else repr(row.value)
        chance = "" if row.chance is None else row.chance
        facts = (
            row.mode,
            row.seed,
            row.n,
            row.state,
            str(row.stale).lower(),
            row.computed_at.isoformat() if row.computed_at else "",
        )
        writer.writerow((_safe(row.model), row.metric, value, low, high, chance, *facts, _safe(row.reason)))
        yield stream.getvalue()
        stream.seek(0)
        stream.truncate()
    if stream.getvalue():
        yield stream.getvalue()
