"""Models x metrics as one table: filtered, sorted and cut by the database, seeds folded on demand."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, case, func, select
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.elements import ColumnElement

from backend.db.tables import MetricResult, Model
from backend.scores.evaluation_states import unfinished
from models_zoo.errors import InvalidInput
from models_zoo.path_privacy import without_paths

NO_DATA = "the model names no data set: import it again with --dataset to measure it"
MODEL_ORDERS = {
    "name": Model.name,
    "id": Model.id,
    "dataset": Model.dataset,
    "objective": Model.objective,
    "latents": Model.latents,
    "created_at": Model.created_at,
}


@dataclass(frozen=True)
class Filter:
    """Which models the table is of; empty fields let all through."""

    dataset: str | None = None
    objective: str | None = None
    text: str | None = None
    models: tuple[str, ...] = ()

    def conditions(self) -> list[ColumnElement[bool]]:
        """Give the conditions on the table of models; broken entries are never in."""
        found: list[ColumnElement[bool]] = [Model.problem.is_(None)]
        if self.dataset:
            found.append(Model.dataset == self.dataset)
        if self.objective:
            found.append(Model.objective == self.objective)
        found += [Model.search.contains(word, autoescape=True) for word in (self.text or "").lower().split()]
        if self.models:
            found.append(Model.id.in_(self.models))
        return found


@dataclass(frozen=True)
class Window:
    """Which rows of the table, in which order."""

    sort: str = "name"
    offset: int = 0
    limit: int = 100


def _ordered(query: Select[Any], window: Window, metrics: Sequence[str]) -> Select[Any]:
    """Order by a column of the models or by a metric; models without a score come last either way."""
    name = window.sort.removeprefix("-")
    key: ColumnElement[Any]
    if name in MODEL_ORDERS:
        key = MODEL_ORDERS[name].expression
    elif name in metrics:
        result = aliased(MetricResult)
        matches = and_(result.model_id == Model.id, result.metric == name, result.headline)
        query = query.outerjoin(result, matches)
        key = result.score.expression
    else:
        allowed = sorted({*MODEL_ORDERS, *metrics})
        raise InvalidInput(
            f"sort={window.sort!r} came; allowed are, each also with a leading '-': {', '.join(allowed)}", field="/sort"
        )
    direction = key.desc() if window.sort.startswith("-") else key.asc()
    return query.order_by(direction.nulls_last(), Model.id).offset(window.offset).limit(window.limit)


def count(session: Session, chosen: Filter) -> int:
    """Count the models that the filter lets through."""
    return session.scalar(select(func.count()).select_from(Model).where(*chosen.conditions())) or 0


def rows(session: Session, chosen: Filter, window: Window, metrics: dict[str, str]) -> list[dict[str, Any]]:
    """Read one window of the table.

    Parameters
    ----------
    session : Session
    chosen : Filter
    window : Window
    metrics : dict
        Every metric with its present version; a result of an earlier version is stale.
    """
    wanted = select(Model.id).where(*chosen.conditions())
    ids = session.scalars(_ordered(wanted, window, tuple(metrics))).all()
    found = described(session, ids)
    cells = _cells(session, {model_id: found[model_id]["version"] for model_id in ids}, metrics)
    nothing = {name: {"state": "ready", "score": None, "reason": NO_DATA} for name in metrics}
    return [
        {**found[model_id], "cells": cells.get(model_id, {} if found[model_id]["dataset"] else nothing)}
        for model_id in ids
    ]


def described(session: Session, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Read what a row says of its model; after the window is cut, since it opens each manifest."""
    query = select(
        Model.id,
        Model.name,
        Model.version,
        Model.dataset,
        Model.objective,
        Model.architecture,
        Model.latents,
        Model.manifest["objective_settings"].label("settings"),
        Model.manifest["training"].label("training"),
    ).where(Model.id.in_(ids))
    return {row.id: {**row._mapping, "training": without_paths(row.training)} for row in session.execute(query)}


def _cells(session: Session, versions: dict[str, str], metrics: dict[str, str]) -> dict[str, dict[str, Any]]:
    query = select(
        MetricResult.model_id,
        MetricResult.model_version,
        MetricResult.metric,
        MetricResult.metric_version,
        MetricResult.score,
        MetricResult.low,
        MetricResult.high,
        MetricResult.chance,
        MetricResult.reason,
        MetricResult.n,
        MetricResult.seed,
    ).where(MetricResult.model_id.in_(versions), MetricResult.headline)
    table: dict[str, dict[str, Any]] = {}
    for row in session.execute(query):
        current = row.model_version == versions[row.model_id]
        current = current and row.metric_version == metrics.get(row.metric, row.metric_version)
        cell = {"state": "ready" if current else "stale", "score": row.score, "n": row.n, "seed": row.seed}
        if row.low is not None:
            cell["interval"] = [row.low, row.high]
        known = {"chance": row.chance, "reason": without_paths(row.reason)}
        cell.update({key: each for key, each in known.items() if each is not None})
        table.setdefault(row.model_id, {})[row.metric] = cell
    for (model, metric), under_way in unfinished(session, list(versions), list(metrics)).items():
        cell = table.setdefault(model, {}).setdefault(metric, {"score": None})
        cell["state"] = under_way.state
        if under_way.reason:
            cell["reason"] = without_paths(under_way.reason)
    return table


def facets(session: Session, chosen: Filter) -> dict[str, list[tuple[str, int]]]:
    """Count the models of each data set and each objective, under the other filters."""
    others = Filter(**{**chosen.__dict__, "dataset": None, "objective": None})
    query = select(Model.dataset, Model.objective, func.count()).where(*others.conditions())
    datasets: Counter[str] = Counter()
    objectives: Counter[str] = Counter()
    for dataset, objective, n in session.execute(query.group_by(Model.dataset, Model.objective)):
        if dataset is not None and chosen.objective in {None, "", objective}:
            datasets[dataset] += n
        if objective is not None and chosen.dataset in {None, "", dataset}:
            objectives[objective] += n
    return {"dataset": sorted(datasets.items()), "objective": sorted(objectives.items())}


def matrix(session: Session, chosen: Filter, metrics: Iterable[str]) -> dict[str, Any]:
    """Scores of all models that the filter lets through, one list a metric, null where there is none."""
    identity = select(Model.id, Model.name, Model.dataset, Model.objective, Model.configuration).where(
        *chosen.conditions()
    )
    models = session.execute(identity.order_by(Model.id)).all()
    position = {row.id: at for at, row in enumerate(models)}
    columns: dict[str, list[float | None]] = {metric: [None] * len(models) for metric in metrics}
    query = (
        select(MetricResult.model_id, MetricResult.metric, MetricResult.score)
        .join(Model, Model.id == MetricResult.model_id)
        .where(*chosen.conditions(), MetricResult.headline, MetricResult.metric.in_(columns))
    )
    for model_id, metric, score in session.execute(query):
        columns[metric][position[model_id]] = score
    return {
        "ids": [row.id for row in models],
        "names": [row.name for row in models],
        "datasets": [row.dataset for row in models],
        "objectives": [row.objective for row in models],
        "configurations": [row.configuration for row in models],
        "columns": columns,
    }


def clear_winners(session: Session, chosen: Filter, lower_is_better: Iterable[str]) -> dict[str, dict[str, str]]:
    """Name, by metric and data set, the best model whose interval overlaps no other's of that data set.

    Scores of different data sets do not compare. If a winner is clear, its interval reaches furthest on the
    better side, and the next one's ends before its own begins: two rows a metric and data set decide.
    """
    lower = MetricResult.metric.in_(list(lower_is_better))
    low, high = (func.coalesce(column, MetricResult.score) for column in (MetricResult.low, MetricResult.high))
    reach = case((lower, -low), else_=high)
    nearest = case((lower, -high), else_=low)
    place = func.row_number().over(partition_by=(MetricResult.metric, Model.dataset), order_by=reach.desc())
    ranked = (
        select(
            MetricResult.metric,
            Model.dataset,
            MetricResult.model_id,
            reach.label("reach"),
            nearest.label("nearest"),
            place.label("place"),
        )
        .join(Model, Model.id == MetricResult.model_id)
        .where(*chosen.conditions(), MetricResult.headline, MetricResult.score.is_not(None))
        .where(Model.dataset.is_not(None))
        .subquery()
    )
    order = (ranked.c.metric, ranked.c.dataset, ranked.c.place)
    first: Any = None
    winners: dict[str, dict[str, str]] = {}
    for row in session.execute(select(ranked).where(ranked.c.place <= 2).order_by(*order)):
        if row.place == 1:
            first = row
        elif first.nearest > row.reach:
            winners.setdefault(row.metric, {})[row.dataset] = first.model_id
    return winners
