"""Answers of a static copy that concern several models: scores, and matches of latents for the Compare page."""

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from urllib.parse import quote

from pydantic_core import to_json
from sqlalchemy.orm import Session

from backend.models import matching
from backend.models.listing import ModelFilter
from backend.models.registry import Registry
from backend.routes.scores import metric_columns
from backend.schemas.models import ModelDetail
from backend.schemas.scores import Window
from backend.scores import table
from models_zoo.errors import AxiscopeError
from models_zoo.files import write_atomic

MAX_MATCHED = 6
"""Models of which every combination is matched; the Compare page shows as many."""


def write_scores(session: Session, models: Sequence[ModelDetail], out: Path) -> dict[str, str]:
    """Write the scores of the models; return the file of each address."""
    columns = metric_columns()
    names = [column.name for column in columns]
    versions = {column.name: column.version for column in columns}
    chosen = ModelFilter(models=tuple(model.id for model in models))
    rows = table.rows(session, chosen, Window(limit=500), versions)
    _write(out / "scores.json", {"total": len(models), "offset": 0, "rows": rows, "metrics": columns, "facets": {}})
    _write(out / "score-matrix.json", table.matrix(session, chosen, names))
    files = {"/api/v1/scores": "scores.json", "/api/v1/scores/matrix": "score-matrix.json"}
    for dataset in {model.dataset for model in models if model.dataset}:
        file = f"score-matrix-{dataset}.json"
        _write(out / file, table.matrix(session, ModelFilter(dataset, models=chosen.models), names))
        files[f"/api/v1/scores/matrix?dataset={quote(dataset, safe='')}"] = file
    return files


def write_matches(registry: Registry, models: Sequence[ModelDetail], out: Path) -> dict[str, str]:
    """Write the matches of every combination of up to six models, in their order; return the file of each address."""
    ids = [model.id for model in models][:MAX_MATCHED]
    files: dict[str, str] = {}
    for size in range(2, len(ids) + 1):
        for chosen in combinations(ids, size):
            file = f"matches/{len(files)}.json"
            try:
                _write(out / file, matching.match(registry, list(chosen)))
            except AxiscopeError:
                continue  # a model without a sample of codes
            files[f"/api/v1/compare/match?m={quote(','.join(chosen), safe='')}"] = file
    return files


def _write(path: Path, answer: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, to_json(answer))
