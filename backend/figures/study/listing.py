"""Studies and their progress on this machine, from the models that carry their label."""

import json

from sqlalchemy.orm import Session

from backend.figures.study import measured
from backend.figures.study.panels import measure_title
from backend.figures.study.source import open_source
from backend.schemas.studies import MeasuredScale, StudyDetail, StudyRow, StudySummary
from models_zoo.json_types import JsonObject
from training.studies.results import SEED
from training.studies.study import Study, names, read_study


def _summary(session: Session, study: Study) -> JsonObject:
    return {
        "name": study.name,
        "title": study.title,
        "source": study.source,
        "question": study.question,
        "notes": study.notes,
        "metrics": list(study.evaluation.metrics),
        "metric_titles": [measure_title(metric) for metric in study.evaluation.metrics],
        "runs": len(study.runs),
        "groups": list(study.groups),
        "steps": max(int(run.config.get("steps", 0)) for run in study.runs),
        "measured": [
            MeasuredScale(scale=scale, done=done, failed=0)
            for scale, done in measured.scales(session, study.name).items()
        ],
        "links": {"self": f"/api/v1/studies/{study.name}", "page": f"/studies?study={study.name}"},
    }


def listing(session: Session) -> list[StudySummary]:
    """Return all studies with the progress of each."""
    return [StudySummary(**_summary(session, read_study(name))) for name in names()]


def detail(session: Session, name: str, scale: float | None) -> StudyDetail:
    """Return one study at one scale, by default the largest that was measured.

    Raises
    ------
    NotFound
        For an unknown study.
    InvalidInput
        For a scale without results.
    """
    study = read_study(name)
    summary = _summary(session, study)
    if not summary["measured"] and scale is None:
        return StudyDetail(**summary, scale=None, rows=list(_rows(study).values()))
    source = open_source(session, study, scale=scale)
    rows = _rows(study)
    for result in source.results:
        row = rows.get(_key(result.group, result.varied))
        if row is None:
            continue
        row.done += 1
        for measure, value in {**result.losses, **result.scores}.items():
            row.measured.setdefault(measure, []).append(value)
    return StudyDetail(**summary, scale=source.scale, rows=list(rows.values()))


def _key(group: str, varied: JsonObject) -> str:
    return json.dumps([group, {name: value for name, value in varied.items() if name != SEED}], sort_keys=True)


def _rows(study: Study) -> dict[str, StudyRow]:
    rows: dict[str, StudyRow] = {}
    for run in study.runs:
        varied = {name: value for name, value in run.varied.items() if name != SEED}
        row = rows.setdefault(
            _key(run.group, varied),
            StudyRow(
                group=run.group,
                varied=varied,
                runs=0,
                done=0,
                published=study.published_for(run.group, varied),
                measured={},
                problems=[],
            ),
        )
        row.runs += 1
    return rows
