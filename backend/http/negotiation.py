"""Which media type to answer with, and reading a body no further than its limit."""

from collections.abc import Sequence

from fastapi import Request

from backend.errors import BodyTooLarge, NotAcceptable
from models_zoo.errors import UnsupportedFormat

JSON = "application/json"
NPY = "application/x-npy"
PNG = "image/png"
SVG = "image/svg+xml"
CSV = "text/csv"


def _ranges(accept: str) -> list[tuple[str, float]]:
    found = []
    for part in accept.split(","):
        media, *parameters = (piece.strip() for piece in part.split(";"))
        quality = 1.0
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "q":
                try:
                    quality = float(value)
                except ValueError:
                    quality = 0.0
        if media:
            found.append((media.lower(), quality))
    return found


def _quality(offer: str, ranges: Sequence[tuple[str, float]]) -> float:
    """Quality that the most specific matching range gives (RFC 9110, 12.5.1)."""
    family = offer.partition("/")[0]
    for pattern in (offer, f"{family}/*", "*/*"):
        for media, quality in ranges:
            if media == pattern:
                return quality
    return 0.0


def choose(request: Request, offers: Sequence[str]) -> str:
    """Choose the media type the client likes best; the earlier offer wins a tie.

    Raises
    ------
    NotAcceptable
        Listing what is possible.
    """
    accept = request.headers.get("accept", "")
    if not accept or accept == "*/*":
        return offers[0]
    if accept in offers:
        return accept
    ranges = _ranges(accept)
    best = max(offers, key=lambda offer: _quality(offer, ranges))
    if _quality(best, ranges) <= 0:
        raise NotAcceptable(
            f"Accept: {accept[:100]} came; possible here: {', '.join(offers)}",
            field="header/accept",
            allowed=list(offers),
        )
    return best


def content_type(request: Request, allowed: Sequence[str]) -> str:
    """Media type of the body; JSON when the client says nothing.

    Raises
    ------
    UnsupportedFormat
        Listing what is read here.
    """
    given = request.headers.get("content-type", allowed[0]).partition(";")[0].strip().lower()
    if given not in allowed:
        raise UnsupportedFormat(
            f"Content-Type: {given[:100]} came; read here: {', '.join(allowed)}",
            field="header/content-type",
            allowed=list(allowed),
        )
    return given


async def read_body(request: Request, limit: int) -> bytes:
    """Read the body, giving up as soon as it is longer than ``limit`` bytes.

    Raises
    ------
    BodyTooLarge
        Naming the limit.
    """
    message = f"the body is larger than the limit of {limit} bytes ({limit / 1024**2:.3g} MiB): send fewer at a time"
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise BodyTooLarge(message, allowed=limit)
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise BodyTooLarge(message, allowed=limit)
        chunks.append(chunk)
    return b"".join(chunks)
