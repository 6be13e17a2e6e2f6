"""ASGI middleware of every request: id, security headers, counting, trusted hosts, limit of the body, compression.

Plain ASGI: a decode takes a third of a millisecond, and each layer of Starlette's `BaseHTTPMiddleware` a tenth.
"""

import asyncio
import gzip
import ipaddress
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
"""`Sec-Fetch-Dest` of a page's parts: the policy of the page applies to them, so that they need no headers of it."""
API = "/api/v1"
PLAIN_PATHS = ("/decode", f"{API}/decode")
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
MIN_COMPRESSED_BYTES = 1024
MIN_THREAD_BYTES = 64 * 1024
GZIP_LEVEL = 5
COMPRESSED_TYPES = (b"text/html", b"text/csv", b"application/json", b"application/problem+json")

access_log = logging.getLogger("axiscope.access")


def _header(scope: Scope, name: bytes) -> str:
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1"))
    return ""


def route_of(scope: Scope) -> str:
    """Return the path template of the route that answered: one counter a route, whatever the ids."""
    given: str = scope["path"]
    if given in PLAIN_PATHS:
        return given
    path = getattr(scope.get("route"), "path", None)
    if path:
        below = given.startswith(f"{API}/") and not path.startswith(API)
        return f"{API}{path}" if below else str(path)
    return "/static" if given.startswith("/static/") else "unmatched"


class RequestMiddleware:
    """ASGI middleware that gives each request an id and the security headers, counts and logs it."""

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

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        self.telemetry.in_flight.inc()
        try:
            await self.app(scope, receive, send_with_headers)
        finally:
            self.telemetry.in_flight.dec()
            seconds = time.perf_counter() - started
            self.telemetry.observe(scope["method"], route_of(scope), status, seconds)
            if access_log.isEnabledFor(logging.INFO):
                fields = {"method": scope["method"], "path": scope["path"], "status": status}
                fields |= {"ms": round(seconds * 1000, 2), "request_id": request_id}
                access_log.info("%s %s %s", scope["method"], scope["path"], status, extra={"fields": fields})


@lru_cache(256)
def host_name(value: str) -> str:
    """Return the host of a ``Host`` header in lower case, without port and without the brackets of IPv6."""
    try:
        return (urlsplit(f"//{value}").hostname or "").lower()
    except ValueError:
        return ""


def is_trusted(host: str, settings: Settings) -> bool:
    """Return whether a request may name ``host``; protects against DNS rebinding.

    Allowed are addresses, `localhost`, the name that the service listens on and `trusted_hosts`: no other site can make
    one of them lead here. If `trusted_hosts` is empty, any name is allowed beyond the loopback address, where every
    request needs a token.
    """
    name = host_name(host)
    if name == "localhost" or name.endswith(".localhost") or _is_address(name):
        return True
    if name in {settings.host.lower(), *map(str.lower, settings.trusted_hosts)}:
        return bool(name)
    return bool(name) and settings.needs_token and not settings.loopback and not settings.trusted_hosts


@lru_cache(256)
def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class HostMiddleware:
    """ASGI middleware that refuses untrusted hosts, and requests of other sites that change something."""

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
                f"got Host: {host[:100]}; allowed: addresses, localhost and the names in AXISCOPE_TRUSTED_HOSTS; "
                "add the name there"
            )
        elif scope["method"] not in SAFE_METHODS:
            refusal = _cross_site(scope, host)
        if refusal:
            await problem(Request(scope), 403, refusal)(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _cross_site(scope: Scope, host: str) -> str:
    """Return why the request of another site is refused; empty for one of this service's own pages."""
    origin = _header(scope, b"origin")
    other_origin = origin and urlsplit(origin).netloc.lower() != host.lower()
    if other_origin or _header(scope, b"sec-fetch-site") == "cross-site":
        site = origin[:100] or "another site"
        return f"got a {scope['method']} request of {site}; allowed: GET; use the pages of this service"
    return ""


class BodyLimitMiddleware(RequestBodyLimitMiddleware):
    """ASGI middleware that refuses a body that is too large, declared or sent; a route may have its own limit.

    Starlette's class answers a declared size in plain text; with this one the error handlers answer both.
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


class CompressionMiddleware:
    """ASGI middleware that compresses pages, tables and JSON by gzip; pictures, arrays and streams stay as they are."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not any(
            name == b"accept-encoding" and b"gzip" in value for name, value in scope["headers"]
        ):
            await self.app(scope, receive, send)
            return
        held: Message | None = None

        async def send_compressed(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start" and _is_compressible(message["headers"]):
                held = message
                return
            if held is not None:
                start, held = held, None
                if message["type"] == "http.response.body" and not message.get("more_body"):
                    start, message = await _compress(start, message)
                await send(start)
            await send(message)

        await self.app(scope, receive, send_compressed)


def _is_compressible(headers: list[tuple[bytes, bytes]]) -> bool:
    known = dict(headers)
    return b"content-encoding" not in known and known.get(b"content-type", b"").partition(b";")[0] in COMPRESSED_TYPES


async def _compress(start: Message, body: Message) -> tuple[Message, Message]:
    data = body.get("body", b"")
    known = dict(start["headers"])
    vary = b", ".join(filter(None, (known.get(b"vary"), b"Accept-Encoding")))
    headers = [pair for pair in start["headers"] if pair[0] not in {b"vary", b"content-length"}]
    headers.append((b"vary", vary))
    if len(data) < MIN_COMPRESSED_BYTES:
        return {**start, "headers": [*headers, (b"content-length", b"%d" % len(data))]}, body
    small = len(data) < MIN_THREAD_BYTES
    packed = gzip.compress(data, GZIP_LEVEL) if small else await asyncio.to_thread(gzip.compress, data, GZIP_LEVEL)
    headers += [(b"content-encoding", b"gzip"), (b"content-length", b"%d" % len(packed))]
    return {**start, "headers": headers}, {**body, "body": packed}
