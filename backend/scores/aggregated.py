"""The score table with the seeds of one configuration folded into mean and standard deviation."""

from math import sqrt
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from backend.db.tables import MetricResult, Model
from backend.scores.table import MODEL_ORDERS, Filter, Window, described
from models_zoo.errors import InvalidInput
from models_zoo.path_privacy import without_paths


def count(session: Session, chosen: Filter) -> int:
    """Count the configurations that the filter lets through."""
    query = select(func.count(func.distinct(Model.configuration))).where(*chosen.conditions())
    return session.scalar(query) or 0


def rows(session: Session, chosen: Filter, window: Window, metrics: dict[str, str]) -> list[dict[str, Any]]:
    """Read one window of configurations; a cell holds the mean over seeds, its deviation and how many."""
    name = window.sort.removeprefix("-")
    key: ColumnElement[Any]
    groups = (
        select(Model.configuration, func.min(Model.id).label("first"), func.count().label("models"))
        .where(*chosen.conditions())
        .group_by(Model.configuration)
    )
    if name in MODEL_ORDERS:
        key = func.min(MODEL_ORDERS[name])
    elif name in metrics:
        matches = and_(MetricResult.model_id == Model.id, MetricResult.metric == name, MetricResult.headline)
        groups = groups.outerjoin(MetricResult, matches)
        key = func.avg(MetricResult.score)
    else:
        allowed = sorted({*MODEL_ORDERS, *metrics})
        raise InvalidInput(
            f"sort={window.sort!r} came; allowed are, each also with a leading '-': {', '.join(allowed)}", field="/sort"
        )
    order = key.desc() if window.sort.startswith("-") else key.asc()
    page = session.execute(
        groups.order_by(order.nulls_last(), func.min(Model.id)).offset(window.offset).limit(window.limit)
    ).all()
    known = described(session, [group.first for group in page])
    cells = _cells(session, chosen, [group.configuration for group in page])
    return [
        {**known[group.first], "models": group.models, "cells": cells.get(group.configuration, {})} for group in page
    ]


def _cells(session: Session, chosen: Filter, configurations: list[str]) -> dict[str, dict[str, Any]]:
    score = MetricResult.score
    query = (
        select(
            Model.configuration,
            MetricResult.metric,
            func.count(score).label("n"),
            func.avg(score).label("mean"),
            func.avg(score * score).label("square"),
            func.min(MetricResult.reason).label("reason"),
        )
        .join(MetricResult, and_(MetricResult.model_id == Model.id, MetricResult.headline))
        .where(*chosen.conditions(), Model.configuration.in_(configurations))
        .group_by(Model.configuration, MetricResult.metric)
    )
    table: dict[str, dict[str, Any]] = {}
    for row in session.execute(query):
        cell: dict[str, Any] = {"state": "ready", "score": row.mean, "models": row.n}
        if row.n > 1:
            cell["std"] = sqrt(max(0.0, row.square - row.mean**2) * row.n / (row.n - 1))
        if row.n == 0 and row.reason:
            cell["reason"] = without_paths(row.reason)
        table.setdefault(row.configuration, {})[row.metric] = cell
    return table
