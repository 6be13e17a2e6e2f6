"""Encode, decode, traverse and reconstruct; the same handlers at the root and under /api/v1."""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import numpy as np
from fastapi import APIRouter, Query, Request
from fastapi.exceptions import RequestValidationError
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError
from pydantic_core import to_json
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.responses import Response

from backend.context import Context
from backend.formats.arrays import (
    Floats,
    check_count,
    check_images,
    from_bytes,
    images_json,
    read_npy,
    short_floats,
    write_npy,
)
from backend.formats.pictures import model_png, to_array, to_pixels
from backend.http.connections import while_connected
from backend.http.negotiation import JSON, NPY, PNG, choose, content_type, read_body
from backend.http.problems import RESPONSES
from backend.routes import openapi_examples
from backend.routes.dependencies import ContextDep, context_of
from backend.schemas.inference import (
    DecodeAnswer,
    DecodeRequest,
    EncodeAnswer,
    EncodeRequest,
    ReconstructAnswer,
    TraverseAnswer,
    TraverseRequest,
)
from models_zoo.catalog import Entry
from models_zoo.errors import InvalidInput
from models_zoo.manifest import Manifest

router = APIRouter(tags=["inference"], responses=RESPONSES)
D = TypeVar("D", bound=BaseModel)
MULTIPART = "multipart/form-data"
THREAD_BYTES = 64 * 1024
VARY = {"Vary": "Accept"}
BINARY = {"schema": {"type": "string", "format": "binary"}}
PNG_OR_NPY: dict[int | str, dict[str, Any]] = {200: {"content": {PNG: BINARY, NPY: BINARY}}}


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


async def read_document(request: Request, context: Context, document: type[D]) -> D:
    """Read and validate a JSON body; a large one is parsed on a thread."""
    body = await read_body(request, context.settings.body_bytes)
    return parse(document, body) if len(body) < THREAD_BYTES else await asyncio.to_thread(parse, document, body)


def need_model(model: str | None) -> str:
    """Return the model that the query names; a body that is not JSON cannot name it.

    Raises
    ------
    InvalidInput
        If the query names none.
    """
    if not model:
        raise InvalidInput("the body is not JSON: name the model in the query, ?model=ID", field="query/model")
    return model


async def read_upload(request: Request, context: Context, model: str | None) -> tuple[str, list[bytes], str]:
    """Read model, files and fit of a multipart body; its size is limited while it is read."""
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
        raise InvalidInput(f"got the form fields {', '.join(sorted(unknown))}; allowed: model, fit", field="body")
    return need_model(texts.get("model", model)), files, texts.get("fit", "exact")


async def read_encode(request: Request, context: Context, model: str | None) -> tuple[Entry, Manifest, Floats]:
    """Read the model and the images of a request whose body is JSON, npy or multipart."""
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
        raise InvalidInput(f"got fit={fit[:40]!r}; allowed: exact, cover, stretch", field="body/fit")
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
    responses={200: {"content": {NPY: BINARY}}},
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


def make_images(accept: str, latents: NDArray[np.number], columns: int | None) -> Callable[[Floats, Manifest], bytes]:
    """Return the last step of a decode request: images and manifest to a body of type ``accept``."""

    def finish(images: Floats, manifest: Manifest) -> bytes:
        if accept == PNG:
            return model_png(to_pixels(images), manifest, latents, columns)
        if accept == NPY:
            return write_npy(images)
        return b'{"model":%b,"images":%b}' % (to_json(manifest.id), images_json(images))

    return finish


@router.post("/decode", response_model=DecodeAnswer, responses=PNG_OR_NPY, openapi_extra=openapi_examples.DECODE)
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
            message = "got rows of different length; allowed: one number per latent in each row"
            raise InvalidInput(message, field="/latents")
        latents = np.array(document.latents)
    else:
        name = need_model(request.query_params.get("model"))
        body = await read_body(request, context.settings.body_bytes)
        latents = read_npy(body) if len(body) < THREAD_BYTES else await context.runner.call(read_npy, body)
    finish = make_images(accept, latents, columns)
    data = await while_connected(request, context.inference.decode(name, latents, finish))
    return Response(data, media_type=accept, headers=VARY)


@router.post("/traverse", response_model=TraverseAnswer, responses=PNG_OR_NPY, openapi_extra=openapi_examples.TRAVERSE)
async def traverse(request: Request, context: ContextDep) -> Response:
    """Move latents one at a time: a PNG with one row per latent, npy (dims, steps, H, W, C), or nested lists."""
    accept = choose(request, (JSON, PNG, NPY))
    content_type(request, (JSON,))
    document = await read_document(request, context, TraverseRequest)
    manifest, base, dims, values, frames = await while_connected(request, context.inference.traverse(document))

    def finish() -> bytes:
        if accept == NPY:
            return write_npy(frames)
        if accept == PNG:
            pixels = to_pixels(frames.reshape(-1, *manifest.image_shape))
            return model_png(pixels, manifest, base, document.steps, dims=" ".join(map(str, dims)))
        answer = {"model": manifest.id, "base": short_floats(base), "dims": dims, "values": short_floats(values)}
        return to_json(answer)[:-1] + b',"frames":%b}' % images_json(frames)

    return Response(await context.runner.call(finish), media_type=accept, headers=VARY)


@router.post(
    "/reconstruct", response_model=ReconstructAnswer, responses=PNG_OR_NPY, openapi_extra=openapi_examples.RECONSTRUCT
)
async def reconstruct(
    request: Request,
    context: ContextDep,
    model: Annotated[str | None, Query(description="model, where the body is not JSON")] = None,
) -> Response:
    """Encode and decode: original, reconstruction, error per image. PNG has one row per image: both, and the error."""
    accept = choose(request, (JSON, PNG, NPY))
    entry, manifest, images = await read_encode(request, context, model)
    mean, decoded = await while_connected(request, context.inference.reconstruct(entry, manifest, images))

    def finish() -> bytes:
        difference = decoded - images
        if accept == NPY:
            return write_npy(np.stack([images, decoded]))
        if accept == PNG:
            rows = np.stack([images, decoded, np.abs(difference)], 1).reshape(-1, *manifest.image_shape)
            return model_png(to_pixels(rows), manifest, mean, 3)
        answer = {
            "model": manifest.id,
            "mu": short_floats(mean),
            "squared_error": short_floats((difference**2).sum((1, 2, 3))),
            "mean_absolute_error": short_floats(np.abs(difference).mean((1, 2, 3))),
        }
        pictures = images_json(images), images_json(decoded)
        return to_json(answer)[:-1] + b',"original":%b,"reconstruction":%b}' % pictures

    return Response(await context.runner.call(finish), media_type=accept, headers=VARY)
