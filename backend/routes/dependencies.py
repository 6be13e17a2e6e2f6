"""What routes ask for, as named types: a route then reads as a sentence."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Path, Request
from sqlalchemy.orm import Session

from backend.context import Context
from models_zoo.errors import NotFound


def context_of(request: Request) -> Context:
    """Context of the service that got the request; for routes where 50 us of dependency solving count."""
    return request.app.state.context  # type: ignore[no-any-return]


async def _context(request: Request) -> Context:
    return context_of(request)


TheContext = Annotated[Context, Depends(_context)]


def _session(context: TheContext) -> Iterator[Session]:
    with context.sessions.begin() as session:
        yield session


TheSession = Annotated[Session, Depends(_session)]

JobId = Annotated[str, Path(description="id of a job", max_length=20, examples=["1"])]


def row_number(text: str, what: str = "job") -> int:
    """Row number of an id.

    Raises
    ------
    NotFound
        For anything that cannot be one.
    """
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise NotFound(f"there is no {what} {text[:40]!r}")
    return int(text)
