"""Score table: models by metrics, filtered, sorted and windowed by the database; on request one row a configuration.

A configuration is what was chosen for a training run but the seed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from math import sqrt

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session

from backend.db.tables import MetricResult, Model
from backend.models.listing import ModelFilter, SortKey
from backend.schemas.scores import Window
from backend.scores.listing import unfinished
from models_zoo.json_types import JsonObject
from models_zoo.path_privacy import without_paths

NO_DATA = "the model names no data set: import it again with --dataset to measure it"


def _usable(chosen: ModelFilter) -> list[ColumnElement[bool]]:
    return replace(chosen, state="ready").conditions()


def count(session: Session, chosen: ModelFilter, *, fold: bool = False) -> int:
    """Count the usable models that the filter selects, or their configurations."""
    counted = func.count(func.distinct(Model.configuration)) if fold else func.count()
    return session.scalar(select(counted).select_from(Model).where(*_usable(chosen))) or 0


def rows(session: Session, chosen: ModelFilter, window: Window, metrics: Mapping[str, str]) -> list[JsonObject]:
    """Return one window of the table; models without a score come last in either direction.

    Parameters
    ----------
    session : Session
    chosen : ModelFilter
        Broken models are left out.
    window : Window
        Its ``fold`` gives one row for each configuration, with the first of its models by id.
    metrics : mapping
        Present version of each metric; a result of an earlier version is stale.
    """
    return (_configuration_rows if window.fold else _model_rows)(session, chosen, window, metrics)


def _model_rows(session: Session, chosen: ModelFilter, window: Window, metrics: Mapping[str, str]) -> list[JsonObject]:
    key = SortKey(window.sort, metrics)
    query = key.join(select(Model.id).where(*_usable(chosen))).order_by(key.order(key.column), Model.id)
    ids = session.scalars(query.offset(window.offset).limit(window.limit)).all()
    models = _describe_models(session, ids)
    cells = _cells(session, {model_id: models[model_id]["version"] for model_id in ids}, metrics)
    no_data = {name: {"state": "ready", "score": None, "reason": NO_DATA} for name in metrics}
    return [
        {**models[model_id], "cells": cells.get(model_id, {} if models[model_id]["dataset"] else no_data)}
        for model_id in ids
    ]


def _configuration_rows(
    session: Session, chosen: ModelFilter, window: Window, metrics: Mapping[str, str]
) -> list[JsonObject]:
    key = SortKey(window.sort, metrics)
    first = func.min(Model.id)
    query = select(Model.configuration, first.label("first"), func.count().label("models")).where(*_usable(chosen))
    order = key.order((func.avg if key.is_metric else func.min)(key.column))
    query = key.join(query).group_by(Model.configuration).order_by(order, first)
    groups = session.execute(query.offset(window.offset).limit(window.limit)).all()
    models = _describe_models(session, [group.first for group in groups])
    cells = _aggregated_cells(session, chosen, [group.configuration for group in groups])
    return [
        {**models[group.first], "models": group.models, "cells": cells.get(group.configuration, {})} for group in groups
    ]


def _describe_models(session: Session, ids: Sequence[str]) -> dict[str, JsonObject]:
    """Read the fields of rows by model id; for one window only, because each manifest is parsed."""
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


def _cells(
    session: Session, versions: Mapping[str, str], metrics: Mapping[str, str]
) -> dict[str, dict[str, JsonObject]]:
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
    table: dict[str, dict[str, JsonObject]] = {}
    for row in session.execute(query):
        current = row.model_version == versions[row.model_id]
        current = current and row.metric_version == metrics.get(row.metric, row.metric_version)
        cell = {"state": "ready" if current else "stale", "score": row.score, "n": row.n, "seed": row.seed}
        if row.low is not None:
            cell["interval"] = [row.low, row.high]
        optional = {"chance": row.chance, "reason": without_paths(row.reason)}
        cell.update({key: value for key, value in optional.items() if value is not None})
        table.setdefault(row.model_id, {})[row.metric] = cell
    for (model, metric), score in unfinished(session, list(versions), list(metrics)).items():
        cell = table.setdefault(model, {}).setdefault(metric, {"score": None})
        cell["state"] = score.state
        if score.reason:
            cell["reason"] = without_paths(score.reason)
    return table


def _aggregated_cells(
    session: Session, chosen: ModelFilter, configurations: Sequence[str]
) -> dict[str, dict[str, JsonObject]]:
    """Return mean, standard deviation and number of the scores of each configuration and metric."""
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
        .where(*_usable(chosen), Model.configuration.in_(configurations))
        .group_by(Model.configuration, MetricResult.metric)
    )
    table: dict[str, dict[str, JsonObject]] = {}
    for row in session.execute(query):
        cell: JsonObject = {"state": "ready", "score": row.mean, "models": row.n}
        if row.n > 1:
            cell["std"] = sqrt(max(0.0, row.square - row.mean**2) * row.n / (row.n - 1))
        if row.n == 0 and row.reason:
            cell["reason"] = without_paths(row.reason)
        table.setdefault(row.configuration, {})[row.metric] = cell
    return table


def facets(session: Session, chosen: ModelFilter) -> dict[str, list[tuple[str, int]]]:
    """Count the models of each data set, objective and study, under the other filters."""
    others = {
        Model.dataset: replace(chosen, dataset=None),
        Model.objective: replace(chosen, objective=None),
        Model.study: replace(chosen, study=None),
    }
    found: dict[str, list[tuple[str, int]]] = {}
    for column, which in others.items():
        query = select(column, func.count()).where(*_usable(which), column.is_not(None))
        rows = session.execute(query.group_by(column).order_by(column))
        found[column.key] = [(str(value), n) for value, n in rows]
    return found


def matrix(session: Session, chosen: ModelFilter, metrics: Iterable[str]) -> JsonObject:
    """Return the scores of all models that the filter selects: one list for each metric, None for no score."""
    query = select(Model.id, Model.name, Model.dataset, Model.objective, Model.configuration)
    models = session.execute(query.where(*_usable(chosen)).order_by(Model.id)).all()
    position = {row.id: index for index, row in enumerate(models)}
    columns: dict[str, list[float | None]] = {metric: [None] * len(models) for metric in metrics}
    scores = (
        select(MetricResult.model_id, MetricResult.metric, MetricResult.score)
        .join(Model, Model.id == MetricResult.model_id)
        .where(*_usable(chosen), MetricResult.headline, MetricResult.metric.in_(columns))
    )
    for model_id, metric, score in session.execute(scores):
        columns[metric][position[model_id]] = score
    return {
        "ids": [row.id for row in models],
        "names": [row.name for row in models],
        "datasets": [row.dataset for row in models],
        "objectives": [row.objective for row in models],
        "configurations": [row.configuration for row in models],
        "columns": columns,
    }


def clear_winners(session: Session, chosen: ModelFilter, lower_is_better: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return, by metric and data set, the best model if its interval overlaps that of no other model of the data set.

    Scores of different data sets are not compared. Only the two best models of a metric and data set are read:
    the interval of a clear winner begins behind the end of the second's.
    """
    lower = MetricResult.metric.in_(list(lower_is_better))
    low, high = (func.coalesce(column, MetricResult.score) for column in (MetricResult.low, MetricResult.high))
    best = case((lower, -low), else_=high)
    worst = case((lower, -high), else_=low)
    place = func.row_number().over(partition_by=(MetricResult.metric, Model.dataset), order_by=best.desc())
    ranked = (
        select(
            MetricResult.metric,
            Model.dataset,
            MetricResult.model_id,
            best.label("best"),
            worst.label("worst"),
            place.label("place"),
        )
        .join(Model, Model.id == MetricResult.model_id)
        .where(*_usable(chosen), MetricResult.headline, MetricResult.score.is_not(None))
        .where(Model.dataset.is_not(None))
        .subquery()
    )
    columns = ranked.c
    query = select(ranked).where(columns.place <= 2).order_by(columns.metric, columns.dataset, columns.place)
    found = session.execute(query).all()
    winners: dict[str, dict[str, str]] = {}
    for first, second in pairwise(found):
        if second.place == 2 and first.worst > second.best:
            winners.setdefault(first.metric, {})[first.dataset] = first.model_id
    return winners
