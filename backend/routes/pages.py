"""The pages. Each is a template of frontend/templates with a little data to begin with (`boot`)."""

import json
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path as FilePath
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import select
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.templating import Jinja2Templates

from backend.catalog import datasets
from backend.db.tables import Model
from backend.http.problems import TITLES, Problem
from backend.http.static import pin
from backend.routes.dependencies import ContextDep, SessionDep
from backend.routes.models import detail
from models_zoo.errors import AxiscopeError, NotFound

FRONTEND = FilePath(__file__).parents[2] / "frontend"
VENDOR = {"plotly": "plotly.min.js", "ort": "ort/ort.wasm.min.mjs", "lit": "lit-html/lit-html.js"}
router = APIRouter(include_in_schema=False)
templates = Jinja2Templates(FRONTEND / "templates")


def product_version() -> str:
    """Version of the installed distribution."""
    try:
        return version("axiscope")
    except PackageNotFoundError:
        return "0"


def vendor() -> dict[str, bool]:
    """Which browser libraries were installed at set-up."""
    return {name: (FRONTEND / "static" / "vendor" / file).is_file() for name, file in VENDOR.items()}


def render(request: Request, page: str, boot: dict[str, Any], *, template: str = "", **more: Any) -> Response:
    """Render a page; `boot` reaches its scripts as JSON."""
    context = {"page": page, "version": product_version(), "boot": {"vendor": vendor(), **boot}, **more}
    html = templates.get_template(f"{template or page}.html").render(request=request, **context)
    return HTMLResponse(pin(html, FRONTEND / "static"), headers={"Cache-Control": "no-cache"})


def problem_page(request: Request, problem: Problem) -> Response:
    """Show a problem to a person who followed a link."""
    page = render(request, "problem", {}, template="missing", problem=problem)
    page.status_code = problem.status
    return page


def _example(operation: dict[str, Any]) -> str | None:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    for example in content.get("examples", {}).values():
        return json.dumps(example["value"])
    return None


@router.get("/")
def gallery(request: Request) -> Response:
    """Show all models."""
    return render(request, "gallery", {})


@router.get("/explore")
def explore_first(session: SessionDep, context: ContextDep) -> Response:
    """Go to the newest model that works."""
    context.registry.sync()
    newest = select(Model.id).where(Model.problem.is_(None)).order_by(Model.created_at.desc(), Model.id).limit(1)
    found = session.scalar(newest)
    if found is None:
        raise NotFound("there is no model yet: train one, or import one with `axiscope import`")
    return RedirectResponse(f"/explore/{found}", 307)


@router.get("/explore/{model_id}")
def explore(request: Request, model_id: str, context: ContextDep, session: SessionDep) -> Response:
    """Show one model with everything its first view needs."""
    model = detail(session, context, model_id)
    try:
        _, manifest = context.registry.sound(model_id)  # its settings hold whole paths, those of the document do not
        opened = context.datasets.of_model(manifest.dataset, manifest.dataset_settings, model_id)
        images = model.links.get("images")
        dataset = datasets.detail(manifest.dataset or "", opened, images).model_dump(mode="json")
    except AxiscopeError:
        dataset = None
    boot = {"model": model.model_dump(mode="json"), "dataset": dataset}
    return render(request, "explore", boot, model=model)


@router.get("/compare")
def compare(request: Request) -> Response:
    """Show several models side by side."""
    return render(request, "compare", {})


@router.get("/scores")
def scores(request: Request) -> Response:
    """Show the table of metrics."""
    return render(request, "scores", {})


@router.get("/jobs")
def jobs(request: Request) -> Response:
    """Show the queue."""
    return render(request, "jobs", {})


@router.get("/sweeps/{sweep_id}")
def sweep(request: Request, sweep_id: str) -> Response:
    """Show one sweep."""
    return render(request, "jobs", {"sweep": sweep_id}, template="sweep")


@router.get("/studies")
def studies(request: Request) -> Response:
    """Show the published experiments."""
    return render(request, "studies", {})


@router.get("/docs")
def api(request: Request) -> Response:
    """Describe the interface, from the OpenAPI document itself."""
    document = request.app.openapi()
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            facts = {"method": method.upper(), "path": path, **operation, "example": _example(operation)}
            groups.setdefault((operation.get("tags") or ["other"])[0], []).append(facts)
    return render(request, "api", {}, groups=groups, info=document["info"])


@router.get("/docs/problems/{kind}")
def problem_kind(request: Request, kind: str) -> Response:
    """Explain a kind of problem: where the `type` of every error leads."""
    found = next(((status, title) for status, (slug, title) in TITLES.items() if slug == kind), None)
    if found is None:
        raise NotFound(f"there is no kind of problem {kind[:60]!r}")
    return render(request, "api", {}, template="problem", kind=kind, status=found[0], title=found[1])


@router.get("/data")
def data(request: Request) -> Response:
    """Show all data sets."""
    return render(request, "data", {"dataset": None})


@router.get("/data/{name}")
def data_of(request: Request, name: str) -> Response:
    """Show one data set."""
    return render(request, "data", {"dataset": name})
