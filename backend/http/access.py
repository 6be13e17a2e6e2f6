"""Who may do what: bearer tokens and browser sessions, asked for where the service is not for this machine alone."""

import asyncio
from urllib.parse import quote

from fastapi import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from backend.errors import Forbidden, Unauthenticated
from backend.http.middleware import SAFE_METHODS
from backend.http.problems import problem, status_of
from backend.http.tokens import TokenCheck, allows
from backend.settings import Settings
from models_zoo.errors import AxiscopeError

COOKIE = "axiscope_session"
OPEN_PATHS = frozenset({"/healthz", "/readyz", "/login", "/logout"})
INFER_PATHS = frozenset(
    prefix + path for prefix in ("", "/api/v1") for path in ("/encode", "/decode", "/traverse", "/reconstruct")
)
TRAIN_PREFIXES = ("/api/v1/jobs", "/api/v1/sweeps", "/api/v1/studies", "/api/v1/datasets/own/uploads")


def needed_scope(method: str, path: str) -> str | None:
    """Scope that a request needs; None for what is open to all.

    What is not named here needs ``admin``: a new route is closed until someone thinks about it.
    """
    if path in OPEN_PATHS or path.startswith("/static/"):
        return None
    if method in SAFE_METHODS:
        return "read"
    if path in INFER_PATHS:
        return "infer"
    return "train" if path.startswith(TRAIN_PREFIXES) else "admin"


def token_of(request: Request) -> str | None:
    """Token of the ``Authorization`` header, or of the session cookie."""
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    return text.strip() if kind.lower() == "bearer" else request.cookies.get(COOKIE)


class Access:
    """Lets a request through if its token allows it."""

    def __init__(self, app: ASGIApp, settings: Settings, check: TokenCheck) -> None:
        self.app = app
        self.open = not settings.needs_token
        self.check = check

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or answer 401 or 403; a browser is sent to the login page."""
        if self.open or scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        needed = needed_scope(scope["method"], scope["path"])
        if needed is None:
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        try:
            await self._check(request, needed)
        except AxiscopeError as error:
            if isinstance(error, Unauthenticated) and "text/html" in request.headers.get("accept", ""):
                answer = RedirectResponse(f"/login?next={quote(scope['path'])}", 303)
                await answer(scope, receive, send)
                return
            headers = {"WWW-Authenticate": "Bearer"} if isinstance(error, Unauthenticated) else None
            await problem(request, status_of(error), error.message, headers=headers)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    async def _check(self, request: Request, needed: str) -> None:
        text = token_of(request)
        if text is None:
            raise Unauthenticated("send a token: Authorization: Bearer axs_...; `axiscope token create` makes one")
        held = self.check.remembered(text)
        if held is None:
            held = await asyncio.to_thread(self.check.scope, text)
        if not allows(held, needed):
            raise Forbidden(f"this needs a token of scope {needed!r}; this one has {held!r}")
