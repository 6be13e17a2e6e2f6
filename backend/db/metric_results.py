"""Metric results in the database: record them, read their parts."""

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.orm import Session, defer

from backend.db.base import now
from backend.db.tables import MetricResult, Model
from models_zoo.errors import NotFound
from models_zoo.json_types import JsonObject, read_json
from training.evaluation.images import TABLED

KEY = ("model_id", "model_version", "metric", "metric_version", "mode", "seed", "settings_hash", "images")
"""Columns that identify the row of a result."""


def settings_hash(settings: Mapping[str, object]) -> str:
    """Return a hash of a metric's settings, the same for any order of the keys."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode()).hexdigest()


def result_key(model_id: str, model_version: str, result: JsonObject) -> JsonObject:
    """Return the values of KEY for a result record of training.evaluation.suite."""
    values = (
        model_id,
        model_version,
        result["metric"],
        str(result.get("version") or "1"),
        result.get("mode") or "corrected",
        int(result.get("seed") or 0),
        settings_hash(result.get("settings") or {}),
        result.get("images") or "all",
    )
    return dict(zip(KEY, values, strict=True))


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
    results = list(results)
    rows = _read_rows(session, model_id, {result["metric"] for result in results})
    for result in results:
        key = result_key(model_id, model_version, result)
        headline = _take_headline(rows.values(), key)
        identity = tuple(key.values())
        row = rows[identity] = rows.get(identity) or MetricResult(**key)
        row.codes, row.settings, row.headline = codes, dict(result.get("settings") or {}), headline
        row.low, row.high = result.get("interval") or (None, None)
        row.details = dict(result.get("details") or {})
        row.split = None if result.get("split") is None else list(result["split"])
        for name in ("n", "score", "chance", "reason", "seconds"):
            setattr(row, name, result.get(name))
        row.computed_at = datetime.fromisoformat(result["computed_at"]) if result.get("computed_at") else now()
        session.add(row)
    session.flush()
    return len(results)


def _read_rows(session: Session, model_id: str, metrics: Iterable[str]) -> dict[tuple[object, ...], MetricResult]:
    """Return the rows of these metrics of a model, without their large details, by the values of KEY."""
    query = select(MetricResult).where(MetricResult.model_id == model_id, MetricResult.metric.in_(sorted(metrics)))
    found = session.scalars(query.options(defer(MetricResult.details)))
    return {tuple(getattr(row, name) for name in KEY): row for row in found}


def _take_headline(rows: Iterable[MetricResult], key: Mapping[str, object]) -> bool:
    """Return whether the result of ``key`` becomes the headline; the earlier headline is then unset."""
    if key["images"] not in TABLED:
        return False
    earlier = [row for row in rows if row.metric == key["metric"] and row.headline]
    if key["mode"] != "corrected" and any(row.mode == "corrected" for row in earlier):
        return False
    for row in earlier:
        row.headline = False
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
