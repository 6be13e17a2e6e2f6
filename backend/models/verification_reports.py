"""Reports of verifications: one JSON file a model in the home, and what has changed since."""

import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.tables import MetricResult, Model
from backend.schemas.verification import Verification, VerificationBadge, VerificationState
from models_zoo.errors import NotFound
from models_zoo.files import write_atomic

FOLDER = "verification"
SHOWN = (
    MetricResult.model_id,
    MetricResult.metric,
    MetricResult.metric_version,
    MetricResult.mode,
    MetricResult.seed,
    MetricResult.settings_hash,
    MetricResult.images,
    MetricResult.headline,
    MetricResult.n,
    MetricResult.score,
    MetricResult.low,
    MetricResult.high,
    MetricResult.chance,
    MetricResult.reason,
)


def path_of(home: Path, model_id: str) -> Path:
    """Return the file of a model's report."""
    return home / FOLDER / f"{model_id}.json"


def write(home: Path, report: Verification) -> Path:
    """Store a report in place of an earlier one."""
    path = path_of(home, report.model)
    write_atomic(path, (report.model_dump_json(indent=1) + "\n").encode())
    return path


@lru_cache(maxsize=512)
def _read(path: Path, _time: int, _size: int) -> Verification | None:
    try:
        return Verification.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def _stored(home: Path, model_id: str) -> Verification | None:
    path = path_of(home, model_id)
    try:
        stat = path.stat()
    except OSError:
        return None
    return _read(path, stat.st_mtime_ns, stat.st_size)


def basis(session: Session, models: Sequence[Model]) -> dict[str, str]:
    """Return a digest of the description and of all scores of each model; another one means that something changed."""
    shown: dict[str, list[object]] = {model.id: [model.version, model.problem, model.manifest] for model in models}
    query = select(*SHOWN).where(MetricResult.model_id.in_(shown)).order_by(MetricResult.model_id, MetricResult.id)
    for model_id, *values in session.execute(query):
        shown[model_id].append(values)
    return {
        model_id: hashlib.sha256(json.dumps(each, sort_keys=True).encode()).hexdigest()
        for model_id, each in shown.items()
    }


def _present_state(report: Verification, present: str) -> VerificationState:
    return report.state if report.basis == present else "out of date"


def badges(session: Session, home: Path, models: Sequence[Model]) -> dict[str, VerificationBadge]:
    """Return the state of the newest verification of each model."""
    found = {model.id: report for model in models if (report := _stored(home, model.id)) is not None}
    present = basis(session, [model for model in models if model.id in found]) if found else {}
    return {
        model.id: VerificationBadge(
            state=_present_state(found[model.id], present[model.id]),
            reason=found[model.id].reason,
            checked_at=found[model.id].checked_at,
            counts=found[model.id].counts,
        )
        if model.id in found
        else VerificationBadge(state="not verified")
        for model in models
    }


def read(session: Session, home: Path, model_id: str) -> Verification:
    """Return the newest report of a model; its state is that of now.

    Raises
    ------
    NotFound
        If the model was not verified yet.
    """
    report = _stored(home, model_id)
    if report is None:
        raise NotFound(
            f"got model {model_id!r}, which was not verified yet; allowed: verified models; run `axiscope verify "
            f"{model_id}`"
        )
    model = session.get_one(Model, model_id)
    return report.model_copy(update={"state": _present_state(report, basis(session, [model])[model_id])})
