"""The table of metrics; the same handler at the root and under /api/v1."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic_core import to_json
from starlette.responses import Response

from backend.catalog import plugins
from backend.db import metric_results
from backend.http.negotiation import CSV, JSON, choose
from backend.http.problems import RESPONSES
from backend.routes.dependencies import TheContext, TheSession
from backend.schemas.data import MetricTable
from backend.scores import listing
from models_zoo.errors import NotFound

router = APIRouter(tags=["metrics"], responses=RESPONSES)


def split(text: str | None) -> list[str]:
    """Split names joined by commas; empty for all."""
    return [part.strip() for part in (text or "").split(",") if part.strip()]


@router.get(
    "/metrics",
    response_model=MetricTable,
    responses={200: {"content": {CSV: {"schema": {"type": "string"}}}}},
)
def read_metrics(  # noqa: PLR0913, PLR0917 - each is a query parameter
    request: Request,
    context: TheContext,
    session: TheSession,
    model: Annotated[str | None, Query(description="ids joined by commas; all by default", max_length=20_000)] = None,
    metric: Annotated[str | None, Query(description="names joined by commas; all by default", max_length=2000)] = None,
    mode: Literal["corrected", "parity"] | None = None,
    details: Annotated[bool, Query(description="matrices and parts too")] = False,
    limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> Response:
    """Give cached metric values with seed, n, parameters, time and state; CSV holds all pages."""
    accept = choose(request, (JSON, CSV))
    models, metrics = split(model), split(metric)
    for model_id in models:
        context.registry.entry(model_id)
    known = metric_results.metric_names()
    for name in metrics:
        if name not in known:
            raise NotFound(
                f"there is no metric {name[:60]!r}; there are: {', '.join(known)}",
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
