"""Connections of the service: a deadline for headers, a bound on their size, and room for those who send requests.

uvicorn by itself waits for ever for the headers of a request, keeps as many as come, and answers in plain text.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from backend.http.problems import MEDIA_TYPE, plain_problem
from backend.settings import Settings

MAX_HEADER_BYTES = 64 * 1024


class Connections:
    """Connections that have not sent a whole request, oldest first: those that are closed where room is needed.

    Parameters
    ----------
    settings : Settings
        ``connections`` and ``request_seconds``.
    """

    def __init__(self, settings: Settings) -> None:
        self.most = settings.connections
        self.seconds = settings.request_seconds
        self.without_headers: dict[GuardedProtocol, None] = {}
        self.without_body: dict[GuardedProtocol, None] = {}

    def forget(self, connection: "GuardedProtocol") -> None:
        """Take ``connection`` off both lists."""
        self.without_headers.pop(connection, None)
        self.without_body.pop(connection, None)

    def oldest(self) -> "GuardedProtocol | None":
        """Return the connection to close first: one that sends no headers before one that sends its body."""
        for waiting in (self.without_headers, self.without_body):
            if waiting:
                return next(iter(waiting))
        return None


class GuardedProtocol(HttpToolsProtocol):
    """HTTP/1.1 by httptools with deadlines; every refusal is a problem document."""

    guard: Connections

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the deadline of the first request; where there is no room, close the oldest that sends nothing."""
        self._deadline: asyncio.TimerHandle | None = None
        self._header_bytes = 0
        super().connection_made(transport)
        if len(self.connections) > self.guard.most:
            oldest = self.guard.oldest()
            if oldest is None:
                message = f"all {self.guard.most} connections are busy; try again in a second"
                self._refuse(503, message)
                return
            self.guard.forget(oldest)
            self.connections.discard(oldest)
            oldest.transport.abort()
        self.guard.without_headers[self] = None
        self._start_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the deadline."""
        self._stop_deadline()
        self.guard.forget(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came; headers have one deadline as a whole, a body one from piece to piece."""
        if self.transport.is_closing():
            return
        receiving = self in self.guard.without_body
        if receiving or self._deadline is None:
            self._start_deadline()
        super().data_received(data)
        if self in self.guard.without_headers:  # not where a body is still coming after its answer
            self._header_bytes += len(data)
            if self._header_bytes > MAX_HEADER_BYTES and not self.transport.is_closing():
                self._refuse(431, f"the headers have more than {MAX_HEADER_BYTES} bytes: send fewer or shorter ones")

    def on_headers_complete(self) -> None:
        """Begin to wait for the body."""
        self._header_bytes = 0
        self.guard.without_headers.pop(self, None)
        self.guard.without_body[self] = None
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Stop the deadline: from here the service is at work."""
        self._stop_deadline()
        self.guard.without_body.pop(self, None)
        if self.cycle.response_complete:  # answered before its body was whole
            self.guard.without_headers[self] = None
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Wait for the next request of this connection; uvicorn closes it where none begins."""
        if not self.transport.is_closing() and not self.pipeline and self not in self.guard.without_body:
            self.guard.without_headers[self] = None
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP."""
        del msg
        self._refuse(400, "this is no HTTP/1.1 request: send a request line, headers and an empty line")

    def _start_deadline(self) -> None:
        self._stop_deadline()
        self._deadline = self.loop.call_later(self.guard.seconds, self._on_deadline)

    def _stop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _on_deadline(self) -> None:
        if self.flow.read_paused:  # the body waits for the service, not the service for the body
            self._start_deadline()
        elif self in self.guard.without_headers and self._header_bytes == 0:
            self.transport.close()
        elif self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete:
            self.transport.abort()
        else:
            self._refuse(408, f"no whole request came in {self.guard.seconds:g} s: send it without pauses")

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
    """Return the protocol class of one server with the limits of ``settings``."""
    members: dict[str, Any] = {"guard": Connections(settings)}
    return type("Protocol", (GuardedProtocol,), members)
