"""Models of the zoo as pages of a list: filters, sort keys, cursors."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVarTuple

from sqlalchemy import ColumnElement, Float, Select, SQLColumnExpression, and_, func, literal, or_, select
from sqlalchemy.orm import Session

from backend.db.cursors import decode_cursor, encode_cursor, invalid_cursor
from backend.db.tables import MetricResult, Model
from models_zoo.errors import InvalidInput

SORT_COLUMNS: Mapping[str, SQLColumnExpression[object]] = {
    "name": Model.name,
    "id": Model.id,
    "dataset": Model.dataset,
    "objective": Model.objective,
    "latents": Model.latents,
    "created_at": Model.created_at,
}
NULLABLE = ("dataset", "objective", "latents")
Columns = TypeVarTuple("Columns")


@dataclass(frozen=True)
class ModelFilter:
    """Conditions on models; an absent field sets none.

    Parameters
    ----------
    dataset, objective, origin : str or None
    state : {"ready", "broken"} or None
    text : str or None
        Words that all occur in id, name, data set, objective, architecture or settings.
    models : tuple of str
        Ids.
    study : str or None
    """

    dataset: str | None = None
    objective: str | None = None
    origin: str | None = None
    state: Literal["ready", "broken"] | None = None
    text: str | None = None
    models: tuple[str, ...] = ()
    study: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the conditions on the table of models."""
        equal = (
            (Model.dataset, self.dataset),
            (Model.objective, self.objective),
            (Model.origin, self.origin),
            (Model.study, self.study),
        )
        found: list[ColumnElement[bool]] = [column == value for column, value in equal if value is not None]
        if self.state is not None:
            found.append(Model.problem.is_(None) if self.state == "ready" else Model.problem.is_not(None))
        found += [Model.search.contains(word, autoescape=True) for word in (self.text or "").lower().split()]
        if self.models:
            found.append(Model.id.in_(self.models))
        return found


class SortKey:
    """Sort key of models: a column, or the headline score of a metric.

    Parameters
    ----------
    text : str
        Name of the column or metric; a leading ``-`` sorts in descending order.
    metrics : collection of str
        Known metrics.

    Raises
    ------
    InvalidInput
        For any other name.
    """

    def __init__(self, text: str, metrics: Collection[str]) -> None:
        self.name = text.removeprefix("-")
        self.descending = text.startswith("-")
        self.is_metric = self.name not in SORT_COLUMNS
        if self.is_metric and self.name not in metrics:
            allowed = [*SORT_COLUMNS, *metrics]
            message = f"got sort={text[:60]!r}; allowed, each also with a leading '-': {', '.join(allowed)}; choose one"
            raise InvalidInput(message, field="query/sort", allowed=allowed)
        self.column = SORT_COLUMNS.get(self.name, MetricResult.score)
        self.nullable = self.is_metric or self.name in NULLABLE

    def join(self, query: Select[*Columns]) -> Select[*Columns]:
        """Join the results of the metric, if the key is one, to a query of models."""
        if not self.is_metric:
            return query
        results = and_(
            MetricResult.metric == self.name, MetricResult.headline.is_(True), MetricResult.model_id == Model.id
        )
        return query.outerjoin(MetricResult, results)

    def order(self, column: SQLColumnExpression[object]) -> ColumnElement[object]:
        """Return the order of ``column`` in the direction of the key; missing values come last either way."""
        order = column.desc() if self.descending else column.asc()
        return order.nulls_last() if self.nullable else order

    def after(self, value: object, last_id: str) -> ColumnElement[bool]:
        """Return the condition for rows behind the row with this value and id.

        Raises
        ------
        BadRequest
            If the value is not one of the column.
        """
        column = self.column
        last = value
        if value is None:
            return and_(column.is_(None), Model.id > last_id)
        try:
            if self.name == "created_at":
                last = datetime.fromisoformat(str(value))
            elif self.is_metric:
                last = literal(float(str(value)), Float)
            elif not isinstance(value, int if self.name == "latents" else str):
                raise invalid_cursor()
        except ValueError:
            raise invalid_cursor() from None
        beyond = column < last if self.descending else column > last
        return or_(beyond, and_(column == last, Model.id > last_id), column.is_(None))


def page(
    session: Session, chosen: ModelFilter, sort: str, metrics: Collection[str], limit: int, cursor: str | None
) -> tuple[list[Model], int, str | None]:
    """Return the rows of one page, the number of models that match, and the cursor of the next page.

    Missing values come last in either direction; equal values are ordered by id.
    """
    key = SortKey(sort, metrics)
    where = chosen.conditions()
    total = session.scalar(select(func.count()).select_from(Model).where(*where)) or 0
    filters = hashlib.sha256(repr((chosen, sort)).encode()).hexdigest()[:16]
    query = key.join(select(Model.id, key.column).where(*where))
    if cursor is not None:
        query = query.where(key.after(*decode_cursor(cursor, filters, object, str)))
    found = session.execute(query.order_by(key.order(key.column), Model.id).limit(limit + 1)).all()
    ids = [model_id for model_id, _ in found[:limit]]
    rows = {row.id: row for row in session.scalars(select(Model).where(Model.id.in_(ids)))}
    following = None
    if len(found) > limit:
        last_id, value = found[limit - 1]
        following = encode_cursor(filters, [value.isoformat() if isinstance(value, datetime) else value, last_id])
    return [rows[model_id] for model_id in ids], total, following
