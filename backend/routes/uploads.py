"""Uploaded sets of images: upload, list, delete."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path as FilePath
from typing import Annotated, Any, BinaryIO

from fastapi import APIRouter, Path, Request, Response
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from backend.catalog.uploads import check_name
from backend.errors import BodyTooLarge
from backend.http.problems import RESPONSES
from backend.routes.dependencies import ContextDep
from backend.schemas.data import Upload, UploadList
from models_zoo.errors import InvalidInput, UnsupportedFormat
from models_zoo.json_types import JsonObject
from training.data.formats.label_table import MAX_BYTES as LABEL_BYTES

router = APIRouter(prefix="/datasets/own/uploads", tags=["data sets"], responses=RESPONSES, max_body_size=2**62)
Name = Annotated[str, Path(description="name of an uploaded set", max_length=100)]
FILES = {"pictures": "pictures.zip", "labels": "labels.csv"}
NAME_BYTES = 200
BATCH_BYTES = 1024**2
IDLE_SECONDS = 30.0
BODY: JsonObject = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "name": {"type": "string", "description": "name of the set; lower-case letters and digits"},
                        "pictures": {"type": "string", "format": "binary", "description": "zip of images"},
                        "labels": {
                            "type": "string",
                            "format": "binary",
                            "description": "CSV with the column file and one a factor, if the zip has no labels.csv",
                        },
                    },
                    "required": ["name", "pictures"],
                }
            }
        },
    }
}


class _Form:
    """Parser of a multipart body that writes files to a folder as their bytes arrive.

    Parameters
    ----------
    boundary : bytes
    folder : Path
        Folder of the files of `FILES`.
    """

    def __init__(self, boundary: bytes, folder: FilePath) -> None:
        self.name = b""
        self.done = False
        self._folder = folder
        self._header, self._value, self._part = b"", b"", ""
        self._seen: set[str] = set()
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
            raise InvalidInput("got a multipart body that cannot be read; send it again", field="body") from None

    def file(self, part: str) -> FilePath | None:
        """Return the file of a part that has arrived."""
        return self._folder / FILES[part] if part in self._seen else None

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
        if self._part not in ("name", *FILES) or self._part in self._seen:
            raise InvalidInput(
                f"got the part {self._part[:40]!r}; allowed: name, pictures, labels, each once", field="body"
            )
        self._seen.add(self._part)
        if self._part in FILES:
            self._out = (self._folder / FILES[self._part]).open("xb")

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._written += end - start
        if self._part == "name":
            self.name += data[start:end]
            if len(self.name) > NAME_BYTES:
                raise InvalidInput(f"got a name of more than {NAME_BYTES} bytes; send a shorter one", field="/name")
        elif self._part == "labels" and self._written > LABEL_BYTES:
            raise BodyTooLarge(
                f"got labels of more than {LABEL_BYTES:,} bytes; send fewer",
                field="/labels",
                allowed=LABEL_BYTES,
            )
        elif self._out is not None:
            self._out.write(data[start:end])

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


async def _receive(request: Request, folder: FilePath, max_bytes: int) -> _Form:
    """Write the parts of the body to ``folder``."""
    kind, options = parse_options_header(request.headers.get("content-type"))
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not 0 < len(boundary) <= 200:
        raise UnsupportedFormat(f"got {kind.decode()[:100]!r}; allowed: multipart/form-data (name, pictures, labels)")
    refusal = BodyTooLarge(
        f"got more than {max_bytes:,} bytes, the limit (AXISCOPE_UPLOAD_BYTES); send the images in several sets",
        field="/pictures",
        allowed=max_bytes,
    )
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > max_bytes:
        raise refusal
    form, total = _Form(boundary, folder), 0
    try:
        async for batch in _batches(request):
            total += len(batch)
            if total > max_bytes:
                raise refusal
            await asyncio.to_thread(form.write, batch)
    finally:
        form.close()
    if not form.done:
        raise InvalidInput("got a multipart body that ends early; send it again", field="body")
    return form


@router.get("")
def list_uploads(context: ContextDep) -> UploadList:
    """List the uploaded sets of images, with the limits of an upload."""
    return context.uploads.listing()


@router.post("", status_code=201, openapi_extra=BODY)
async def upload_pictures(request: Request, context: ContextDep, response: Response) -> Upload:
    """Store a zip of images, with or without labels, under a new name; nothing is stored if any of it is invalid.

    `dataset_settings.path` of a training job takes the `name` of the response.
    """
    uploads = context.uploads
    with uploads.incoming() as folder:
        form = await _receive(request, folder, context.settings.upload_bytes)
        pictures = form.file("pictures")
        if pictures is None:
            raise InvalidInput("got no part pictures; send a zip of images as pictures", field="/pictures")
        name = check_name(form.name.decode("utf-8", "replace").strip())
        made = await asyncio.to_thread(uploads.add, name, pictures, form.file("labels"))
    response.headers["Location"] = made.links["self"]
    return made


@router.delete("/{upload}", status_code=204, response_class=Response)
def delete_upload(context: ContextDep, upload: Name) -> None:
    """Delete an uploaded set; models that were trained on it stay, but cannot show its images."""
    context.datasets.forget(context.uploads.delete(upload))
