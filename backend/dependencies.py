"""What routes ask for, as named types: a route then reads as a sentence."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from backend.services.context import Context
from backend.settings import Settings


async def async_context(request: Request) -> Context:
    """Give the context without a detour over a thread."""
    return request.app.state.context  # type: ignore[no-any-return]


TheContext = Annotated[Context, Depends(async_context)]


async def _settings(context: TheContext) -> Settings:
    return context.settings


def _session(context: TheContext) -> Iterator[Session]:
    with context.sessions.begin() as session:
        yield session


TheSettings = Annotated[Settings, Depends(_settings)]
TheSession = Annotated[Session, Depends(_session)]
