"""Work that is worth doing only as long as the client is there."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from fastapi import Request

from backend.errors import ClientGone

T = TypeVar("T")
PATIENCE_SECONDS = 0.1
"""Listening begins after this: a decode of a third of a millisecond must not pay for a second task."""


async def while_connected(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Return the result of ``work``, or cancel it when the client has gone.

    Parameters
    ----------
    request : Request
        Its body has been read.
    work : coroutine

    Raises
    ------
    ClientGone
    """
    loop = asyncio.get_running_loop()
    doing = asyncio.current_task()
    listening: asyncio.Task[None] | None = None
    gone = False

    async def listen() -> None:
        nonlocal gone
        while (await request.receive())["type"] != "http.disconnect":
            pass
        gone = True
        if doing is not None:
            doing.cancel()

    def begin() -> None:
        nonlocal listening
        listening = loop.create_task(listen())

    timer = loop.call_later(PATIENCE_SECONDS, begin)
    try:
        return await work
    except asyncio.CancelledError:
        if gone and doing is not None and not doing.uncancel():
            raise ClientGone("the client has gone") from None
        raise
    finally:
        timer.cancel()
        if listening is not None:
            listening.cancel()
