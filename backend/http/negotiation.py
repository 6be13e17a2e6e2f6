"""Media type of a response by the `Accept` header, and its `ETag` and caching."""

from collections.abc import Sequence

from fastapi import Request

from backend.errors import NotAcceptable

JSON = "application/json"
NPY = "application/x-npy"
PNG = "image/png"
SVG = "image/svg+xml"
CSV = "text/csv"
MARKDOWN = "text/markdown"
IMMUTABLE = "public, max-age=31536000, immutable"


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
    """Return the quality of the most specific range that matches."""
    family = offer.partition("/")[0]
    for pattern in (offer, f"{family}/*", "*/*"):
        for media, quality in ranges:
            if media == pattern:
                return quality
    return 0.0


def choose(request: Request, offers: Sequence[str]) -> str:
    """Return the offer of the highest quality; the earlier one of equal offers.

    Raises
    ------
    NotAcceptable
        If the client accepts none of ``offers``.
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
            f"got Accept: {accept[:100]}; allowed: {', '.join(offers)}; send one of these",
            field="header/accept",
            allowed=list(offers),
        )
    return best


def is_cached(if_none_match: str, tag: str) -> bool:
    """Return whether the client has the version ``tag``, by its `If-None-Match` header (RFC 9110, 13.1.2)."""
    return if_none_match == "*" or tag in (each.strip().removeprefix("W/") for each in if_none_match.split(","))
