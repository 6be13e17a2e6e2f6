"""Import of models over HTTP: the same options and limits as `axiscope import`."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from backend.context import Context
from backend.errors import BodyTooLarge
from backend.http.problems import RESPONSES
from backend.models.importing import parse_shape
from backend.models.imports import MAX_NAME
from backend.routes.dependencies import ContextDep
from backend.routes.multipart import Form, Parts, body_schema, file_part, receive, text_part
from backend.schemas.models import ImportedModel
from models_zoo.errors import InvalidInput
from models_zoo.json_types import JsonObject
from training.config import parse_assignments

router = APIRouter(prefix="/models", tags=["models"], responses=RESPONSES, max_body_size=2**62)
GRAPH_BYTES = 512 * 1024**2
PIXELS = ("auto", "unit", "logits", "symmetric")
TRUTH = {"": False, "true": True, "1": True, "false": False, "0": False}
TEXTS = {
    "name": "display name",
    "id": "id of the model; derived from the name by default",
    "dataset": "data set that it was trained on: gives statistics and scores",
    "data_set": "setting of the data set, key=value; once for each, e.g. path=faces for an uploaded set",
    "pixels": f"output of the decoder: {', '.join(PIXELS)}; auto by default",
    "image_shape": "height,width,channels where the graphs leave it open",
    "replace": "true replaces a model of the same id",
    "allow_loops": "true allows operators that repeat a part of the graph; only for graphs that you trust",
}
PARTS = Parts(tuple(TEXTS), {"encoder": GRAPH_BYTES, "decoder": GRAPH_BYTES}, frozenset({"data_set"}))
BODY = body_schema(
    {
        "encoder": file_part("ONNX file: image to mean and log-variance"),
        "decoder": file_part("ONNX file: latent to image"),
        **{name: text_part(meaning) for name, meaning in TEXTS.items()},
    },
    ["encoder", "decoder", "name"],
)


def _options(form: Form, context: Context) -> JsonObject:
    """Return the checked options of a request."""
    name, pixels = form.text("name"), form.text("pixels") or PIXELS[0]
    if not 0 < len(name) <= MAX_NAME:
        raise InvalidInput(f"got a name of {len(name)} characters; allowed: 1 to {MAX_NAME}", field="/name")
    if pixels not in PIXELS:
        raise InvalidInput(f"got pixels {pixels[:40]!r}; allowed: {', '.join(PIXELS)}", field="/pixels")
    flags = {}
    for key in ("replace", "allow_loops"):
        if form.text(key) not in TRUTH:
            raise InvalidInput(f"got {key} {form.text(key)[:40]!r}; allowed: true, false", field=f"/{key}")
        flags[key] = TRUTH[form.text(key)]
    dataset, given = form.text("dataset"), parse_assignments(form.all("data_set"))
    if dataset and dataset not in context.datasets.names():
        allowed = list(context.datasets.names())
        raise InvalidInput(
            f"got dataset {dataset[:40]!r}; allowed: {', '.join(allowed)}", field="/dataset", allowed=allowed
        )
    if given and not dataset:
        raise InvalidInput("got data_set without dataset; allowed: both; name the data set too", field="/data_set")
    return {
        "name": name,
        "id": form.text("id") or None,
        "dataset": dataset or None,
        "dataset_settings": context.data_paths.confine(dataset, given, "/data_set") if dataset else {},
        "pixels": pixels,
        "image_shape": parse_shape(form.text("image_shape") or None),
        **flags,
    }


@router.post("", status_code=201, openapi_extra=BODY)
async def add_model(
    request: Request,
    context: ContextDep,
    response: Response,
    dry_run: Annotated[bool, Query(description="only return what was found, with pictures; nothing is kept")] = False,
) -> ImportedModel:
    """Import a model from two ONNX files; names, order of the axes and kinds of outputs are detected.

    Nothing is kept if the files are refused.
    """
    limit = 2 * GRAPH_BYTES + 2**20
    refusal = BodyTooLarge(
        f"got more than {limit:,} bytes, the limit; export a smaller model", field="/encoder", allowed=limit
    )
    with context.imports.incoming() as folder:
        form = await receive(request, folder, PARTS, limit, refusal)
        files = {name: str(form.need_file(name, "an ONNX file")) for name in ("encoder", "decoder")}
        wanted = await asyncio.to_thread(_options, form, context)
        made = await asyncio.to_thread(context.imports.run, {**wanted, **files, "dry_run": dry_run}, folder)
    if dry_run:
        response.status_code = 200
    else:
        response.headers["Location"] = made.links["self"]
        await asyncio.to_thread(context.registry.refresh)
    return made
