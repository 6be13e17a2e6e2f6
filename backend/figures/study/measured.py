"""Finished runs of a study from the models table, the metric results and the histories of the model folders."""

import json
from collections.abc import Collection, Mapping
from functools import lru_cache
from pathlib import Path

from sqlalchemy import distinct, func, select
from sqlalchemy.orm import Session

from backend.db.tables import MetricResult, Model
from models_zoo.json_types import JsonObject
from models_zoo.manifest import HISTORY
from models_zoo.statistics import defined_history
from training.evaluation.images import TABLED
from training.studies.results import Result
from training.studies.study import Study

CACHED_LOSSES = 20_000


def scales(session: Session, study: str) -> dict[float, int]:
    """Return the number of runs with a model at each scale of a study, the largest scale first."""
    runs = func.count(distinct(Model.study_run))
    query = select(Model.study_scale, runs).where(Model.study == study, Model.problem.is_(None))
    rows = session.execute(query.group_by(Model.study_scale).order_by(Model.study_scale.desc()))
    return {scale: count for scale, count in rows if scale is not None}


def results(session: Session, study: Study, scale: float, *, details: Collection[str], histories: bool) -> list[Result]:
    """Return the finished runs of a study at a scale, in the order of its definition.

    Where a run has several models, made by different versions of the definition, the newest counts.

    Parameters
    ----------
    session : Session
    study : Study
    scale : float
    details : collection of str
        Metrics whose parts are read too.
    histories : bool
        Whether to read the curves.
    """
    query = select(
        Model.id,
        Model.folder,
        Model.fingerprint,
        Model.objective,
        Model.manifest["study"].label("label"),
        Model.manifest["learned_weights"].label("learned"),
        Model.manifest["training"].label("training"),
        Model.manifest["dataset_title"].label("title"),
    ).where(Model.study == study.name, Model.study_scale == scale, Model.problem.is_(None))
    rows = {row.label["run"]: row for row in session.execute(query.order_by(Model.created_at))}
    scores = _scores(session, [row.id for row in rows.values()], study.evaluation.mode, details)
    place = {run.name: number for number, run in enumerate(study.runs)}
    found = [
        Result(
            run=row.label["run"],
            group=row.label["group"],
            varied=row.label["varied"],
            model=row.id,
            scores=scores.get(row.id, {}),
            losses=_losses(row.folder, row.fingerprint, row.objective),
            learned=row.learned or {},
            history=_read_history(row.folder, row.objective) if histories else {},
            data=row.title or "",
            steps=(row.training or {}).get("steps_done"),
        )
        for row in rows.values()
    ]
    return sorted(found, key=lambda result: (place.get(result.run, len(place)), result.run))


def _scores(session: Session, ids: list[str], mode: str, details: Collection[str]) -> dict[str, dict[str, float]]:
    """Return the newest score of each metric and model in the study's mode, with the numbers among the parts."""
    chosen = (MetricResult.model_id.in_(ids), MetricResult.mode == mode, MetricResult.images.in_(TABLED))
    scores: dict[str, dict[str, float]] = {}
    whole = select(MetricResult.model_id, MetricResult.metric, MetricResult.score).where(*chosen)
    for model_id, metric, score in session.execute(whole.order_by(MetricResult.computed_at)):
        if score is not None:
            scores.setdefault(model_id, {})[metric] = score
    if details:
        parted = select(MetricResult.model_id, MetricResult.metric, MetricResult.details).where(*chosen)
        parted = parted.where(MetricResult.metric.in_(details)).order_by(MetricResult.computed_at)
        for model_id, metric, parts in session.execute(parted):
            numbers = {f"{metric}.{name}": value for name, value in parts.items() if isinstance(value, int | float)}
            scores.setdefault(model_id, {}).update(numbers)
    return scores


def _read_history(folder: str, objective: str | None) -> JsonObject:
    try:
        history = json.loads((Path(folder) / HISTORY).read_bytes())
    except (OSError, ValueError):
        return {}
    if not isinstance(history, dict) or not history.get("step"):
        return {}
    return comparable_history(defined_history(history, objective))


def comparable_history(history: JsonObject) -> JsonObject:
    """Return a history whose reconstruction compares with those of other objectives.

    Of an objective that learns the noise of the pixels it is the squared error, at each step and of held-out images:
    the negative log-likelihood of a density has no common scale.
    """
    rows = [{**row, "held_out": _comparable(row.get("held_out", {}))} for row in history.get("evaluations", [])]
    return {**history, "parts": _comparable(history.get("parts", {})), "evaluations": rows}


def _comparable(parts: JsonObject) -> JsonObject:
    return {**parts, "reconstruction": parts["squared_error"]} if "squared_error" in parts else parts


@lru_cache(maxsize=CACHED_LOSSES)
def _losses(folder: str, _fingerprint: str, objective: str | None) -> Mapping[str, float]:
    return last_losses(_read_history(folder, objective))


def last_losses(history: JsonObject) -> dict[str, float]:
    """Return the parts of the loss at the end of training, held-out ones where they were measured."""
    parts = {name: values[-1] for name, values in history.get("parts", {}).items()}
    for row in reversed(history.get("evaluations", [])):
        if row.get("held_out"):
            parts |= row["held_out"]
            break
    return {name: float(value) for name, value in parts.items() if isinstance(value, int | float)}
