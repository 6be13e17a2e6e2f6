"""Metric results, at the root and under /api/v1, and the score table of models x metrics."""

from collections.abc import Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic_core import to_json
from starlette.responses import Response

from backend.catalog import plugins
from backend.http.negotiation import CSV, JSON, choose
from backend.http.problems import RESPONSES
from backend.models.listing import ModelFilter
from backend.routes.dependencies import ContextDep, SessionDep, split_names
from backend.schemas.data import MetricTable
from backend.schemas.scores import MetricColumn, ScoreMatrix, ScoreTable, Which, Window
from backend.scores import listing
from backend.scores import table as score_table
from models_zoo.errors import NotFound
from training.registry import METRICS

metrics_router = APIRouter(tags=["metrics"], responses=RESPONSES)
router = APIRouter(prefix="/scores", tags=["scores"], responses=RESPONSES)
FIRST = ("mig", "dci")
"""Metrics that stand first, each with its family."""
COLUMN = ("title", "family", "higher_is_better", "best", "worst", "unit", "definition", "formula", "citation", "misses")


@metrics_router.get(
    "/metrics",
    response_model=MetricTable,
    responses={200: {"content": {CSV: {"schema": {"type": "string"}}}}},
)
def read_metrics(  # noqa: PLR0913, PLR0917 - each is a query parameter
    request: Request,
    context: ContextDep,
    session: SessionDep,
    model: Annotated[str | None, Query(description="ids joined by commas; all by default", max_length=20_000)] = None,
    metric: Annotated[str | None, Query(description="names joined by commas; all by default", max_length=2000)] = None,
    mode: Literal["corrected", "parity"] | None = None,
    details: Annotated[bool, Query(description="matrices and parts too")] = False,
    limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> Response:
    """Return stored metric results with seed, n, parameters, time and state; CSV holds all pages."""
    accept = choose(request, (JSON, CSV))
    models, metrics = split_names(model), split_names(metric)
    for model_id in models:
        context.registry.find(model_id)
    known = METRICS.names()
    for name in metrics:
        if name not in known:
            raise NotFound(
                f"got metric {name[:60]!r}; allowed: {', '.join(known)}",
                field="query/metric",
                allowed=list(known),
            )
    headers = {"Vary": "Accept"}
    versions = plugins.metric_versions()
    if accept == CSV:
        text = listing.to_csv(session, models, metrics, mode, versions)
        headers["Content-Disposition"] = 'attachment; filename="metrics.csv"'
        return Response(text, media_type=CSV, headers=headers)
    rows, following = listing.read(
        session, models, metrics, mode=mode, versions=versions, details=details, limit=limit, cursor=cursor
    )
    table = MetricTable(items=rows, next_cursor=following)
    return Response(to_json(table), media_type=JSON, headers=headers)


def metric_columns() -> list[MetricColumn]:
    """Return the description of every metric, those of one family together, MIG and DCI with their families first."""
    described = plugins.metrics()
    columns = [
        MetricColumn(
            name=name,
            version=str(document["info"]["version"]),
            **{key: document["info"][key] for key in COLUMN},
        )
        for name, document in described.items()
    ]
    columns.sort(key=lambda column: FIRST.index(column.name) if column.name in FIRST else len(FIRST))
    order = list(dict.fromkeys(column.family for column in columns))
    return sorted(columns, key=lambda column: order.index(column.family))


def _filter(which: Which) -> ModelFilter:
    models = tuple(split_names(which.model))
    return ModelFilter(
        which.dataset or None, which.objective or None, text=which.q, models=models, study=which.study or None
    )


@router.get("", response_model=ScoreTable, response_model_exclude_unset=True)
def list_scores(session: SessionDep, context: ContextDep, window: Annotated[Window, Query()]) -> dict[str, object]:
    """Return one window of models x metrics, filtered and sorted by the database."""
    context.registry.sync()
    columns = metric_columns()
    chosen = _filter(window)
    versions = {column.name: column.version for column in columns}
    return {
        "total": score_table.count(session, chosen, fold=window.fold),
        "offset": window.offset,
        "rows": score_table.rows(session, chosen, window, versions),
        "metrics": columns,
        "facets": score_table.facets(session, chosen) if window.offset == 0 else {},
    }


@router.get("/matrix", response_model=ScoreMatrix)
def score_matrix(session: SessionDep, which: Annotated[Which, Query()]) -> Mapping[str, object]:
    """Return the scores of all models that the filter admits, for correlations, fronts and parallel coordinates."""
    return score_table.matrix(session, _filter(which), [column.name for column in metric_columns()])


@router.get("/best")
def clear_winners(session: SessionDep, which: Annotated[Which, Query()]) -> dict[str, dict[str, str]]:
    """Return the best model by metric and data set, where its interval overlaps that of no other."""
    lower = [column.name for column in metric_columns() if not column.higher_is_better]
    return score_table.clear_winners(session, _filter(which), lower)
