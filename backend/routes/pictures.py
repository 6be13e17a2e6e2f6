"""Traversals and reconstructions."""

from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request
from pydantic_core import to_json
from starlette.responses import Response

from backend.formats.arrays import images_json, write_npy
from backend.formats.png import encode_png, sheet, to_pixels
from backend.http.disconnect import while_connected
from backend.http.negotiation import JSON, NPY, PNG, choose, content_type
from backend.http.problems import RESPONSES
from backend.models.samples import short_floats
from backend.routes import openapi_examples
from backend.routes.dependencies import TheContext
from backend.routes.inference import VARY, describe, read_document, read_encode
from backend.schemas.inference import ReconstructAnswer, TraverseAnswer, TraverseRequest

router = APIRouter(tags=["inference"], responses=RESPONSES)
BINARY = {"schema": {"type": "string", "format": "binary"}}
FORMATS: dict[int | str, dict[str, Any]] = {200: {"content": {PNG: BINARY, NPY: BINARY}}}


@router.post("/traverse", response_model=TraverseAnswer, responses=FORMATS, openapi_extra=openapi_examples.TRAVERSE)
async def traverse(request: Request, context: TheContext) -> Response:
    """Move latents one at a time: a PNG with one row per latent, npy (dims, steps, H, W, C), or nested lists."""
    accept = choose(request, (JSON, PNG, NPY))
    content_type(request, (JSON,))
    document = await read_document(request, context, TraverseRequest)
    manifest, base, dims, values, frames = await while_connected(request, context.inference.traverse(document))

    def finish() -> bytes:
        if accept == NPY:
            return write_npy(frames)
        if accept == PNG:
            pixels = sheet(to_pixels(frames.reshape(-1, *manifest.image_shape)), document.steps)
            text = describe(manifest, base) | {"axiscope.dims": " ".join(map(str, dims))}
            return encode_png(pixels, text)
        answer = {"model": manifest.id, "base": short_floats(base), "dims": dims, "values": short_floats(values)}
        return to_json(answer)[:-1] + b',"frames":%b}' % images_json(frames)

    return Response(await context.runner.call(finish), media_type=accept, headers=VARY)


@router.post(
    "/reconstruct", response_model=ReconstructAnswer, responses=FORMATS, openapi_extra=openapi_examples.RECONSTRUCT
)
async def reconstruct(
    request: Request,
    context: TheContext,
    model: Annotated[str | None, Query(description="model, where the body is no JSON")] = None,
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
            return encode_png(sheet(to_pixels(rows), 3), describe(manifest, mean))
        answer = {
            "model": manifest.id,
            "mu": short_floats(mean),
            "squared_error": short_floats((difference**2).sum((1, 2, 3))),
            "mean_absolute_error": short_floats(np.abs(difference).mean((1, 2, 3))),
        }
        pictures = images_json(images), images_json(decoded)
        return to_json(answer)[:-1] + b',"original":%b,"reconstruction":%b}' % pictures

    return Response(await context.runner.call(finish), media_type=accept, headers=VARY)
