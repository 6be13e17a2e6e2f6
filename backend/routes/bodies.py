"""Bodies of inference requests: JSON, npy and multipart. `BodyLimitMiddleware` limits their size."""

import asyncio
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from backend.context import Context
from backend.formats.arrays import Floats, Numbers, check_count, check_images, read_npy
from backend.http.negotiation import JSON, NPY
from backend.schemas.inference import DecodeRequest, EncodeRequest
from models_zoo.catalog import ZooModel
from models_zoo.errors import InvalidInput, UnsupportedFormat
from models_zoo.manifest import Manifest

D = TypeVar("D", bound=BaseModel)
MULTIPART = "multipart/form-data"
FITS = ("exact", "cover", "stretch")
THREAD_BYTES = 64 * 1024


def content_type(request: Request, allowed: Sequence[str]) -> str:
    """Return the media type of the body; the first of ``allowed`` if the request names none.

    Raises
    ------
    UnsupportedFormat
        If it is not one of ``allowed``.
    """
    given = request.headers.get("content-type", allowed[0]).partition(";")[0].strip().lower()
    if given not in allowed:
        raise UnsupportedFormat(
            f"got Content-Type: {given[:100]}; allowed: {', '.join(allowed)}",
            field="header/content-type",
            allowed=list(allowed),
        )
    return given


def parse(document: type[D], body: bytes) -> D:
    """Validate a JSON body.

    Raises
    ------
    RequestValidationError
        With the pointer of each invalid value.
    """
    try:
        return document.model_validate_json(body)
    except ValidationError as error:
        raise RequestValidationError(
            [{**each, "loc": ("body", *each["loc"])} for each in error.errors(include_url=False)]
        ) from None


async def read_document(request: Request, document: type[D]) -> D:
    """Read and validate a JSON body; a large one is parsed on a thread.

    Raises
    ------
    RequestValidationError
        With the pointer of each invalid value.
    """
    body = await request.body()
    return parse(document, body) if len(body) < THREAD_BYTES else await asyncio.to_thread(parse, document, body)


def _model_of_query(request: Request) -> str:
    model = request.query_params.get("model")
    if not model:
        raise InvalidInput(
            "got no model; allowed: the id of one; name it in the query, ?model=ID: the body is not JSON",
            field="query/model",
        )
    return model


async def _read_form(request: Request, max_files: int) -> tuple[dict[str, str], list[bytes]]:
    """Read the fields and the files of a multipart body."""
    try:
        form = await request.form(max_files=max_files, max_fields=16)
    except (HTTPException, KeyError, ValueError) as error:
        if isinstance(error, HTTPException) and error.status_code == 413:
            raise
        raise InvalidInput(
            f"got a multipart body that cannot be read: {str(error)[:200]}; allowed: fields and files; send it again",
            field="body",
        ) from None
    try:
        files = [await item.read() for _, item in form.multi_items() if isinstance(item, UploadFile)]
        fields = {name: item for name, item in form.multi_items() if isinstance(item, str)}
    finally:
        await form.close()
    unknown = fields.keys() - {"model", "fit"}
    if unknown:
        raise InvalidInput(f"got the form fields {', '.join(sorted(unknown))}; allowed: model, fit", field="body")
    return fields, files


async def read_encode(request: Request, context: Context) -> tuple[ZooModel, Manifest, Floats]:
    """Read the model and the images of a request whose body is JSON, npy or multipart."""
    settings = context.settings
    kind = content_type(request, (JSON, MULTIPART, NPY))
    if kind == JSON:
        document = await read_document(request, EncodeRequest)
        model, manifest = await context.inference.find(document.model)
        return model, manifest, await context.inference.request_images(manifest, document)
    if kind == NPY:
        model, manifest = await context.inference.find(_model_of_query(request))
        body = await request.body()
        limit = settings.max_images(manifest.image_shape)
        images = await context.runner.call(lambda: check_images(read_npy(body), manifest.image_shape, limit, "body"))
        return model, manifest, images
    fields, files = await _read_form(request, settings.batch)
    fit = fields.get("fit", FITS[0])
    if fit not in FITS:
        raise InvalidInput(f"got fit={fit[:40]!r}; allowed: {', '.join(FITS)}", field="body/fit")
    model, manifest = await context.inference.find(fields.get("model") or _model_of_query(request))
    check_count(len(files), settings.max_images(manifest.image_shape), "body")
    images = await context.runner.call(context.inference.read_pictures, manifest, files, fit, "body")
    return model, manifest, images


async def read_latents(request: Request, context: Context) -> tuple[str, Numbers, int | None]:
    """Read the model, the latents (N, D) and the columns of a sheet from a JSON or npy body."""
    if content_type(request, (JSON, NPY)) == JSON:
        document = await read_document(request, DecodeRequest)
        if len({len(row) for row in document.latents}) > 1:
            message = "got rows of different length; allowed: one number per latent in each row; correct the rows"
            raise InvalidInput(message, field="/latents")
        return document.model, np.array(document.latents), document.columns
    model = _model_of_query(request)
    body = await request.body()
    latents = read_npy(body) if len(body) < THREAD_BYTES else await context.runner.call(read_npy, body)
    return model, latents, None
