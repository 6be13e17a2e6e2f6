"""Metric results in the database: recorded, and their parts read."""

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from backend.db.base import now
from backend.db.tables import MetricResult, Model
from models_zoo.errors import NotFound
from training.registry import METRICS


def metric_names() -> tuple[str, ...]:
    """Names of all metric plugins."""
    return METRICS.names()


def settings_hash(settings: Mapping[str, Any]) -> str:
    """Hash of a metric's settings, the same for any order of the keys."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode()).hexdigest()


def record(
    session: Session, model_id: str, model_version: str, results: Iterable[Mapping[str, Any]], codes: str = ""
) -> int:
    """Write result records of training.evaluation.suite; an equal key is replaced. Returns how many.

    The newest result in corrected mode becomes the headline of its metric, the one that lists and sorts show;
    one in parity mode only where there is no other. The model's row is locked first: two attempts that measured
    one model write in turn.
    """
    locked = session.execute(
        update(Model).where(Model.id == model_id).values(version=Model.version).returning(Model.id)
    )
    if locked.first() is None:
        raise NotFound(f"model {model_id[:80]!r} was removed while it was measured: import or train it again")
    count = 0
    for result in results:
        settings = dict(result.get("settings") or {})
        key = {
            "model_id": model_id,
            "model_version": model_version,
            "metric": result["metric"],
            "metric_version": str(result.get("version") or "1"),
            "mode": result.get("mode") or "corrected",
            "seed": int(result.get("seed") or 0),
            "settings_hash": settings_hash(settings),
        }
        headline = _take_headline(session, key)
        row = session.scalars(select(MetricResult).filter_by(**key)).one_or_none() or MetricResult(**key)
        low, high = result.get("interval") or (None, None)
        row.codes, row.settings, row.n = codes, settings, result.get("n")
        row.score, row.low, row.high, row.chance = result.get("score"), low, high, result.get("chance")
        row.reason, row.details, row.seconds = (
            result.get("reason"),
            dict(result.get("details") or {}),
            result.get("seconds"),
        )
        row.headline = headline
        row.computed_at = datetime.fromisoformat(result["computed_at"]) if result.get("computed_at") else now()
        session.add(row)
        session.flush()
        count += 1
    return count


def _take_headline(session: Session, key: Mapping[str, Any]) -> bool:
    """Whether the result of ``key`` is to be the headline; the one before it then is none any more."""
    others = (MetricResult.model_id == key["model_id"], MetricResult.metric == key["metric"])
    if key["mode"] != "corrected":
        better = select(MetricResult.id).where(*others, MetricResult.headline, MetricResult.mode == "corrected")
        if session.scalar(better.limit(1)) is not None:
            return False
    session.execute(update(MetricResult).where(*others).values(headline=False))
    return True


def register_file(session: Session, model_id: str, model_version: str, path: Path) -> int:
    """Record what an entry's evaluation.json holds; a file at fault is passed over with a warning."""
    try:
        return record(session, model_id, model_version, json.loads(path.read_bytes())["results"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        logging.getLogger("axiscope").warning("%s is not read: %r", path, error)
        return 0


def details(session: Session, model_id: str, metric: str, needed: str) -> dict[str, Any]:
    """Parts of the newest result of a metric.

    Raises
    ------
    NotFound
        If it was never computed, or has no part ``needed``; the message gives the command.
    """
    query = (
        select(MetricResult.details, MetricResult.reason)
        .where(MetricResult.model_id == model_id, MetricResult.metric == metric)
        .order_by(MetricResult.headline.desc(), MetricResult.computed_at.desc())
    )
    reason = None
    for found, why in session.execute(query):
        if found.get(needed) is not None:
            return dict(found)
        reason = reason or why
    if reason:
        raise NotFound(f"{metric} does not apply to model {model_id!r}: {reason}")
    raise NotFound(
        f"{metric} was not computed yet for model {model_id!r}: run `axiscope evaluate {model_id} --metrics {metric}`"
    )
