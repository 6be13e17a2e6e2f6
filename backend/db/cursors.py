"""Cursors of paged lists: the sort key of the last row, tied to the filters of the request."""

import base64
import json
from collections.abc import Sequence
from typing import Any

from backend.errors import BadRequest


def encode_cursor(filters: str, key: Sequence[object]) -> str:
    """Return the cursor of the page after the row with the sort key ``key``.

    Parameters
    ----------
    filters : str
        Text that is equal for equal filters.
    key : sequence
        Numbers, texts and None.
    """
    return base64.urlsafe_b64encode(json.dumps([filters, key]).encode()).decode().rstrip("=")


def invalid_cursor() -> BadRequest:
    """Return the error for a text that this service has not issued as a cursor."""
    return BadRequest(
        "got a cursor that this service did not issue; allowed: those of its answers; start without it",
        field="query/cursor",
    )


def decode_cursor(cursor: str, filters: str, *types: type) -> list[Any]:
    """Return the sort key in a cursor; its parts have the given types.

    Parameters
    ----------
    cursor, filters : str
    *types : type
        Type of each part of the key.

    Raises
    ------
    BadRequest
        If the service has not issued the cursor, or for other filters.
    """
    try:
        given, key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        parts = list(zip(key, types, strict=True))
    except (ValueError, TypeError):
        raise invalid_cursor() from None
    if not all(isinstance(part, kind) for part, kind in parts):
        raise invalid_cursor()
    if given != filters:
        raise BadRequest(
            "got a cursor of other filters; allowed: one of these filters; start without it", field="query/cursor"
        )
    return list(key)
