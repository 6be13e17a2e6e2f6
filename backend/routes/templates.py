"""Rendering of the templates of frontend/templates."""

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from fastapi import Request
from starlette.responses import HTMLResponse, Response
from starlette.templating import Jinja2Templates

from backend.http.problems import Problem
from backend.http.static import pin

FRONTEND = Path(__file__).parents[2] / "frontend"
DOCUMENTATION = FRONTEND / "docs"
"""Site that scripts/build_docs.py makes."""
VENDOR = {
    "plotly": "plotly.min.js",
    "ort": "ort/ort.wasm.min.mjs",
    "kernel": "runtime/kernel.wasm",
    "lit": "lit-html/lit-html.js",
}
templates = Jinja2Templates(FRONTEND / "templates")


def product_version() -> str:
    """Return the version of the installed distribution."""
    try:
        return version("axiscope")
    except PackageNotFoundError:
        return "0"


def vendor() -> dict[str, bool]:
    """Return which browser libraries are installed."""
    return {name: (FRONTEND / "static" / "vendor" / file).is_file() for name, file in VENDOR.items()}


def render(
    request: Request, page: str, boot: Mapping[str, object] | None = None, *, template: str = "", **values: object
) -> Response:
    """Render a page; its scripts read ``boot`` as JSON, its template reads ``values``."""
    boot = {"vendor": vendor(), **(boot or {})}
    html = templates.get_template(f"{template or page}.html").render(
        request=request, page=page, version=product_version(), boot=boot, **values
    )
    return HTMLResponse(pin(html, FRONTEND / "static"), headers={"Cache-Control": "no-cache"})


def problem_page(request: Request, problem: Problem) -> Response:
    """Return a problem document as a page."""
    page = render(request, "problem", template="missing", problem=problem)
    page.status_code = problem.status
    return page
