"""What an operation of a client is: a generator of requests that does no input or output itself.

It yields the requests that it needs, receives their responses, and returns its result. So each operation stands once
for the blocking and the asynchronous client.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

import httpx
from pydantic import TypeAdapter

PAGE = 500
T = TypeVar("T")


@dataclass(frozen=True)
class Call:
    """One request, sent ``delay`` seconds from now."""

    method: str
    path: str
    params: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: object = None
    content: bytes | None = None
    delay: float = 0.0


Operation: TypeAlias = Generator[Call, httpx.Response, T]


def document(kind: type[T], response: httpx.Response) -> T:
    """Return the document of a response; fields of a newer service are left out."""
    return TypeAdapter(kind).validate_json(response.content, extra="ignore")


def pages(path: str, item: type[T], params: Mapping[str, object]) -> Operation[list[T]]:
    """Return the items of all pages of a list."""
    items: list[T] = []
    cursor: str | None = None
    while True:
        response = yield Call("GET", path, {**params, "limit": PAGE, "cursor": cursor})
        page = response.json()
        items += TypeAdapter(list[item]).validate_python(page["items"], extra="ignore")  # type: ignore[valid-type]
        cursor = page["next_cursor"]
        if cursor is None:
            return items
