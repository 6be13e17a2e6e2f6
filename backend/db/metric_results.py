"""Metric results in the database: record them, read their parts."""

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from backend.db.base import now
from backend.db.tables import MetricResult, Model
from models_zoo.errors import NotFound
from models_zoo.json_types import JsonObject, read_json
from training.evaluation.images import TABLED


def settings_hash(settings: Mapping[str, object]) -> str:
    """Return a hash of a metric's settings, the same for any order of the keys."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode()).hexdigest()


def result_key(model_id: str, model_version: str, result: JsonObject) -> JsonObject:
    """Return the columns that identify the row of a result record of training.evaluation.suite."""
    return {
        "model_id": model_id,
        "model_version": model_version,
        "metric": result["metric"],
        "metric_version": str(result.get("version") or "1"),
        "mode": result.get("mode") or "corrected",
        "seed": int(result.get("seed") or 0),
        "settings_hash": settings_hash(result.get("settings") or {}),
        "images": result.get("images") or "all",
    }


def record(session: Session, model_id: str, model_version: str, results: Iterable[JsonObject], codes: str = "") -> int:
    """Write result records of training.evaluation.suite, and return their number; an equal key is replaced.

    The newest result in corrected mode becomes the headline of its metric, which lists show and sort by; one in
    parity mode only where there is no other, one on or off the distribution of training never. The model's row is
    locked first, so that two attempts that evaluated one model write in turn.

    Raises
    ------
    NotFound
        If the model was removed.
    """
    locked = session.execute(
        update(Model).where(Model.id == model_id).values(version=Model.version).returning(Model.id)
    )
    if locked.first() is None:
        raise NotFound(
            f"got model {model_id[:80]!r}, which was removed during its evaluation; allowed: models of the zoo; "
            "import or train it again"
        )
    count = 0
    for result in results:
        key = result_key(model_id, model_version, result)
        headline = _take_headline(session, key)
        row = session.scalars(select(MetricResult).filter_by(**key)).one_or_none() or MetricResult(**key)
        row.codes, row.settings, row.headline = codes, dict(result.get("settings") or {}), headline
        row.low, row.high = result.get("interval") or (None, None)
        row.details = dict(result.get("details") or {})
        row.split = None if result.get("split") is None else list(result["split"])
        for name in ("n", "score", "chance", "reason", "seconds"):
            setattr(row, name, result.get(name))
        row.computed_at = datetime.fromisoformat(result["computed_at"]) if result.get("computed_at") else now()
        session.add(row)
        session.flush()
        count += 1
    return count


def _take_headline(session: Session, key: Mapping[str, object]) -> bool:
    """Return whether the result of ``key`` becomes the headline; the earlier headline is then unset."""
    if key["images"] not in TABLED:
        return False
    others = (MetricResult.model_id == key["model_id"], MetricResult.metric == key["metric"])
    if key["mode"] != "corrected":
        better = select(MetricResult.id).where(*others, MetricResult.headline, MetricResult.mode == "corrected")
        if session.scalar(better.limit(1)) is not None:
            return False
    session.execute(update(MetricResult).where(*others).values(headline=False))
    return True


def register_file(session: Session, model_id: str, model_version: str, path: Path) -> int:
    """Record the results of a model's evaluation.json; an invalid file is skipped with a warning."""
    try:
        return record(session, model_id, model_version, read_json(path.read_bytes())["results"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        logging.getLogger("axiscope").warning("invalid evaluation skipped path=%s error=%r", path, error)
        return 0


def details(session: Session, model_id: str, metric: str, needed: str) -> JsonObject:
    """Return the parts of the newest result of a metric.

    Raises
    ------
    NotFound
        If it was not computed, or has no part ``needed``; the message names the command.
    """
    query = (
        select(MetricResult.details, MetricResult.reason)
        .where(MetricResult.model_id == model_id, MetricResult.metric == metric, MetricResult.images.in_(TABLED))
        .order_by(MetricResult.headline.desc(), MetricResult.computed_at.desc())
    )
    reason = None
    for found, why in session.execute(query):
        if found.get(needed) is not None:
            return dict(found)
        reason = reason or why
    if reason:
        raise NotFound(
            f"got {metric}, which does not apply to model {model_id!r}: {reason}; allowed: metrics that apply; choose "
            "another"
        )
    raise NotFound(
        f"got {metric} of model {model_id!r}, which was not computed yet; allowed: computed metrics; run `axiscope "
        f"evaluate {model_id} --metrics {metric}`"
    )
