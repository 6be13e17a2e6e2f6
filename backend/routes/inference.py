"""Encode and decode; the same handlers at the root and under /api/v1."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from pydantic_core import to_json
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.responses import Response

from backend.context import Context
from backend.formats.arrays import Floats, check_count, check_images, from_bytes, images_json, read_npy, write_npy
from backend.formats.pictures import to_array
from backend.formats.png import encode_png, sheet, to_pixels
from backend.http.disconnect import while_connected
from backend.http.negotiation import JSON, NPY, PNG, choose, content_type, read_body
from backend.http.problems import RESPONSES
from backend.models.samples import short_floats
from backend.routes import openapi_examples
from backend.routes.dependencies import context_of
from backend.schemas.inference import DecodeAnswer, DecodeRequest, EncodeAnswer, EncodeRequest
from models_zoo.errors import InvalidInput
from models_zoo.manifest import Manifest

router = APIRouter(tags=["inference"], responses=RESPONSES)
D = TypeVar("D", bound=BaseModel)
MULTIPART = "multipart/form-data"
THREAD_BYTES = 64 * 1024
VARY = {"Vary": "Accept"}


def parse(document: type[D], body: bytes) -> D:
    """Validate a JSON body.

    Raises
    ------
    RequestValidationError
        With the pointer of each value at fault.
    """
    try:
        return document.model_validate_json(body)
    except ValidationError as error:
        raise RequestValidationError(
            [{**each, "loc": ("body", *each["loc"])} for each in error.errors(include_url=False)]
        ) from None


async def read_document(request: Request, context: Context, document: type[D]) -> D:
    """Read and validate a JSON body; a large one is parsed on a thread."""
    body = await read_body(request, context.settings.body_bytes)
    return parse(document, body) if len(body) < THREAD_BYTES else await asyncio.to_thread(parse, document, body)


def need_model(model: str | None) -> str:
    """Model of a request whose body cannot name it.

    Raises
    ------
    InvalidInput
        If the query does not name it either.
    """
    if not model:
        raise InvalidInput("the body is not JSON, so the model must stand in the query: ?model=ID", field="query/model")
    return model


async def read_upload(request: Request, context: Context, model: str | None) -> tuple[str, list[bytes], str]:
    """Model, files and fit of a multipart body, whose size is limited while it is read."""
    body = await read_body(request, context.settings.body_bytes)
    sent = False

    async def receive() -> dict[str, Any]:
        nonlocal sent
        message = {"type": "http.request", "body": b"" if sent else body, "more_body": False}
        sent = True
        return message

    try:
        form = await Request(request.scope, receive).form(max_files=context.settings.batch, max_fields=16)
    except (HTTPException, MultiPartException, KeyError, ValueError) as error:
        raise InvalidInput(f"the multipart body cannot be read: {str(error)[:200]}", field="body") from None
    try:
        files = [await item.read() for _, item in form.multi_items() if isinstance(item, UploadFile)]
        texts = {name: item for name, item in form.multi_items() if isinstance(item, str)}
    finally:
        await form.close()
    unknown = texts.keys() - {"model", "fit"}
    if unknown:
        raise InvalidInput(f"unknown form fields: {', '.join(sorted(unknown))}; allowed are model, fit", field="body")
    return need_model(texts.get("model", model)), files, texts.get("fit", "exact")


async def read_encode(request: Request, context: Context, model: str | None) -> tuple[Any, Manifest, Floats]:
    """Entry, manifest and images of a request in any of the three body formats."""
    settings = context.settings
    kind = content_type(request, (JSON, MULTIPART, NPY))
    if kind == JSON:
        document = await read_document(request, context, EncodeRequest)
        entry, manifest = await context.inference.find(document.model)
        return entry, manifest, await context.inference.request_images(manifest, document)
    if kind == NPY:
        entry, manifest = await context.inference.find(need_model(model))
        body = await read_body(request, settings.body_bytes)
        most = settings.most_images(manifest.image_shape)
        images = await context.runner.call(lambda: check_images(read_npy(body), manifest.image_shape, most, "body"))
        return entry, manifest, images
    name, files, fit = await read_upload(request, context, model)
    if fit not in ("exact", "cover", "stretch"):
        raise InvalidInput(f"fit={fit[:40]!r} came; allowed are exact, cover, stretch", field="body/fit")
    entry, manifest = await context.inference.find(name)
    check_count(len(files), settings.most_images(manifest.image_shape), "body")

    def unpack() -> Floats:
        pictures = [
            to_array(data, manifest.image_shape, fit, settings.image_pixels, f"body/{place}")
            for place, data in enumerate(files)
        ]
        return from_bytes(np.stack(pictures))

    return entry, manifest, await context.runner.call(unpack)


@router.post(
    "/encode",
    response_model=EncodeAnswer,
    responses={200: {"content": {NPY: {"schema": {"type": "string", "format": "binary"}}}}},
    openapi_extra=openapi_examples.ENCODE,
)
async def encode(request: Request) -> Response:
    """Encode images: posterior mean and log-variance of each. As npy: array (2, N, latents) of both."""
    context = context_of(request)
    accept = choose(request, (JSON, NPY))
    entry, manifest, images = await read_encode(request, context, request.query_params.get("model"))
    mean, logvar = await while_connected(request, context.inference.encode(entry, manifest, images))
    if accept == NPY:
        return Response(write_npy(np.stack([mean, logvar])), media_type=NPY, headers=VARY)
    answer = {"model": manifest.id, "mu": short_floats(mean), "logvar": short_floats(logvar)}
    return Response(to_json(answer), media_type=JSON, headers=VARY)


def describe(manifest: Manifest, latents: Any) -> dict[str, str]:
    """Text chunks of a PNG: which weights made it, from which latents."""
    text = " ".join(f"{value:.7g}" for value in np.asarray(latents)[:16].ravel())
    return {
        "Software": "Axiscope",
        "axiscope.model": manifest.id,
        "axiscope.version": manifest.version,
        "axiscope.latent": text,
    }


def make_images(accept: str, latents: Any, columns: int | None) -> Callable[[Floats, Manifest], bytes]:
    """Last step of a decode in the format asked for; runs on a model thread."""

    def finish(images: Floats, manifest: Manifest) -> bytes:
        if accept == PNG:
            pixels = to_pixels(images)
            picture = pixels[0] if len(pixels) == 1 else sheet(pixels, columns)
            return encode_png(picture, describe(manifest, latents))
        if accept == NPY:
            return write_npy(images)
        return b'{"model":%b,"images":%b}' % (to_json(manifest.id), images_json(images))

    return finish


@router.post(
    "/decode",
    response_model=DecodeAnswer,
    responses={
        200: {
            "content": {
                PNG: {"schema": {"type": "string", "format": "binary"}},
                NPY: {"schema": {"type": "string", "format": "binary"}},
            }
        }
    },
    openapi_extra=openapi_examples.DECODE,
)
async def decode(request: Request) -> Response:
    """Decode latents: nested lists, one PNG (a sheet for several), or npy float32 (N, H, W, C)."""
    context = context_of(request)
    accept = choose(request, (JSON, PNG, NPY))
    columns = None
    if content_type(request, (JSON, NPY)) == JSON:
        document = await read_document(request, context, DecodeRequest)
        name, columns = document.model, document.columns
        lengths = {len(row) for row in document.latents}
        if len(lengths) > 1:
            raise InvalidInput("rows of different length came; each must have one number per latent", field="/latents")
        latents = np.array(document.latents)
    else:
        name = need_model(request.query_params.get("model"))
        body = await read_body(request, context.settings.body_bytes)
        latents = read_npy(body) if len(body) < THREAD_BYTES else await context.runner.call(read_npy, body)
    finish = make_images(accept, latents, columns)
    data = await while_connected(request, context.inference.decode(name, latents, finish))
    return Response(data, media_type=accept, headers=VARY)
