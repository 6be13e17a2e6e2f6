"""Authentication: access tokens, browser sessions, and the scope that each request needs.

A token is ``axs_``, 32 random letters and digits, and a checksum of 6. The checksum refuses mistyped tokens without a
database query, and the prefix lets scanners for leaked secrets find them. Only a hash of a token is stored.
"""

import asyncio
import hashlib
import secrets
import string
import time
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from fastapi import Request
from sqlalchemy import or_, select
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from backend.db.base import now
from backend.db.engine import Database
from backend.db.tables import Token
from backend.errors import Forbidden, Unauthenticated
from backend.http.middleware import SAFE_METHODS
from backend.http.problems import error_response
from backend.settings import Settings
from models_zoo.errors import AxiscopeError, InvalidInput, NotFound

PREFIX = "axs_"
ALPHABET = string.digits + string.ascii_letters
SECRET_LENGTH, CHECKSUM_LENGTH = 32, 6
SCOPES = ("read", "infer", "train", "admin")
MAX_DAYS = 36_500
CACHE_SECONDS = 10.0
MAX_CACHED = 1000
COOKIE = "axiscope_session"
OPEN_PATHS = frozenset({"/healthz", "/readyz", "/v2/health/live", "/v2/health/ready", "/login", "/logout"})
INFER_PATHS = frozenset(
    prefix + path for prefix in ("", "/api/v1") for path in ("/encode", "/decode", "/traverse", "/reconstruct")
)
TRAIN_PREFIXES = (
    "/api/v1/jobs",
    "/api/v1/sweeps",
    "/api/v1/studies",
    "/api/v1/models",
    "/api/v1/datasets/own/uploads",
)


def checksum(secret: str) -> str:
    """Return the six letters or digits that belong to ``secret``."""
    value, letters = zlib.crc32(secret.encode()), []
    for _ in range(CHECKSUM_LENGTH):
        value, digit = divmod(value, len(ALPHABET))
        letters.append(ALPHABET[digit])
    return "".join(letters)


def is_valid_token(text: str) -> bool:
    """Return whether prefix, length and checksum of a token are right."""
    body = text.removeprefix(PREFIX)
    secret = body[:SECRET_LENGTH]
    return (
        text.startswith(PREFIX)
        and len(body) == SECRET_LENGTH + CHECKSUM_LENGTH
        and body.isascii()
        and secrets.compare_digest(checksum(secret), body[SECRET_LENGTH:])
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def allows(scope: str, needed: str) -> bool:
    """Return whether ``scope`` includes ``needed``: read < infer < train < admin."""
    return SCOPES.index(scope) >= SCOPES.index(needed)


def create_token(session: Session, name: str, scope: str, days: float | None) -> tuple[str, Token]:
    """Create a token and return its text, which is stored nowhere, and its row.

    Raises
    ------
    InvalidInput
        For an unknown scope or a number of days that is not positive.
    """
    if scope not in SCOPES:
        raise InvalidInput(f"got scope {scope!r}; allowed: {', '.join(SCOPES)}", field="/scope", allowed=list(SCOPES))
    if days is not None and not 0 < days <= MAX_DAYS:
        raise InvalidInput(f"got days = {days}; allowed: more than 0, at most {MAX_DAYS}", field="/days")
    secret = "".join(secrets.choice(ALPHABET) for _ in range(SECRET_LENGTH))
    text = PREFIX + secret + checksum(secret)
    expires = now() + timedelta(days=days) if days is not None else None
    row = Token(id=secret[:8], name=name[:200], digest=_digest(text), scope=scope, created_at=now(), expires_at=expires)
    session.add(row)
    session.flush()
    return text, row


def list_tokens(session: Session) -> list[Token]:
    """Return all tokens, newest first."""
    return list(session.scalars(select(Token).order_by(Token.created_at.desc())))


def any_valid_token(session: Session) -> bool:
    """Return whether there is a token that is neither expired nor revoked."""
    valid = select(Token.id).where(
        Token.revoked_at.is_(None), or_(Token.expires_at.is_(None), Token.expires_at > now())
    )
    return session.scalar(valid.limit(1)) is not None


def revoke_token(session: Session, token_id: str) -> Token:
    """Revoke a token.

    Raises
    ------
    NotFound
        If there is no token of this id.
    """
    row = session.get(Token, token_id)
    if row is None:
        raise NotFound(
            f"got token {token_id!r}, which does not exist; allowed: those of `axiscope token list`; name one of them"
        )
    row.revoked_at = row.revoked_at or now()
    return row


@dataclass(frozen=True)
class _CachedToken:
    scope: str
    expires_at: datetime | None
    checked_at: float


class TokenCheck:
    """Check of tokens; a valid one is not read from the database again for `CACHE_SECONDS`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cached: dict[str, _CachedToken] = {}

    def cached_scope(self, text: str) -> str | None:
        """Return the scope of a token that was checked within `CACHE_SECONDS`, without a database query."""
        cached = self._cached.get(_digest(text))
        if cached is None or time.monotonic() - cached.checked_at > CACHE_SECONDS:
            return None
        return cached.scope if cached.expires_at is None or cached.expires_at > now() else None

    def scope(self, text: str) -> str:
        """Return the scope of a token, read from the database.

        Raises
        ------
        Unauthenticated
            If the token is malformed, unknown, expired or revoked.
        """
        remedy = "create one with `axiscope token create`"
        if not is_valid_token(text):
            raise Unauthenticated(
                f"got a token that is mistyped or cut off; allowed: whole tokens; send it whole, or {remedy}"
            )
        digest = _digest(text)
        with self._database.read_session() as session:
            row = session.scalars(select(Token).where(Token.digest == digest)).one_or_none()
        if row is None or row.revoked_at is not None:
            raise Unauthenticated(f"got a token that is unknown or was revoked; allowed: valid tokens; {remedy}")
        if row.expires_at is not None and row.expires_at <= now():
            raise Unauthenticated(
                f"got a token that expired at {row.expires_at.isoformat()}; allowed: valid tokens; {remedy}"
            )
        if len(self._cached) >= MAX_CACHED:
            self._cached.clear()
        self._cached[digest] = _CachedToken(row.scope, row.expires_at, time.monotonic())
        return row.scope


def needed_scope(method: str, path: str) -> str | None:
    """Return the scope that a request needs; None where no token is needed.

    A route that is not named here needs ``admin``, so that a new route is closed by default.
    """
    if path in OPEN_PATHS or path.startswith("/static/"):
        return None
    if method in SAFE_METHODS:
        return "read"
    if path in INFER_PATHS or (path.startswith("/v2/models/") and path.endswith("/infer")):
        return "infer"
    return "train" if path.startswith(TRAIN_PREFIXES) else "admin"


def token_of(request: Request) -> str | None:
    """Return the token of the ``Authorization`` header, or of the session cookie."""
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    return text.strip() if kind.lower() == "bearer" else request.cookies.get(COOKIE)


class AuthMiddleware:
    """ASGI middleware that answers 401 or 403 unless the token allows the request; browsers go to the login page."""

    def __init__(self, app: ASGIApp, settings: Settings, check: TokenCheck) -> None:
        self.app = app
        self.enabled = settings.needs_token
        self.check = check

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        needed = needed_scope(scope["method"], scope["path"]) if self.enabled and scope["type"] == "http" else None
        if needed is None:
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        try:
            await self._check(request, needed)
        except AxiscopeError as error:
            if isinstance(error, Unauthenticated) and "text/html" in request.headers.get("accept", ""):
                response: Response = RedirectResponse(f"/login?next={quote(scope['path'])}", 303)
            else:
                response = error_response(request, error)
            await response(scope, receive, send)
            return
        await self.app(scope, receive, send)

    async def _check(self, request: Request, needed: str) -> None:
        text = token_of(request)
        if text is None:
            raise Unauthenticated(
                "got no token; allowed: a valid one; send `Authorization: Bearer axs_...`; `axiscope token create` "
                "creates one"
            )
        held = self.check.cached_scope(text)
        if held is None:
            held = await asyncio.to_thread(self.check.scope, text)
        if not allows(held, needed):
            raise Forbidden(f"got a token of scope {held!r}; allowed: {needed!r} or more; create such a token")
