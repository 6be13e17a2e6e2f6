"""Encode, decode, traverse and reconstruct; the same handlers at the root and under /api/v1."""

from collections.abc import Callable

import numpy as np
from fastapi import APIRouter, Request
from numpy.typing import NDArray
from pydantic_core import to_json
from starlette.responses import Response

from backend.formats.arrays import Floats, images_json, short_floats, write_npy
from backend.formats.pictures import model_png, to_pixels
from backend.http.connections import while_connected
from backend.http.negotiation import JSON, NPY, PNG, choose
from backend.http.problems import RESPONSES
from backend.routes import openapi_examples
from backend.routes.bodies import content_type, read_document, read_encode, read_latents
from backend.routes.dependencies import ContextDep, context_of
from backend.schemas.inference import DecodeAnswer, EncodeAnswer, ReconstructAnswer, TraverseAnswer, TraverseRequest
from models_zoo.json_types import JsonObject
from models_zoo.manifest import Manifest

router = APIRouter(tags=["inference"], responses=RESPONSES)
VARY = {"Vary": "Accept"}
BINARY = {"schema": {"type": "string", "format": "binary"}}
PNG_OR_NPY: dict[int | str, JsonObject] = {200: {"content": {PNG: BINARY, NPY: BINARY}}}


@router.post(
    "/encode",
    response_model=EncodeAnswer,
    responses={200: {"content": {NPY: BINARY}}},
    openapi_extra=openapi_examples.IMAGES,
)
async def encode(request: Request) -> Response:
    """Encode images: posterior mean and log-variance of each. As npy: array (2, N, latents) of both."""
    context = context_of(request)
    accept = choose(request, (JSON, NPY))
    model, manifest, images = await read_encode(request, context)
    mean, logvar = await while_connected(request, context.inference.encode(model, manifest, images))
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
    name, latents, columns = await read_latents(request, context)
    finish = make_images(accept, latents, columns)
    data = await while_connected(request, context.inference.decode(name, latents, finish))
    return Response(data, media_type=accept, headers=VARY)


@router.post("/traverse", response_model=TraverseAnswer, responses=PNG_OR_NPY, openapi_extra=openapi_examples.TRAVERSE)
async def traverse(request: Request, context: ContextDep) -> Response:
    """Move latents one at a time: a PNG with one row per latent, npy (dims, steps, H, W, C), or nested lists."""
    accept = choose(request, (JSON, PNG, NPY))
    content_type(request, (JSON,))
    document = await read_document(request, TraverseRequest)
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
    "/reconstruct", response_model=ReconstructAnswer, responses=PNG_OR_NPY, openapi_extra=openapi_examples.IMAGES
)
async def reconstruct(request: Request, context: ContextDep) -> Response:
    """Encode and decode: original, reconstruction, error per image. PNG has one row per image: both, and the error."""
    accept = choose(request, (JSON, PNG, NPY))
    model, manifest, images = await read_encode(request, context)
    mean, decoded = await while_connected(request, context.inference.reconstruct(model, manifest, images))

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
