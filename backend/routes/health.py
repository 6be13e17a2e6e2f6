"""Liveness, readiness by named checks, and metrics for Prometheus."""

import time
from typing import Literal

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, PlainTextResponse, Response

from backend.context import Context
from backend.db.tables import Model
from backend.routes.dependencies import ContextDep
from backend.schemas.base import Document

router = APIRouter(tags=["health"])


class Alive(Document):
    """Response of a process that is alive."""

    status: Literal["ok"] = "ok"
    uptime_seconds: float


class Check(Document):
    """Result of one check of readiness."""

    ok: bool
    detail: str


class Ready(Document):
    """Readiness of the service."""

    status: Literal["ok", "not ready"]
    checks: dict[str, Check]


@router.get("/healthz")
async def healthz(context: ContextDep) -> Alive:
    """Respond that the process is alive."""
    return Alive(uptime_seconds=round(time.time() - context.started, 3))


def readiness(context: Context) -> Ready:
    """Check database, zoo, model threads and worker."""
    checks: dict[str, Check] = {}
    try:
        with context.database.read_session() as session:
            session.execute(text("SELECT 1"))
            usable = session.scalar(select(func.count()).where(Model.problem.is_(None))) or 0
            broken = session.scalar(select(func.count()).where(Model.problem.is_not(None))) or 0
        checks["database"] = Check(ok=True, detail=context.database.engine.dialect.name)
        checks["zoo"] = Check(ok=True, detail=f"{usable} models, {broken} broken")
    except SQLAlchemyError as error:
        checks["database"] = Check(ok=False, detail=type(error).__name__)
    for name, check in context.checks.items():
        ok, detail = check()
        checks[name] = Check(ok=ok, detail=detail)
    ready = all(check.ok for check in checks.values())
    return Ready(status="ok" if ready else "not ready", checks=checks)


@router.get("/readyz", responses={200: {"model": Ready}, 503: {"model": Ready}}, response_model=Ready)
def readyz(context: ContextDep) -> Response:
    """Check database, zoo, model threads and worker; 503 if one of them fails."""
    document = readiness(context)
    return JSONResponse(document.model_dump(), 200 if document.status == "ok" else 503)


@router.get("/-/prometheus", response_class=PlainTextResponse)
def prometheus(context: ContextDep) -> Response:
    """Return the metrics of the service in Prometheus' text format."""
    return PlainTextResponse(context.telemetry.exposition(), media_type=CONTENT_TYPE_PLAIN_0_0_4)
