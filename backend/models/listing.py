"""Listing models: filters, sorting by any column or metric, and a cursor that keeps its place."""

import base64
import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Float, Select, and_, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from backend.db.tables import MetricResult, Model
from backend.errors import BadRequest
from backend.models.registry import Registry
from backend.schemas.models import Headline, ModelSummary, TopLatent
from models_zoo.errors import InvalidInput
from models_zoo.path_privacy import without_paths

COLUMNS: dict[str, Any] = {
    "name": Model.name,
    "id": Model.id,
    "dataset": Model.dataset,
    "objective": Model.objective,
    "latents": Model.latents,
    "created_at": Model.created_at,
}
TOP_LATENTS = 4
LIVE = ("active", "saturated")


@dataclass(frozen=True)
class Filters:
    """What to list, and how it is sorted: ``-`` before the name means downwards."""

    dataset: str | None = None
    objective: str | None = None
    origin: str | None = None
    state: str | None = None
    q: str | None = None
    sort: str = "name"

    def digest(self) -> str:
        """Short hash that ties a cursor to these filters."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]


def encode_cursor(digest: str, key: list[Any]) -> str:
    """Opaque text of the last row shown."""
    return base64.urlsafe_b64encode(json.dumps([digest, key]).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, digest: str, length: int) -> list[Any]:
    """Key of the last row shown.

    Raises
    ------
    BadRequest
        If it is no cursor of ours, or of other filters.
    """
    try:
        given, key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        sound = isinstance(key, list) and len(key) == length
    except (ValueError, TypeError, UnicodeError):
        given, key, sound = None, [], False
    if not sound:
        raise BadRequest("the cursor is not one that this service gave out: start without it", field="query/cursor")
    if given != digest:
        raise BadRequest("the cursor belongs to other filters: start without it", field="query/cursor")
    return list(key)


def _matching(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for column, value in (
        (Model.dataset, filters.dataset),
        (Model.objective, filters.objective),
        (Model.origin, filters.origin),
    ):
        if value is not None:
            found.append(column == value)
    if filters.state is not None:
        found.append(Model.problem.is_(None) if filters.state == "ready" else Model.problem.is_not(None))
    found.extend(Model.search.contains(word, autoescape=True) for word in (filters.q or "").lower().split())
    return found


def _sort_column(name: str, metrics: tuple[str, ...]) -> tuple[Any, Any]:
    """Column to sort by, and the alias of the results table when it is a metric."""
    if name in COLUMNS:
        return COLUMNS[name], None
    if name in metrics:
        results = aliased(MetricResult)
        return results.score, results
    allowed = [*COLUMNS, *metrics]
    raise InvalidInput(
        f"sort={name[:60]!r} came; allowed are {', '.join(allowed)}", field="query/sort", allowed=allowed
    )


def _comparable(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def page(
    session: Session, filters: Filters, metrics: tuple[str, ...], limit: int, cursor: str | None
) -> tuple[list[Model], int, str | None]:
    """Rows of one page, how many match in all, and the cursor of the next page.

    Missing values come last in either direction; equal values are ordered by id.
    """
    downward = filters.sort.startswith("-")
    name = filters.sort.removeprefix("-")
    column, results = _sort_column(name, metrics)
    where = _matching(filters)
    total = session.scalar(select(func.count()).select_from(Model).where(*where)) or 0
    query: Select[Any] = select(Model.id, column).where(*where)
    if results is not None:
        query = query.outerjoin(
            results, and_(results.metric == name, results.headline.is_(True), results.model_id == Model.id)
        )
    missing = column.is_(None)
    if cursor is not None:
        query = query.where(_after(decode_cursor(cursor, filters.digest(), 2), column, downward=downward, name=name))
    nullable = results is not None or name in ("dataset", "objective", "latents")
    order = [missing] if nullable else []
    query = query.order_by(*order, column.desc() if downward else column.asc(), Model.id).limit(limit + 1)
    found = session.execute(query).all()
    more = len(found) > limit
    keys = [row[0] for row in found[:limit]]
    rows = {row.id: row for row in session.scalars(select(Model).where(Model.id.in_(keys)))}
    last = encode_cursor(filters.digest(), [_comparable(found[limit - 1][1]), keys[-1]]) if more else None
    return [rows[key] for key in keys], total, last


def _after(key: list[Any], column: Any, *, downward: bool, name: str) -> ColumnElement[bool]:
    value, last_id = key
    if not isinstance(last_id, str):
        raise BadRequest("the cursor is not one that this service gave out: start without it", field="query/cursor")
    if value is None:
        return and_(column.is_(None), Model.id > last_id)
    if name == "created_at":
        value = _read_time(value)
    elif isinstance(value, float) or name not in COLUMNS:
        value = literal(_number(value), Float)
    beyond = column < value if downward else column > value
    return or_(beyond, and_(column == value, Model.id > last_id), column.is_(None))


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise BadRequest("the cursor is not one that this service gave out", field="query/cursor") from None


def _read_time(value: Any) -> Any:
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise BadRequest("the cursor is not one that this service gave out", field="query/cursor") from None


def find(session: Session, registry: Registry, model_id: str) -> Model:
    """Row of one model.

    Raises
    ------
    NotFound
        With the nearest id.
    """
    registry.entry(model_id)
    return session.get_one(Model, model_id)


def headlines(session: Session, rows: list[Model]) -> dict[str, dict[str, Headline]]:
    """Headline metrics by model id."""
    versions = {row.id: row.version for row in rows}
    found: dict[str, dict[str, Headline]] = {row.id: {} for row in rows}
    query = select(
        MetricResult.model_id,
        MetricResult.model_version,
        MetricResult.metric,
        MetricResult.score,
        MetricResult.low,
        MetricResult.high,
    ).where(MetricResult.model_id.in_(list(versions)), MetricResult.headline.is_(True))
    for model_id, version, metric, score, low, high in session.execute(query):
        interval = None if low is None or high is None else (low, high)
        state: Literal["ready", "stale"] = "ready" if version == versions[model_id] else "stale"
        found[model_id][metric] = Headline(score=score, interval=interval, state=state)
    return found


def links(row: Model) -> dict[str, str]:
    """Where to go from a model."""
    base = f"/api/v1/models/{row.id}"
    found = {"self": base, "explore": f"/explore/{row.id}", "metrics": f"/api/v1/metrics?model={row.id}"}
    if row.problem is None:
        files = row.manifest.get("files", {})
        for name in ("encoder.onnx", "decoder.onnx"):
            if name in files:
                found[name.partition(".")[0]] = f"{base}/files/{name}?v={files[name]['sha256'][:12]}"
        if row.dataset:
            found["sample"] = f"{base}/sample"
        found["figures"] = f"{base}/figures"
    if row.dataset:
        found["dataset"] = f"/api/v1/datasets/{row.dataset}"
    return found


def top_latents(statistics: list[dict[str, Any]]) -> list[TopLatent]:
    """Latents of the largest KL with the factor each follows best."""
    order = sorted(range(len(statistics)), key=lambda index: -statistics[index]["kl_nats"])[:TOP_LATENTS]
    return [
        TopLatent(
            index=index,
            factor=statistics[index]["best_factor"],
            correlation=statistics[index]["best_correlation"],
            kl_nats=statistics[index]["kl_nats"],
        )
        for index in order
    ]


def summary(row: Model, metrics: dict[str, Headline]) -> ModelSummary:
    """Document of one row; absolute paths in its settings are shortened."""
    manifest = row.manifest
    statistics = manifest.get("statistics") or []
    training = without_paths(manifest.get("training") or {})
    return ModelSummary(
        id=row.id,
        version=row.version,
        name=row.name,
        dataset=row.dataset,
        dataset_title=manifest.get("dataset_title"),
        objective=row.objective,
        architecture=row.architecture,
        hyperparameters={**training, **(manifest.get("objective_settings") or {})},
        objective_settings=manifest.get("objective_settings") or {},
        training=training,
        latents=row.latents,
        states=Counter(each["state"] for each in statistics),
        top_latents=top_latents(statistics),
        reconstruction=manifest.get("reconstruction") or {},
        active_latents=sum(each["state"] in LIVE for each in statistics) if statistics else None,
        image_shape=manifest.get("image_shape"),
        origin="bundled" if row.origin == "bundled" else "own",
        state="ready" if row.problem is None else "broken",
        problem=without_paths(row.problem),
        created_at=row.created_at,
        metrics=metrics,
        links=links(row),
    )
