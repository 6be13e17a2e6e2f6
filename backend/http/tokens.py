"""Access tokens: made once, shown once, kept as a hash.

A token is ``axs_`` + 32 random letters and digits + 6 that are a checksum, so that a mistyped one is
refused without a look into the database, and scanners for leaked secrets can recognise it.
"""

import hashlib
import secrets
import string
import time
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, sessionmaker

from backend.db.base import now
from backend.db.tables import Token
from backend.errors import Unauthenticated
from models_zoo.errors import InvalidInput, NotFound

PREFIX = "axs_"
ALPHABET = string.digits + string.ascii_letters
SECRET_LENGTH, CHECKSUM_LENGTH = 32, 6
SCOPES = ("read", "infer", "train", "admin")
REMEMBER_SECONDS = 10.0


def checksum(secret: str) -> str:
    """Six letters or digits that belong to ``secret``."""
    value, letters = zlib.crc32(secret.encode()), []
    for _ in range(CHECKSUM_LENGTH):
        value, digit = divmod(value, len(ALPHABET))
        letters.append(ALPHABET[digit])
    return "".join(letters)


def looks_sound(text: str) -> bool:
    """Whether prefix, length and checksum fit."""
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
    """Whether ``scope`` includes ``needed``: read < infer < train < admin."""
    return SCOPES.index(scope) >= SCOPES.index(needed)


def create(session: Session, name: str, scope: str, days: float | None) -> tuple[str, Token]:
    """Make a token and return its text, which exists nowhere else, and its row.

    Raises
    ------
    InvalidInput
        For an unknown scope or a span that is not positive.
    """
    if scope not in SCOPES:
        raise InvalidInput(
            f"scope {scope!r} came; allowed are {', '.join(SCOPES)}", field="/scope", allowed=list(SCOPES)
        )
    if days is not None and not 0 < days <= 36_500:
        raise InvalidInput(f"days = {days} came; allowed is more than 0, at most 36500", field="/days")
    secret = "".join(secrets.choice(ALPHABET) for _ in range(SECRET_LENGTH))
    text = PREFIX + secret + checksum(secret)
    expires = now() + timedelta(days=days) if days is not None else None
    row = Token(id=secret[:8], name=name[:200], digest=_digest(text), scope=scope, created_at=now(), expires_at=expires)
    session.add(row)
    session.flush()
    return text, row


def listed(session: Session) -> list[Token]:
    """All tokens, newest first."""
    return list(session.scalars(select(Token).order_by(Token.created_at.desc())))


def any_valid(session: Session) -> bool:
    """Whether at least one token can be used now."""
    valid = select(Token.id).where(
        Token.revoked_at.is_(None), or_(Token.expires_at.is_(None), Token.expires_at > now())
    )
    return session.scalar(valid.limit(1)) is not None


def revoke(session: Session, token_id: str) -> Token:
    """End a token.

    Raises
    ------
    NotFound
        If there is none of this id.
    """
    row = session.get(Token, token_id)
    if row is None:
        raise NotFound(f"there is no token {token_id!r}; `axiscope token list` shows them")
    row.revoked_at = row.revoked_at or now()
    return row


@dataclass(frozen=True)
class _Known:
    scope: str
    expires_at: datetime | None
    looked: float


class TokenCheck:
    """Checks tokens; one that was found good is not looked up again for a few seconds."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self._sessions = sessions
        self._known: dict[str, _Known] = {}

    def remembered(self, text: str) -> str | None:
        """Scope of a token that was checked a moment ago; never waits."""
        known = self._known.get(_digest(text))
        if known is None or time.monotonic() - known.looked > REMEMBER_SECONDS:
            return None
        return known.scope if known.expires_at is None or known.expires_at > now() else None

    def scope(self, text: str) -> str:
        """Scope of a valid token.

        Raises
        ------
        Unauthenticated
            If it is malformed, unknown, expired or revoked.
        """
        if not looks_sound(text):
            raise Unauthenticated("this is no token of this service: it is mistyped or cut off")
        digest = _digest(text)
        with self._sessions() as session:
            row = session.scalars(select(Token).where(Token.digest == digest)).one_or_none()
        if row is None or row.revoked_at is not None:
            raise Unauthenticated("the token is unknown or was revoked: make one with `axiscope token create`")
        if row.expires_at is not None and row.expires_at <= now():
            raise Unauthenticated(
                f"the token expired at {row.expires_at.isoformat()}: make one with `axiscope token create`"
            )
        if len(self._known) > 1000:
            self._known.clear()
        self._known[digest] = _Known(row.scope, row.expires_at, time.monotonic())
        return row.scope
