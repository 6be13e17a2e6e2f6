"""Stored answers to creating requests: the same key and body gets the same answer, however often it is sent."""

import hashlib
import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from backend.jobs.database import NOW, Database
from backend.jobs.tables import answers
from models_zoo.errors import Conflict, InvalidInput

ABANDONED_SECONDS = 60.0
KEPT_SECONDS = 7 * 86_400.0


def body_hash(body: Any) -> str:
    """Digest of a JSON body, the same for any order of its keys."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def begin(database: Database, key: str, digest: str) -> dict[str, Any] | None:
    """Reserve ``key``, or return the answer that was stored for it.

    Raises
    ------
    InvalidInput
        If the key was used with another body.
    Conflict
        If the first request with this key is still being answered.
    """
    abandoned = sa.and_(answers.c.answer.is_(None), answers.c.created_at < NOW - ABANDONED_SECONDS)
    try:
        with database.write() as connection:
            connection.execute(answers.delete().where(abandoned | (answers.c.created_at < NOW - KEPT_SECONDS)))
            connection.execute(answers.insert().values(key=key, body_hash=digest, answer=sa.null(), created_at=NOW))
        return None
    except IntegrityError:
        pass
    with database.read() as connection:
        row = connection.execute(sa.select(answers).where(answers.c.key == key)).mappings().first()
    if row is None or (row["answer"] is None and row["body_hash"] == digest):
        raise Conflict("a request with this Idempotency-Key is being answered at this moment: send it again later")
    if row["body_hash"] != digest:
        raise InvalidInput(
            "this Idempotency-Key came with another body before: use a new key for a new request",
            field="header/Idempotency-Key",
        )
    return dict(row["answer"])


def store(connection: sa.Connection, key: str, answer: dict[str, Any]) -> None:
    """Keep the answer, in the transaction that creates what it tells of."""
    connection.execute(answers.update().where(answers.c.key == key).values(answer=answer))


def forget(database: Database, key: str) -> None:
    """Release a key whose request was refused: a mended one may use it again."""
    with database.write() as connection:
        connection.execute(answers.delete().where(answers.c.key == key, answers.c.answer.is_(None)))
