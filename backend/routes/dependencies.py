"""Dependencies of routes, and the parameters that several routes share."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Path, Request
from sqlalchemy.orm import Session

from backend.context import Context
from models_zoo.errors import NotFound


def context_of(request: Request) -> Context:
    """Return the context of the service; for routes where the 50 us of solving a dependency matter."""
    return request.app.state.context  # type: ignore[no-any-return]


async def _context(request: Request) -> Context:
    return context_of(request)


ContextDep = Annotated[Context, Depends(_context)]


def _session(context: ContextDep) -> Iterator[Session]:
    with context.database.read_session() as session:
        yield session


SessionDep = Annotated[Session, Depends(_session)]
ModelId = Annotated[str, Path(description="id of a model", examples=["demo-disc"])]
JobId = Annotated[str, Path(description="id of a job", max_length=20, examples=["1"])]


def row_number(text: str, what: str = "job") -> int:
    """Return the row number of an id.

    Raises
    ------
    NotFound
        If ``text`` is not a row number.
    """
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise NotFound(f"got {what} {text[:40]!r}, which does not exist; allowed: the number of a {what}; correct it")
    return int(text)


def split_names(text: str | None) -> list[str]:
    """Split names joined by commas; return an empty list for None."""
    return [part.strip() for part in (text or "").split(",") if part.strip()]
