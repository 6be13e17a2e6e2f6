"""Data sets, and their images by factors or index."""

import asyncio
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from backend.dependencies import TheContext
from backend.errors import RESPONSES
from backend.inference.png import encode_png, sheet
from backend.inference.tensors import write_npy
from backend.negotiation import NPY, PNG, choose
from backend.schemas.data import DatasetDetail, DatasetList
from backend.services import datasets

router = APIRouter(prefix="/datasets", tags=["data sets"], responses=RESPONSES)
Name = Annotated[str, Path(description="name of a data set", examples=["dsprites"])]
BINARY = {"schema": {"type": "string", "format": "binary"}}
KEEP = {"Cache-Control": "public, max-age=3600", "Vary": "Accept"}


@router.get("")
def list_datasets(context: TheContext) -> DatasetList:
    """List the data sets."""
    return DatasetList(items=[datasets.summary(context.datasets, name) for name in context.datasets.names()])


@router.get("/{name}")
def read_dataset(name: Name, context: TheContext) -> DatasetDetail:
    """Describe a data set: factors with their values and kinds, size, provenance."""
    return datasets.detail(name, context.datasets.open(name))


@router.get(
    "/{name}/images",
    response_class=Response,
    responses={200: {"content": {PNG: BINARY, NPY: BINARY}, "description": "the picture, a sheet for several"}},
)
async def read_images(
    request: Request,
    name: Name,
    context: TheContext,
    factors: Annotated[
        str | None, Query(description="factor classes of one image, joined by commas", examples=["0,3,12,5,9"])
    ] = None,
    index: Annotated[
        str | None, Query(description="one index, or several joined by commas", examples=["12345"], max_length=8000)
    ] = None,
    columns: Annotated[int | None, Query(ge=1, le=512, description="pictures in a row of a sheet")] = None,
) -> Response:
    """Give the image at a combination of factors, or the images at indices, as PNG or npy uint8 (N, H, W, C)."""
    accept = choose(request, (PNG, NPY))
    dataset = await asyncio.to_thread(context.datasets.open, name)
    indices = datasets.locate(dataset, factors, index, context.settings.batch)
    pixels = await context.runner.call(datasets.pick, dataset, indices)
    if accept == NPY:
        return Response(write_npy(pixels), media_type=NPY, headers=KEEP)
    picture = pixels[0] if len(pixels) == 1 else sheet(np.asarray(pixels), columns)
    text = {"axiscope.dataset": dataset.title, "axiscope.index": ",".join(map(str, indices[:16]))}
    return Response(await context.runner.call(encode_png, picture, text), media_type=PNG, headers=KEEP)
