"""Compression of answers made on the spot: pages and JSON. Pictures, arrays and streams go out as they are."""

import asyncio
import gzip

from starlette.types import ASGIApp, Message, Receive, Scope, Send

LEAST_BYTES = 1024
THREAD_BYTES = 64 * 1024
LEVEL = 5
KINDS = (b"text/html", b"text/csv", b"application/json", b"application/problem+json")


class Compression:
    """Packs an answer by gzip if it is of a kind that gains, comes in one piece and the client takes it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not any(
            name == b"accept-encoding" and b"gzip" in value for name, value in scope["headers"]
        ):
            await self.app(scope, receive, send)
            return
        held: Message | None = None

        async def send_packed(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start" and _gains(message["headers"]):
                held = message
                return
            if held is not None:
                start, held = held, None
                if message["type"] == "http.response.body" and not message.get("more_body"):
                    start, message = await _packed(start, message)
                await send(start)
            await send(message)

        await self.app(scope, receive, send_packed)


def _gains(headers: list[tuple[bytes, bytes]]) -> bool:
    known = dict(headers)
    return b"content-encoding" not in known and known.get(b"content-type", b"").partition(b";")[0] in KINDS


async def _packed(start: Message, body: Message) -> tuple[Message, Message]:
    data = body.get("body", b"")
    known = dict(start["headers"])
    vary = b", ".join(filter(None, (known.get(b"vary"), b"Accept-Encoding")))
    headers = [pair for pair in start["headers"] if pair[0] not in {b"vary", b"content-length"}]
    headers.append((b"vary", vary))
    if len(data) < LEAST_BYTES:
        return {**start, "headers": [*headers, (b"content-length", b"%d" % len(data))]}, body
    small = len(data) < THREAD_BYTES
    packed = gzip.compress(data, LEVEL) if small else await asyncio.to_thread(gzip.compress, data, LEVEL)
    headers += [(b"content-encoding", b"gzip"), (b"content-length", b"%d" % len(packed))]
    return {**start, "headers": headers}, {**body, "body": packed}
