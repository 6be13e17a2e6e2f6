"""Multipart bodies whose files are written to a folder as their bytes arrive."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from fastapi import Request
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from backend.errors import BodyTooLarge
from models_zoo.errors import InvalidInput, UnsupportedFormat

TEXT_BYTES = 2000
MAX_REPEATED = 50
BATCH_BYTES = 1024**2
IDLE_SECONDS = 30.0


@dataclass(frozen=True)
class Parts:
    """Parts that a body may have.

    Parameters
    ----------
    texts : tuple of str
        Names of the parts that are text, of at most `TEXT_BYTES`.
    files : mapping of str to int
        Largest size in bytes of each part that is a file.
    repeated : frozenset of str, optional
        Texts that may occur up to `MAX_REPEATED` times.
    """

    texts: tuple[str, ...]
    files: Mapping[str, int]
    repeated: frozenset[str] = field(default=frozenset())


class Form:
    """Parser of a multipart body that writes files to a folder.

    Parameters
    ----------
    boundary : bytes
    folder : Path
        A file has the name of its part there.
    parts : Parts
    """

    def __init__(self, boundary: bytes, folder: Path, parts: Parts) -> None:
        self.done = False
        self._folder, self._parts = folder, parts
        self._texts: dict[str, list[bytes]] = {}
        self._files: set[str] = set()
        self._header, self._value, self._part = b"", b"", ""
        self._out: BinaryIO | None = None
        self._written = 0
        callbacks: Any = {
            "on_part_begin": self._begin,
            "on_header_field": self._on_header,
            "on_header_value": self._on_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._open,
            "on_part_data": self._data,
            "on_part_end": self.close,
            "on_end": self._end,
        }
        self._parser = MultipartParser(boundary, callbacks)

    def write(self, data: bytes) -> None:
        """Parse the next bytes of the body."""
        try:
            self._parser.write(data)
        except MultipartParseError:
            raise InvalidInput(
                "got a multipart body that cannot be read; allowed: fields and files; send it again", field="body"
            ) from None

    def file(self, part: str) -> Path | None:
        """Return the file of a part that has arrived."""
        return self._folder / part if part in self._files else None

    def need_file(self, part: str, what: str) -> Path:
        """Return the file of a part; raise `InvalidInput` if it has not arrived."""
        if part not in self._files:
            raise InvalidInput(f"got no part {part}; allowed: {what}; send it as {part}", field=f"/{part}")
        return self._folder / part

    def all(self, part: str) -> list[str]:
        """Return the texts of a part, without space around them."""
        return [value.decode("utf-8", "replace").strip() for value in self._texts.get(part, [])]

    def text(self, part: str) -> str:
        """Return the text of a part; empty if there is none."""
        return next(iter(self.all(part)), "")

    def close(self) -> None:
        """Close the open file."""
        if self._out is not None:
            self._out.close()
            self._out = None

    def _begin(self) -> None:
        self._header, self._value, self._part, self._written = b"", b"", "", 0

    def _on_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._part = parse_options_header(self._value)[1].get(b"name", b"").decode("utf-8", "replace")
        self._header, self._value = b"", b""

    def _open(self) -> None:
        part, parts = self._part, self._parts
        seen = len(self._texts.get(part, ())) + (part in self._files)
        if part not in (*parts.texts, *parts.files) or seen >= (MAX_REPEATED if part in parts.repeated else 1):
            allowed = ", ".join((*parts.texts, *parts.files))
            raise InvalidInput(f"got the part {part[:40]!r}; allowed: {allowed}, each once", field="body")
        if part in parts.files:
            self._files.add(part)
            self._out = (self._folder / part).open("xb")
        else:
            self._texts.setdefault(part, []).append(b"")

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._written += end - start
        part = self._part
        limit = self._parts.files.get(part, TEXT_BYTES)
        if self._written > limit:
            raise BodyTooLarge(
                f"got a larger part {part}; allowed: at most {limit:,} bytes; send a smaller one",
                field=f"/{part}",
                allowed=limit,
            )
        if self._out is not None:
            self._out.write(data[start:end])
        else:
            self._texts[part][-1] += data[start:end]

    def _end(self) -> None:
        self.done = True


async def _batches(request: Request) -> AsyncIterator[bytes]:
    """Yield the body in pieces of about `BATCH_BYTES`."""
    stream = aiter(request.stream())
    pending = bytearray()
    while True:
        try:
            chunk = await asyncio.wait_for(anext(stream), IDLE_SECONDS)
        except StopAsyncIteration:
            break
        except TimeoutError:
            message = f"got no byte for {IDLE_SECONDS:g} s; allowed: a body without pauses; send it again"
            raise InvalidInput(message, field="body") from None
        pending += chunk
        if len(pending) >= BATCH_BYTES:
            yield bytes(pending)
            pending.clear()
    yield bytes(pending)


async def receive(request: Request, folder: Path, parts: Parts, max_bytes: int, refusal: BodyTooLarge) -> Form:
    """Read a body and write its files to ``folder``.

    Raises
    ------
    UnsupportedFormat
        If the body is not multipart.
    BodyTooLarge
        ``refusal``, beyond ``max_bytes``.
    InvalidInput
        If the body has other parts, ends early or pauses for `IDLE_SECONDS`.
    """
    kind, options = parse_options_header(request.headers.get("content-type"))
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not 0 < len(boundary) <= 200:
        names = ", ".join((*parts.texts, *parts.files))
        raise UnsupportedFormat(f"got {kind.decode()[:100]!r}; allowed: multipart/form-data ({names})")
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > max_bytes:
        raise refusal
    form, total = Form(boundary, folder, parts), 0
    try:
        async for batch in _batches(request):
            total += len(batch)
            if total > max_bytes:
                raise refusal
            await asyncio.to_thread(form.write, batch)
    finally:
        form.close()
    if not form.done:
        raise InvalidInput("got a multipart body that ends early; allowed: whole bodies; send it again", field="body")
    return form


def body_schema(properties: Mapping[str, object], required: list[str]) -> dict[str, object]:
    """Return the OpenAPI description of a multipart body."""
    schema = {"type": "object", "properties": dict(properties), "required": required}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


def text_part(description: str) -> dict[str, str]:
    """Return the OpenAPI schema of a text part."""
    return {"type": "string", "description": description}


def file_part(description: str) -> dict[str, str]:
    """Return the OpenAPI schema of a file part."""
    return {"type": "string", "format": "binary", "description": description}
