"""The score table and its columns."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query

from backend.catalog import plugins
from backend.http.problems import RESPONSES
from backend.models.listing import ModelFilter
from backend.routes.dependencies import TheContext, TheSession
from backend.schemas.scores import MetricColumn, ScoreMatrix, ScoreTable, Which, Window
from backend.scores import table as score_table

router = APIRouter(prefix="/scores", tags=["scores"], responses=RESPONSES)

COLUMN = ("title", "family", "higher_is_better", "best", "worst", "unit", "definition", "formula", "citation", "misses")


def metric_columns() -> list[MetricColumn]:
    """Every metric as it describes itself; families stand together."""
    described = plugins.metrics()
    columns = [
        MetricColumn(
            name=name,
            version=str(document["info"]["version"]),
            **{key: document["info"][key] for key in COLUMN},
        )
        for name, document in described.items()
    ]
    order = list(dict.fromkeys(column.family for column in columns))
    return sorted(columns, key=lambda column: order.index(column.family))


def _filter(which: Which) -> ModelFilter:
    ids = tuple(part for part in (which.model or "").split(",") if part)
    return ModelFilter(which.dataset or None, which.objective or None, text=which.q, models=ids)


def _versions(columns: Sequence[MetricColumn]) -> dict[str, str]:
    return {column.name: column.version for column in columns}


@router.get("", response_model=ScoreTable, response_model_exclude_unset=True)
def list_scores(session: TheSession, context: TheContext, window: Annotated[Window, Query()]) -> Any:
    """Give one window of models x metrics, filtered and sorted by the database."""
    context.registry.sync()
    columns = metric_columns()
    chosen = _filter(window)
    return {
        "total": score_table.count(session, chosen, fold=window.fold),
        "offset": window.offset,
        "rows": score_table.rows(session, chosen, window, _versions(columns)),
        "metrics": columns,
        "facets": score_table.facets(session, chosen) if window.offset == 0 else {},
    }


@router.get("/matrix", response_model=ScoreMatrix)
def score_matrix(session: TheSession, which: Annotated[Which, Query()]) -> Any:
    """Give the scores of all models that fit: for correlations, fronts and parallel coordinates."""
    return score_table.matrix(session, _filter(which), [column.name for column in metric_columns()])


@router.get("/best")
def clear_winners(session: TheSession, which: Annotated[Which, Query()]) -> dict[str, dict[str, str]]:
    """Name, by metric and data set, the best of all models that fit, where its interval overlaps no other's."""
    lower = [column.name for column in metric_columns() if not column.higher_is_better]
    return score_table.clear_winners(session, _filter(which), lower)
