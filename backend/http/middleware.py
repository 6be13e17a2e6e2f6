"""What happens to every request before and after its route: id, security headers, guards, counting.

Plain ASGI, since a decode takes a third of a millisecond and each layer of comfort costs a tenth.
"""

import ipaddress
import json
import logging
import os
import re
import time
from functools import lru_cache
from urllib.parse import urlsplit

from fastapi import Request
from starlette.middleware.body_limit import RequestBodyLimitMiddleware, RequestBodyLimitResponder
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.http.problems import problem
from backend.http.telemetry import Telemetry
from backend.settings import Settings

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
RAW_SECURITY_HEADERS = [(name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]
PART_HEADERS = [
    pair for pair in RAW_SECURITY_HEADERS if pair[0] in {b"x-content-type-options", b"cross-origin-resource-policy"}
]
PARTS = (b"script", b"style", b"image", b"font", b"empty")
"""What a browser says (`Sec-Fetch-Dest`) it asks for as part of a page: the page's own rules hold for it."""
API = "/api/v1"
PLAIN_PATHS = ("/decode", f"{API}/decode")
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")

access = logging.getLogger("axiscope.access")


def _header(scope: Scope, name: bytes) -> str:
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1"))
    return ""


def route_of(scope: Scope) -> str:
    """Path template of the route that answered, so that ids do not multiply the counters."""
    given: str = scope["path"]
    if given in PLAIN_PATHS:
        return given
    path = getattr(scope.get("route"), "path", None)
    if path:
        below = given.startswith(f"{API}/") and not path.startswith(API)
        return f"{API}{path}" if below else str(path)
    return "/static" if given.startswith("/static/") else "unmatched"


class Frame:
    """Gives each request an id, adds the security headers, counts and logs it."""

    def __init__(self, app: ASGIApp, telemetry: Telemetry) -> None:
        self.app = app
        self.telemetry = telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = _header(scope, b"x-request-id")
        request_id = given if given and REQUEST_ID.fullmatch(given) else os.urandom(16).hex()
        scope["request_id"] = request_id
        started = time.perf_counter()
        status = 500
        part = any(name == b"sec-fetch-dest" and value in PARTS for name, value in scope["headers"])
        extra = [*(PART_HEADERS if part else RAW_SECURITY_HEADERS), (b"x-request-id", request_id.encode())]

        async def send_framed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        self.telemetry.in_flight.inc()
        try:
            await self.app(scope, receive, send_framed)
        finally:
            self.telemetry.in_flight.dec()
            seconds = time.perf_counter() - started
            self.telemetry.observe(scope["method"], route_of(scope), status, seconds)
            if access.isEnabledFor(logging.INFO):
                facts = {"method": scope["method"], "path": scope["path"], "status": status}
                facts |= {"ms": round(seconds * 1000, 2), "request_id": request_id}
                access.info("%s %s %s", scope["method"], scope["path"], status, extra={"facts": facts})


@lru_cache(256)
def host_name(value: str) -> str:
    """Host of a ``Host`` header without its port, in lower case; brackets of IPv6 removed."""
    try:
        return (urlsplit(f"//{value}").hostname or "").lower()
    except ValueError:
        return ""


def is_trusted(host: str, settings: Settings) -> bool:
    """Whether a request may name ``host``: the guard against DNS rebinding.

    Addresses, `localhost`, the name it listens on and `trusted_hosts`: a page elsewhere cannot make one of them lead
    here. Any other name only beyond the loopback address, where every request needs a token, unless `trusted_hosts`
    lists some.
    """
    name = host_name(host)
    if name == "localhost" or name.endswith(".localhost") or _is_address(name):
        return True
    if name in {settings.host.lower(), *map(str.lower, settings.trusted_hosts)}:
        return bool(name)
    return bool(name) and settings.needs_token and not settings.loopback and not settings.trusted_hosts


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class Guard:
    """Refuses requests for foreign hosts, and changes of state that another site asks for."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or answer 403."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        host = _header(scope, b"host")
        refusal = ""
        if not is_trusted(host, self.settings):
            refusal = (
                f"Host: {host[:100]} is not one of this service's names; allowed are addresses, localhost and "
                "those of AXISCOPE_TRUSTED_HOSTS: add the name there"
            )
        elif scope["method"] not in SAFE_METHODS:
            refusal = self._foreign(scope, host)
        if refusal:
            await problem(Request(scope), 403, refusal)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    @staticmethod
    def _foreign(scope: Scope, host: str) -> str:
        origin = _header(scope, b"origin")
        site = _header(scope, b"sec-fetch-site")
        foreign = origin and urlsplit(origin).netloc.lower() != host.lower()
        if foreign or site == "cross-site":
            return (
                f"a page of {origin[:100] or 'another site'} may not change anything here; use this service's own pages"
            )
        return ""


class BodyLimit(RequestBodyLimitMiddleware):
    """Refuses a body that is too large, declared or sent; a route may have a limit of its own.

    Starlette's own answers a declared one in plain text; here the error handlers do, for both.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await _BodyLimitResponder(self.app, self.max_body_size)(scope, receive, send)


class _BodyLimitResponder(RequestBodyLimitResponder):
    async def send_with_limit(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.response_started = True
        await self.send(message)


class JsonLines(logging.Formatter):
    """One JSON object a line, for log collectors."""

    def format(self, record: logging.LogRecord) -> str:
        """Write time, level, logger, message and the facts of a request."""
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


def set_up_logging(settings: Settings) -> None:
    """Log to stderr, as text or as JSON lines; requests are logged in JSON mode only."""
    handler = logging.StreamHandler()
    handler.setFormatter(
        JsonLines() if settings.json_logs else logging.Formatter("%(levelname)s %(name)s: %(message)s")
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    access.setLevel(logging.INFO if settings.json_logs else logging.WARNING)
    for noisy in ("uvicorn", "alembic", "httpx"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
