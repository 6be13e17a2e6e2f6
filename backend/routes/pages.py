"""Pages, each a template with the data of its first view (`boot`), and the login of browsers."""

import json
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Query, Request
from sqlalchemy import select
from starlette.responses import RedirectResponse, Response

from backend.catalog import datasets, plugins
from backend.db.tables import Model
from backend.errors import Unauthenticated
from backend.http.auth import COOKIE, TokenCheck
from backend.http.problems import TITLES
from backend.models import documents
from backend.models.listing import SortKey
from backend.models.previews import preview
from backend.routes.dependencies import ContextDep, SessionDep
from backend.routes.templates import DOCUMENTATION, FRONTEND, render, templates
from models_zoo.errors import AxiscopeError, NotFound
from models_zoo.json_types import JsonObject

router = APIRouter(include_in_schema=False)
SESSION_SECONDS = 30 * 86_400


def _example(operation: JsonObject) -> str | None:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    for example in content.get("examples", {}).values():
        return json.dumps(example["value"])
    return None


def _add_page(path: str, page: str) -> None:
    """Serve the template ``page`` without data at ``path``."""

    @router.get(path)
    def show(request: Request) -> Response:
        return render(request, page)


for name in ("compare", "scores", "jobs", "studies"):
    _add_page(f"/{name}", name)
_add_page("/", "gallery")


@router.get("/explore")
def explore_first(session: SessionDep, context: ContextDep) -> Response:
    """Redirect to the model of the highest MIG, without scores to the newest that works, without models to the list."""
    context.registry.sync()
    mig = SortKey("-mig", ("mig",))
    best = mig.join(select(Model.id).where(Model.problem.is_(None))).order_by(
        mig.order(mig.column), Model.created_at.desc(), Model.id
    )
    found = session.scalar(best.limit(1))
    return RedirectResponse("/" if found is None else f"/explore/{found}", 307)


@router.get("/explore/{model_id}")
def explore(
    request: Request,
    model_id: str,
    context: ContextDep,
    session: SessionDep,
    focus: Annotated[str | None, Query(max_length=20)] = None,
) -> Response:
    """Show one model, or why it is broken; ``focus`` is a latent, z3 or 3, that a preview of the link describes."""
    model = documents.detail(session, context.registry, context.settings, model_id)
    if model.problem:
        page = render(request, "problem", template="broken", model=model)
        page.status_code = 409
        return page
    try:
        _, manifest = context.registry.usable(model_id)  # the settings of the document have no paths
        opened = context.datasets.of_model(manifest.dataset, manifest.dataset_settings, model_id)
        images = model.links.get("images")
        dataset = datasets.detail(manifest.dataset or "", opened, images).model_dump(mode="json")
    except AxiscopeError:
        dataset = None
    boot = {"model": model.model_dump(mode="json"), "dataset": dataset}
    shown = preview(model, focus)
    return render(request, "explore", boot, model=model, preview=shown, origin=str(request.base_url).rstrip("/"))


@router.get("/verification/{model_id}")
def verification(request: Request, model_id: str, context: ContextDep, session: SessionDep) -> Response:
    """Show the report of a model's verification."""
    model = documents.detail(session, context.registry, context.settings, model_id)
    boot = {"model": model.model_dump(mode="json", include={"id", "name", "version", "problem", "verification"})}
    return render(request, "verification", boot, model=model)


@router.get("/stress")
def stress(request: Request) -> Response:
    """Show the stress test of the metrics."""
    table = plugins.stress()
    return render(request, "scores", template="stress", table=table, missing=sorted(plugins.without_stress(table)))


@router.get("/glossary")
def glossary(request: Request) -> Response:
    """Explain the words of the pages; the drawer of every page reads the same file."""
    terms: dict[str, JsonObject] = json.loads((FRONTEND / "static" / "glossary.json").read_bytes())
    groups: dict[str, dict[str, JsonObject]] = {}
    for name, term in terms.items():
        groups.setdefault(term["group"], {})[name] = term
    return render(request, "glossary", groups=groups, glossary=terms)


@router.get("/sweeps/{sweep_id}")
def sweep(request: Request, sweep_id: str) -> Response:
    """Show one sweep."""
    return render(request, "jobs", {"sweep": sweep_id}, template="sweep")


@router.get("/docs")
def documentation() -> Response:
    """Redirect to the documentation; where it was not built, to the description of the API."""
    return RedirectResponse("/docs/" if (DOCUMENTATION / "index.html").is_file() else "/docs/api", 307)


@router.get("/docs/api")
def api(request: Request) -> Response:
    """Describe the API, from its OpenAPI document."""
    document = request.app.openapi()
    groups: dict[str, list[JsonObject]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            shown = {"method": method.upper(), "path": path, **operation, "example": _example(operation)}
            groups.setdefault((operation.get("tags") or ["other"])[0], []).append(shown)
    return render(request, "api", groups=groups, info=document["info"])


@router.get("/docs/problems/{kind}")
def problem_kind(request: Request, kind: str) -> Response:
    """Explain a kind of problem; the `type` of every problem document leads here."""
    found = next(((status, title) for status, (slug, title) in TITLES.items() if slug == kind), None)
    if found is None:
        raise NotFound(
            f"got kind of problem {kind[:60]!r}, which does not exist; allowed: those that problem documents name; "
            "correct it"
        )
    return render(request, "api", template="problem", kind=kind, status=found[0], title=found[1])


@router.get("/data")
def data(request: Request) -> Response:
    """Show all data sets."""
    return render(request, "data", {"dataset": None})


@router.get("/data/{name}")
def data_of(request: Request, name: str) -> Response:
    """Show one data set."""
    return render(request, "data", {"dataset": name})


def own_path(text: str) -> str:
    """Return ``text`` if it is a path of this service, else ``/``, so that no redirect leads to another site."""
    parts = urlsplit(text)
    own = text.startswith("/") and not text.startswith(("//", "/\\")) and not parts.netloc
    return text if own else "/"


@router.get("/login")
def show_login(request: Request, next: Annotated[str, Query(max_length=2000)] = "/") -> Response:  # noqa: A002
    """Show the form of the login."""
    return templates.TemplateResponse(request, "login.html", {"page": "login", "next": own_path(next), "problem": ""})


@router.post("/login")
def log_in(
    request: Request,
    context: ContextDep,
    token: Annotated[str, Form(max_length=200)] = "",
    next: Annotated[str, Form(max_length=2000)] = "/",  # noqa: A002
) -> Response:
    """Exchange a token for a session cookie that scripts cannot read."""
    try:
        TokenCheck(context.database).scope(token.strip())
    except Unauthenticated as error:
        values = {"page": "login", "next": own_path(next), "problem": error.message}
        return templates.TemplateResponse(request, "login.html", values, status_code=401)
    answer = RedirectResponse(own_path(next), 303)
    secure = request.url.scheme == "https"
    answer.set_cookie(
        COOKIE, token.strip(), max_age=SESSION_SECONDS, httponly=True, samesite="lax", secure=secure, path="/"
    )
    return answer


@router.post("/logout")
def log_out() -> Response:
    """Delete the session cookie."""
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE, path="/")
    return answer
