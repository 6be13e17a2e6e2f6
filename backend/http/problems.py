"""Errors as RFC 9457 problem documents.

Each has `type`, `title`, `status` and `detail`, and where a value is at fault `errors`: its pointer, what was got and
what is allowed. A browser that follows a link gets the same as a page.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.middleware.body_limit import MAX_BODY_SIZE_SCOPE_KEY
from starlette.responses import Response

from backend.errors import BadRequest, BodyTooLarge, ClientGone, Forbidden, NotAcceptable, Unauthenticated
from models_zoo.errors import (
    AxiscopeError,
    Conflict,
    DamagedFile,
    InvalidInput,
    NotFound,
    Overdue,
    TooMany,
    Unavailable,
    UnsupportedFormat,
)
from models_zoo.json_types import JsonObject
from models_zoo.path_privacy import without_folders

MEDIA_TYPE = "application/problem+json"
V2 = "/v2"
"""Prefix of the Open Inference Protocol, whose errors have the form of the protocol."""
log = logging.getLogger("axiscope")
MAX_VALUE_LENGTH = 120

TITLES = {
    400: ("bad-request", "The request cannot be understood"),
    401: ("unauthenticated", "A token is needed"),
    403: ("forbidden", "The token does not allow this"),
    404: ("not-found", "Not found"),
    405: ("method-not-allowed", "This method is not allowed here"),
    406: ("not-acceptable", "None of the accepted formats can be made"),
    408: ("timeout", "The request came too slowly"),
    409: ("conflict", "The present state forbids this"),
    412: ("precondition-failed", "The condition does not hold"),
    413: ("too-large", "The request is too large"),
    415: ("unsupported-format", "This format is not read here"),
    416: ("range-not-satisfiable", "The range lies outside the file"),
    422: ("invalid-input", "A value is not allowed"),
    429: ("too-many", "Too many requests"),
    431: ("headers-too-large", "The headers are too large"),
    499: ("client-gone", "The client has closed the connection"),
    500: ("internal", "Something went wrong on the server"),
    503: ("unavailable", "Something needed is missing or busy"),
}


class FieldProblem(BaseModel):
    """One value at fault."""

    pointer: str = Field(description="JSON pointer of the value, or `query`, `path`, `header` and its name")
    detail: str
    got: str | None = None
    allowed: Any = None


class Problem(BaseModel):
    """RFC 9457 problem document."""

    type: str = Field(description="URI reference that names the kind of problem")
    title: str
    status: int
    detail: str = Field(description="what was got, what is allowed, what to do")
    instance: str | None = Field(None, description="path of the request")
    request_id: str | None = Field(None, description="quote it when you report the problem")
    errors: list[FieldProblem] | None = None
    allowed: Any = None


STATUS: tuple[tuple[type[AxiscopeError], int], ...] = (
    (BodyTooLarge, 413),
    (InvalidInput, 422),
    (NotFound, 404),
    (UnsupportedFormat, 415),
    (NotAcceptable, 406),
    (Conflict, 409),
    (DamagedFile, 409),
    (Unavailable, 503),
    (TooMany, 429),
    (BadRequest, 400),
    (Unauthenticated, 401),
    (Forbidden, 403),
    (ClientGone, 499),
)

RESPONSES: dict[int | str, JsonObject] = {
    "default": {
        "description": "A problem document (RFC 9457)",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
}


def status_of(error: AxiscopeError) -> int:
    """Return the HTTP status of an error."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def plain_problem(status: int, detail: str) -> bytes:
    """Return a problem document for a request that cannot be parsed: JSON, UTF-8."""
    slug, title = TITLES[status]
    document = Problem(type=f"/docs/problems/{slug}", title=title, status=status, detail=detail)
    return document.model_dump_json(exclude_none=True).encode()


def problem(
    request: Request,
    status: int,
    detail: str,
    *,
    errors: Sequence[FieldProblem] = (),
    allowed: object = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the response to a failed request: a problem document, a page, or an error of the protocol below `V2`."""
    slug, title = TITLES.get(status, ("error", "The request failed"))
    detail = without_folders(detail)
    if request.url.path == V2 or request.url.path.startswith(f"{V2}/"):
        return JSONResponse({"error": detail}, status, headers=headers)
    errors = [each.model_copy(update={"detail": without_folders(each.detail)}) for each in errors]
    document = Problem(
        type=f"/docs/problems/{slug}",
        title=title,
        status=status,
        detail=detail,
        instance=request.url.path,
        request_id=request.scope.get("request_id"),
        errors=list(errors) or None,
        allowed=allowed,
    )
    headers = {"Vary": "Accept", **(headers or {})}
    if _is_followed_link(request):
        page: Response = request.app.state.problem_page(request, document)
        page.headers.update(headers)
        return page
    return JSONResponse(document.model_dump(exclude_none=True), status, headers=headers, media_type=MEDIA_TYPE)


def _is_followed_link(request: Request) -> bool:
    """Return whether a browser follows a link, and no program calls the API."""
    html = "text/html" in request.headers.get("accept", "")
    return html and request.method in ("GET", "HEAD") and not request.url.path.startswith("/api/")


def _shorten(value: object) -> str:
    text = repr(value)
    return text if len(text) <= MAX_VALUE_LENGTH else text[: MAX_VALUE_LENGTH - 3] + "..."


def error_response(request: Request, error: AxiscopeError) -> Response:
    """Return the response to a request that ``error`` ended."""
    errors = [FieldProblem(pointer=error.field, detail=error.message, allowed=error.allowed)] if error.field else []
    headers = {"WWW-Authenticate": "Bearer"} if isinstance(error, Unauthenticated) else None
    if isinstance(error, Overdue):
        headers = {"Retry-After": str(error.retry_seconds)}
    allowed = None if errors else error.allowed
    return problem(request, status_of(error), error.message, errors=errors, allowed=allowed, headers=headers)


async def _on_axiscope_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, AxiscopeError)  # noqa: S101 - registered for this class below
    return error_response(request, error)


def field_problems(errors: Sequence[JsonObject]) -> list[FieldProblem]:
    """Translate errors of pydantic; the pointer of a body field begins with ``/``."""
    found = []
    for error in errors:
        place, *rest = error["loc"] or ("body",)
        inside = rest if place == "body" else [place, *rest]
        pointer = ("/" if place == "body" else "") + "/".join(str(part) for part in inside)
        context = error.get("ctx") or {}
        allowed = context.get("expected") or context.get("pattern")
        got = None if error["type"] == "missing" else _shorten(error.get("input"))
        found.append(
            FieldProblem(pointer=pointer, detail=error["msg"].removeprefix("Value error, "), got=got, allowed=allowed)
        )
    return found


async def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    problems = field_problems(error.errors())
    detail = "; ".join(f"{each.pointer}: {each.detail}" for each in problems[:5])
    return problem(request, 422, detail, errors=problems[:50])


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    detail = error.detail
    if error.status_code == 404 and detail == "Not Found":
        detail = f"got {request.url.path}; allowed: the addresses of this service; /docs/api lists them"
    elif error.status_code == 405:
        detail = (
            f"got {request.method} {request.url.path}; allowed: other methods of this address; /docs/api lists them"
        )
    elif error.status_code == 413:
        limit = request.scope.get(MAX_BODY_SIZE_SCOPE_KEY) or request.app.state.context.settings.body_bytes
        detail = f"got a larger body; allowed: {limit} bytes ({limit / 1024**2:.3g} MiB); send less at a time"
    return problem(request, error.status_code, detail, headers=error.headers)


async def _on_unexpected(request: Request, error: Exception) -> Response:
    log.error("request failed path=%s request_id=%s", request.url.path, request.scope.get("request_id"), exc_info=error)
    detail = "an unexpected error of the service; report it with this request_id, which the log of the server names"
    return problem(request, 500, detail)


def install_handlers(app: FastAPI) -> None:
    """Register the handlers that answer exceptions with problem documents."""
    app.add_exception_handler(AxiscopeError, _on_axiscope_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(Exception, _on_unexpected)
