"""The login of browsers: a token becomes a session cookie that no script can read."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from backend.errors import Unauthenticated
from backend.http.auth import COOKIE, TokenCheck
from backend.routes.dependencies import ContextDep
from backend.routes.pages import templates

router = APIRouter(include_in_schema=False)
SESSION_SECONDS = 30 * 86_400


def own_path(text: str) -> str:
    """Return ``text`` if it is a path of this service, else the first page: no redirect leads elsewhere."""
    parts = urlsplit(text)
    sound = text.startswith("/") and not text.startswith(("//", "/\\")) and not parts.netloc
    return text if sound else "/"


@router.get("/login")
def show_login(request: Request, next: Annotated[str, Query(max_length=2000)] = "/") -> Response:  # noqa: A002
    """Ask for a token."""
    return templates.TemplateResponse(request, "login.html", {"page": "login", "next": own_path(next), "problem": ""})


@router.post("/login")
def log_in(
    request: Request,
    context: ContextDep,
    token: Annotated[str, Form(max_length=200)] = "",
    next: Annotated[str, Form(max_length=2000)] = "/",  # noqa: A002
) -> Response:
    """Begin a session."""
    try:
        TokenCheck(context.sessions).scope(token.strip())
    except Unauthenticated as error:
        facts = {"page": "login", "next": own_path(next), "problem": error.message}
        return templates.TemplateResponse(request, "login.html", facts, status_code=401)
    answer = RedirectResponse(own_path(next), 303)
    secure = request.url.scheme == "https"
    answer.set_cookie(
        COOKIE, token.strip(), max_age=SESSION_SECONDS, httponly=True, samesite="lax", secure=secure, path="/"
    )
    return answer


@router.post("/logout")
def log_out() -> Response:
    """End the session."""
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE, path="/")
    return answer
