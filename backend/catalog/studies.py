"""Published experiments and their results on this machine, read from the folders of results."""

import json
from pathlib import Path

from backend.schemas.studies import MeasuredScale, StudyDetail, StudyRow, StudySummary
from models_zoo.errors import InvalidInput
from models_zoo.json_types import JsonObject
from training.studies.result_files import RESULTS, read_results
from training.studies.study import Study, names, read_study


def _results(home: Path, name: str) -> list[JsonObject]:
    """Return the results at every scale, the largest first, without files that cannot be read."""
    found = []
    for path in (home / "studies").glob(f"{name}-scale-*/{RESULTS}"):
        try:
            document = read_results(path.parent)
        except (OSError, json.JSONDecodeError):
            continue
        if document.get("scale") and isinstance(document.get("runs"), dict):
            found.append(document)
    return sorted(found, key=lambda document: -document["scale"])


def _measured(document: JsonObject) -> MeasuredScale:
    runs = document["runs"].values()
    failed = sum("problem" in run for run in runs)
    return MeasuredScale(scale=document["scale"], done=len(document["runs"]) - failed, failed=failed)


def _summary(study: Study, results: list[JsonObject]) -> JsonObject:
    return {
        "name": study.name,
        "title": study.title,
        "source": study.source,
        "question": study.question,
        "notes": study.notes,
        "metrics": list(study.evaluation.metrics),
        "runs": len(study.runs),
        "groups": list(study.groups),
        "steps": max(int(run.config.get("steps", 0)) for run in study.runs),
        "measured": [_measured(document) for document in results],
        "links": {"self": f"/api/v1/studies/{study.name}", "page": f"/studies?study={study.name}"},
    }


def listing(home: Path) -> list[StudySummary]:
    """Return all studies with the progress of each."""
    return [StudySummary(**_summary(read_study(name), _results(home, name))) for name in names()]


def detail(home: Path, name: str, scale: float | None) -> StudyDetail:
    """Return one study at one scale, by default the largest that was measured.

    Raises
    ------
    NotFound
        For an unknown study.
    InvalidInput
        For a scale without results.
    """
    study = read_study(name)
    results = _results(home, name)
    known = [document["scale"] for document in results]
    if scale is not None and scale not in known:
        allowed = ", ".join(f"{each:g}" for each in known) or "none yet"
        raise InvalidInput(f"got scale={scale:g}; allowed: the measured scales, {allowed}", field="query/scale")
    chosen = next((document for document in results if scale in {None, document["scale"]}), None)
    return StudyDetail(
        **_summary(study, results),
        scale=chosen["scale"] if chosen else None,
        rows=_rows(study, chosen["runs"] if chosen else {}),
    )


def _rows(study: Study, done: JsonObject) -> list[StudyRow]:
    rows: dict[str, StudyRow] = {}
    for run in study.runs:
        varied = {key: value for key, value in run.varied.items() if key != "seed"}
        key = json.dumps([run.group, varied], sort_keys=True)
        row = rows.setdefault(
            key,
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
        result = done.get(run.name)
        if result is None:
            continue
        if "problem" in result:
            row.problems.append(result["problem"])
            continue
        row.done += 1
        values = {metric: score["score"] for metric, score in result["scores"].items()} | result["last"]
        for name, value in values.items():
            if value is not None:
                row.measured.setdefault(name, []).append(value)
    return list(rows.values())
