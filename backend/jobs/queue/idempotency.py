"""Idempotency records: responses to creating requests, returned again for the same key and body."""

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from backend.db.base import NOW
from backend.db.engine import Database
from backend.jobs.records import json_digest
from backend.jobs.tables import idempotency_records as records
from models_zoo.errors import Conflict, InvalidInput
from models_zoo.json_types import JsonObject

ABANDONED_SECONDS = 60.0
KEPT_SECONDS = 7 * 86_400.0


def begin(database: Database, key: str, body: object) -> JsonObject | None:
    """Reserve ``key`` for the JSON value ``body``, or return the response that is stored for it.

    Raises
    ------
    InvalidInput
        If the key was used with another body.
    Conflict
        If the first request with this key is still in progress.
    """
    digest = json_digest(body)
    abandoned = sa.and_(records.c.answer.is_(None), records.c.created_at < NOW - ABANDONED_SECONDS)
    try:
        with database.write() as connection:
            connection.execute(records.delete().where(abandoned | (records.c.created_at < NOW - KEPT_SECONDS)))
            connection.execute(records.insert().values(key=key, body_hash=digest, answer=sa.null()))
        return None
    except IntegrityError:
        pass
    with database.read() as connection:
        row = connection.execute(sa.select(records).where(records.c.key == key)).mappings().first()
    if row is None or (row["answer"] is None and row["body_hash"] == digest):
        raise Conflict(
            "got an Idempotency-Key whose request is in progress; allowed: its repetition afterwards; send it again "
            "later"
        )
    if row["body_hash"] != digest:
        raise InvalidInput(
            "got an Idempotency-Key that came with another body before; allowed: a new key for a new request; choose "
            "another",
            field="header/Idempotency-Key",
        )
    return dict(row["answer"])


def store(connection: sa.Connection, key: str, response: JsonObject) -> None:
    """Store the response in the transaction that creates what it describes."""
    connection.execute(records.update().where(records.c.key == key).values(answer=response))


def forget(database: Database, key: str) -> None:
    """Release a key whose request was refused, so that a corrected request may use it."""
    with database.write() as connection:
        connection.execute(records.delete().where(records.c.key == key, records.c.answer.is_(None)))
