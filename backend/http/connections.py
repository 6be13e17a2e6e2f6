"""Connections of clients: deadlines and limits of requests, a limit of connections, work that ends with its client.

uvicorn alone has neither a deadline for headers nor a limit of connections, and answers in plain text.
"""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from fastapi import Request
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from backend.errors import ClientGone
from backend.http.problems import MEDIA_TYPE, plain_problem
from backend.settings import Settings

MAX_HEADER_BYTES = 64 * 1024
GRACE_SECONDS = 0.1
"""Shortest time for which a connection may wait for a request before it is closed to make room."""
MAX_WAITING = 256
"""Largest number of connections beyond `Settings.connections`, while some of them have no whole request yet."""
HEAD = b"HTTP/1.1 "
LISTEN_AFTER_SECONDS = 0.1
"""Delay of the second task, which listens for a disconnect: a decode of a third of a millisecond does not need it."""
T = TypeVar("T")


class Connections:
    """Connections without a whole request, oldest first: the first ones to be closed when there are too many.

    A connection that is one too many is open at first, since requests of those before it may have arrived and not be
    read yet. A period of grace begins with it; at the end those are closed that waited before it began and still wait,
    until the limit is kept. The event loop polls every connection between the two.

    Parameters
    ----------
    settings : Settings
        ``connections`` and ``request_seconds``.
    """

    def __init__(self, settings: Settings) -> None:
        self.max_connections = settings.connections
        self.request_seconds = settings.request_seconds
        self.without_headers: dict[GuardedProtocol, int] = {}
        self.without_body: dict[GuardedProtocol, int] = {}
        self.period = 0
        """Number of the present period; the values of both lists are the periods in which the wait began."""
        self._timer: asyncio.TimerHandle | None = None

    def forget(self, connection: "GuardedProtocol") -> None:
        """Remove ``connection`` from both lists."""
        self.without_headers.pop(connection, None)
        self.without_body.pop(connection, None)

    def has_room(self, connections: set["GuardedProtocol"]) -> bool:
        """Return whether the newest of ``connections`` may stay; start a period if it is one too many."""
        if len(connections) <= self.max_connections:
            return True
        if not (self.without_headers or self.without_body):
            return False
        if self._timer is None:
            self._start_period(connections)
        return len(connections) <= self.max_connections + MAX_WAITING

    def _start_period(self, connections: set["GuardedProtocol"]) -> None:
        self.period += 1
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(GRACE_SECONDS, self._end_period, connections)

    def _end_period(self, connections: set["GuardedProtocol"]) -> None:
        """Close the connections of the longest wait, those without headers first, until the limit is kept."""
        self._timer = None
        for waiting in (self.without_headers, self.without_body):
            waited = [connection for connection, period in waiting.items() if period < self.period]
            for connection in waited[: max(0, len(connections) - self.max_connections)]:
                self.forget(connection)
                connections.discard(connection)
                connection.transport.abort()
        if len(connections) > self.max_connections:
            self._start_period(connections)


class JoiningTransport:
    """Transport that sends the head of an answer together with the beginning of its body, in one system call.

    uvicorn writes them one after the other. The head of an answer whose body comes later is sent when the event loop
    is free. All else is that of ``transport``.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._head = b""

    def __getattr__(self, name: str) -> object:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        """Return whether the transport is closing or closed."""
        return self._transport.is_closing()

    def write(self, data: bytes) -> None:
        """Send ``data`` after a head that was kept; keep a head."""
        if self._head:
            data, self._head = self._head + data, b""
        elif data.startswith(HEAD):
            self._head = data
            self._loop.call_soon(self._flush)
            return
        self._transport.write(data)

    def close(self) -> None:
        """Send what was kept and close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._head:
            head, self._head = self._head, b""
            self._transport.write(head)


class GuardedProtocol(HttpToolsProtocol):
    """HTTP/1.1 protocol of uvicorn with deadlines and limits; every refusal is a problem document."""

    guard: Connections

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the deadline of the first request; refuse the connection if there is no room."""
        self._deadline: asyncio.TimerHandle | None = None
        self._header_bytes = 0
        super().connection_made(JoiningTransport(transport, self.loop))  # type: ignore[arg-type]
        if not self.guard.has_room(self.connections):  # type: ignore[arg-type]
            limit = self.guard.max_connections
            self._refuse(503, f"got one more connection; allowed: {limit}, and all are busy; retry in a second")
            return
        self.guard.without_headers[self] = self.guard.period
        self._start_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the deadline."""
        self._stop_deadline()
        self.guard.forget(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse ``data``; the headers have one deadline together, a body has one for each piece."""
        if self.transport.is_closing():
            return
        receiving = self in self.guard.without_body
        if receiving or self._deadline is None:
            self._start_deadline()
        super().data_received(data)
        if self in self.guard.without_headers:  # not where a body is still coming after its answer
            self._header_bytes += len(data)
            if self._header_bytes > MAX_HEADER_BYTES and not self.transport.is_closing():
                self._refuse(431, f"got larger headers; allowed: {MAX_HEADER_BYTES} bytes; send fewer or shorter ones")

    def on_headers_complete(self) -> None:
        """Move the connection to those without a body."""
        self._header_bytes = 0
        self.guard.without_headers.pop(self, None)
        self.guard.without_body[self] = self.guard.period
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Stop the deadline: the request is complete."""
        self._stop_deadline()
        self.guard.without_body.pop(self, None)
        if self.cycle.response_complete:  # answered before its body was whole
            self.guard.without_headers[self] = self.guard.period
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Move the connection to those without headers; uvicorn closes it if no request follows."""
        if not self.transport.is_closing() and not self.pipeline and self not in self.guard.without_body:
            self.guard.without_headers[self] = self.guard.period
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer a request that is not HTTP."""
        del msg
        self._refuse(400, "got no HTTP/1.1 request; allowed: a request line, headers and an empty line; send these")

    def _start_deadline(self) -> None:
        self._stop_deadline()
        self._deadline = self.loop.call_later(self.guard.request_seconds, self._on_deadline)

    def _stop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _on_deadline(self) -> None:
        if self.flow.read_paused:  # the service is slower than the client
            self._start_deadline()
        elif self in self.guard.without_headers and self._header_bytes == 0:
            self.transport.close()
        elif self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete:
            self.transport.abort()
        else:
            self._refuse(
                408,
                f"got a part of a request; allowed: the whole in {self.guard.request_seconds:g} s; send it at once",
            )

    def _refuse(self, status: int, detail: str) -> None:
        """Send a problem document and close the connection."""
        self._stop_deadline()
        self.guard.forget(self)
        body = plain_problem(status, detail)
        head = (
            f"content-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\nx-content-type-options: nosniff\r\n"
            "connection: close\r\n\r\n"
        )
        self.transport.write(STATUS_LINE[status] + head.encode() + body)
        self.transport.close()


def protocol_of(settings: Settings) -> type[GuardedProtocol]:
    """Return the protocol class of a server with the limits of ``settings``."""
    return type("Protocol", (GuardedProtocol,), {"guard": Connections(settings)})


async def while_connected(request: Request, work: Awaitable[T]) -> T:
    """Return the result of ``work``; cancel it and raise `ClientGone` if the client closes the connection."""
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    listener: asyncio.Task[None] | None = None
    gone = False

    async def listen() -> None:
        nonlocal gone
        while (await request.receive())["type"] != "http.disconnect":
            pass
        gone = True
        if task is not None:
            task.cancel()

    def start() -> None:
        nonlocal listener
        listener = loop.create_task(listen())

    timer = loop.call_later(LISTEN_AFTER_SECONDS, start)
    try:
        return await work
    except asyncio.CancelledError:
        if gone and task is not None and not task.uncancel():
            raise ClientGone("the client has closed the connection") from None
        raise
    finally:
        timer.cancel()
        if listener is not None:
            listener.cancel()
