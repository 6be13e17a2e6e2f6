"""Open Inference Protocol, version 2, on the codecs of `/encode` and `/decode`.

Source: https://github.com/kserve/open-inference-protocol
"""

import asyncio
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Path, Request
from starlette.responses import JSONResponse, Response

from backend.context import Context
from backend.formats.arrays import Floats, check_images
from backend.http.connections import while_connected
from backend.http.negotiation import JSON
from backend.http.problems import V2
from backend.inference import open_protocol
from backend.routes import openapi_examples
from backend.routes.bodies import THREAD_BYTES, content_type, parse
from backend.routes.dependencies import ContextDep, context_of
from backend.routes.health import readiness
from backend.routes.templates import product_version
from backend.schemas.open_inference import (
    InferAnswer,
    InferenceError,
    InferRequest,
    ModelMetadata,
    ModelReady,
    ServerLive,
    ServerMetadata,
    ServerReady,
)
from models_zoo.catalog import ZooModel
from models_zoo.errors import InvalidInput, NotFound
from models_zoo.manifest import Manifest

BYTES = "application/octet-stream"
JSON_LENGTH = "Inference-Header-Content-Length"
EXTENSIONS = ["binary_tensor_data"]
PLATFORM = "onnx_onnxv1"
router = APIRouter(
    prefix=V2,
    tags=["open inference protocol"],
    responses={"default": {"model": InferenceError, "description": "An error of the protocol"}},
)
Name = Annotated[str, Path(description="MODEL:encoder or MODEL:decoder", examples=["demo-disc:decoder"])]
Version = Annotated[str, Path(description="version of the model, as its metadata name it")]


@router.get("")
def server_metadata() -> ServerMetadata:
    """Return name, version and extensions of the service."""
    return ServerMetadata(name="axiscope", version=product_version(), extensions=EXTENSIONS)


@router.get("/health/live")
async def live() -> ServerLive:
    """Respond that the process is alive."""
    return ServerLive(live=True)


@router.get("/health/ready", response_model=ServerReady, responses={503: {"model": ServerReady}})
def ready(context: ContextDep) -> Response:
    """Return whether the checks of `/readyz` pass; 503 if one fails."""
    state = readiness(context).status == "ok"
    return JSONResponse({"ready": state}, 200 if state else 503)


async def _find(context: Context, name: str, version: str | None) -> tuple[ZooModel, Manifest, str]:
    """Return the model, its manifest and the part that a request names.

    Raises
    ------
    NotFound
        If there is no such model, part or version.
    DamagedFile
        If the model is broken.
    """
    model_id, part = open_protocol.split_name(name)
    model, manifest = await context.inference.find(model_id)
    if version not in (None, manifest.version):
        raise NotFound(f"got version {version[:60]!r} of {name}; allowed: {manifest.version}, or no version")
    return model, manifest, part


@router.get("/models/{name}")
@router.get("/models/{name}/versions/{version}")
async def model_metadata(context: ContextDep, name: Name, version: Version | None = None) -> ModelMetadata:
    """Return version and tensors of a model."""
    _, manifest, part = await _find(context, name, version)
    given, made = open_protocol.tensors(manifest, part)
    return ModelMetadata(name=name, versions=[manifest.version], platform=PLATFORM, inputs=[given], outputs=made)


@router.get("/models/{name}/ready")
@router.get("/models/{name}/versions/{version}/ready")
async def model_ready(context: ContextDep, name: Name, version: Version | None = None) -> ModelReady:
    """Return that a model can be run; an error names the reason why it cannot."""
    await _find(context, name, version)
    return ModelReady(name=name, ready=True)


async def _read(request: Request) -> tuple[InferRequest, bytes]:
    """Return the request in JSON and the bytes behind it."""
    content_type(request, (JSON, BYTES))
    body = await request.body()
    given = request.headers.get(JSON_LENGTH, str(len(body)))
    if not (given.isascii() and given.isdigit() and len(given) < 12 and int(given) <= len(body)):
        raise InvalidInput(
            f"got {JSON_LENGTH}: {given[:40]} and a body of {len(body)} bytes; allowed: the length of the JSON at its "
            "beginning",
            field=f"header/{JSON_LENGTH}",
        )
    document, binary = body[: int(given)], body[int(given) :]
    small = len(document) < THREAD_BYTES
    found = parse(InferRequest, document) if small else await asyncio.to_thread(parse, InferRequest, document)
    return found, binary


@router.post("/models/{name}/infer", response_model=InferAnswer, openapi_extra=openapi_examples.INFER)
@router.post(
    "/models/{name}/versions/{version}/infer", response_model=InferAnswer, openapi_extra=openapi_examples.INFER
)
async def infer(request: Request, name: Name, version: Version | None = None) -> Response:
    """Run the encoder or the decoder of a model on a batch of rows."""
    context = context_of(request)
    model, manifest, part = await _find(context, name, version)
    document, binary = await _read(request)
    known, made = open_protocol.tensors(manifest, part)
    wanted = open_protocol.read_outputs(document, made)
    array = await context.runner.call(open_protocol.read_input, document, known, binary)
    about = {"model_name": name, "model_version": manifest.version} | ({"id": document.id} if document.id else {})

    def finish(outputs: dict[str, Floats]) -> tuple[bytes, int | None]:
        return open_protocol.write_answer(about, {each: outputs[each] for each in wanted}, wanted)

    if part == "decoder":
        work = context.inference.decode(
            model.id, array, lambda images, _: finish({"image": images.transpose(0, 3, 1, 2)}), field="/inputs/0/data"
        )
        body, length = await while_connected(request, work)
    else:
        limit = context.settings.max_images(manifest.image_shape)
        rows = np.moveaxis(array, 1, 3)
        images = await context.runner.call(lambda: check_images(rows, manifest.image_shape, limit, "/inputs/0/data"))
        mean, logvar = await while_connected(request, context.inference.encode(model, manifest, images))
        body, length = finish({"mean": mean, "logvar": logvar})
    headers = {} if length is None else {JSON_LENGTH: str(length)}
    return Response(body, media_type=JSON if length is None else BYTES, headers=headers)
