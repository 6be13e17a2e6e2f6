"""Data sets, and their images by factors or index."""

from typing import Annotated

import numpy as np
from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from backend.catalog import datasets, distribution
from backend.formats.arrays import write_npy
from backend.formats.pictures import encode_png, sheet
from backend.http.negotiation import NPY, PNG, choose
from backend.http.problems import RESPONSES
from backend.routes.dependencies import ContextDep, split_names
from backend.schemas.data import DatasetDetail, DatasetList, DistributionDocument, Located
from models_zoo.errors import InvalidInput
from training.data.dataset import Dataset

router = APIRouter(prefix="/datasets", tags=["data sets"], responses=RESPONSES)
Name = Annotated[str, Path(description="name of a data set", examples=["dsprites"])]
Factors = Annotated[
    str | None, Query(description="factor classes of one image, joined by commas", examples=["0,3,12,5,9"])
]
Index = Annotated[
    str | None, Query(description="one index, or several joined by commas", examples=["12345"], max_length=8000)
]
ModelId = Annotated[
    str | None,
    Query(description="open it with the settings of this model, e.g. the folder of images", examples=["my-vae"]),
]
Upload = Annotated[str | None, Query(description="open an uploaded set of images", max_length=100)]
BINARY = {"schema": {"type": "string", "format": "binary"}}
CACHED = {"Cache-Control": "public, max-age=3600", "Vary": "Accept"}


@router.get("")
def list_datasets(context: ContextDep) -> DatasetList:
    """List the data sets."""
    return DatasetList(items=[datasets.summary(context.datasets, name) for name in context.datasets.names()])


def open_dataset(
    name: Name, context: ContextDep, model: ModelId = None, upload: Upload = None
) -> tuple[Dataset, str | None]:
    """Open a data set with the settings of a model, an uploaded one, or one with default settings.

    Returns the data set and the address of its images; None for the default address.

    Raises
    ------
    InvalidInput
        If the model was trained on another data set, or both a model and an upload are named.
    NotFound
        If there is no such upload.
    """
    if upload is not None:
        if name != "own" or model is not None:
            raise InvalidInput(
                "got an upload with a model, or with another data set than own; allowed: one of them; leave the "
                "other out",
                field="query/upload",
            )
        path = context.uploads.path(upload)
        return context.datasets.open(name, {"path": str(path)}), f"/api/v1/datasets/own/images?upload={path.name}"
    if model is None:
        return context.datasets.open(name), None
    _, manifest = context.registry.usable(model)
    if manifest.dataset != name:
        raise InvalidInput(
            f"got model {model!r}, which was trained on {manifest.dataset}; allowed: models of {name}; name one of "
            "them",
            field="query/model",
        )
    opened = context.datasets.open(name, manifest.dataset_settings)
    return opened, datasets.images_link(name, manifest.dataset_settings, model)


Opened = Annotated[tuple[Dataset, str | None], Depends(open_dataset)]


@router.get("/{name}")
def read_dataset(name: Name, opened: Opened) -> DatasetDetail:
    """Return factors with their values and kinds, size and provenance of a data set."""
    return datasets.detail(name, *opened)


@router.get("/{name}/distribution")
async def read_distribution(
    context: ContextDep,
    opened: Opened,
    correlations: Annotated[
        str,
        Query(
            max_length=4000,
            description="pairs joined by commas: FIRST~SECOND:SIGMA",
            examples=["scale~orientation:0.2"],
        ),
    ] = "",
    held_out_combinations: Annotated[
        str, Query(max_length=4000, description="rules joined by commas: FACTOR=CLASSES joined by &")
    ] = "",
    pair: Annotated[str | None, Query(max_length=400, description="two factors joined by a comma")] = None,
    sample: Annotated[int, Query(ge=0, le=64, description="images to draw")] = 0,
) -> DistributionDocument:
    """Return what training would draw: number of images, correlations, a joint table, and drawn images."""
    pairs, combinations = split_names(correlations), split_names(held_out_combinations)
    return await context.runner.call(distribution.describe, opened[0], pairs, combinations, pair, sample)


@router.get("/{name}/locate")
async def locate_image(context: ContextDep, opened: Opened, factors: Factors = None, index: Index = None) -> Located:
    """Return index and factors of the image at an index, or of the one nearest to a combination of factors."""
    return await context.runner.call(datasets.nearest, opened[0], factors, index)


@router.get(
    "/{name}/images",
    response_class=Response,
    responses={200: {"content": {PNG: BINARY, NPY: BINARY}, "description": "the image, a sheet for several"}},
)
async def read_images(
    request: Request,
    context: ContextDep,
    opened: Opened,
    factors: Factors = None,
    index: Index = None,
    columns: Annotated[int | None, Query(ge=1, le=512, description="images in a row of a sheet")] = None,
) -> Response:
    """Return the image at a combination of factors, or the images at indices, as PNG or npy uint8 (N, H, W, C)."""
    accept = choose(request, (PNG, NPY))
    dataset, _ = opened
    indices = datasets.locate(dataset, factors, index, context.settings.max_images(dataset.image_shape))
    pixels = await context.runner.call(datasets.pick, dataset, indices)
    if accept == NPY:
        return Response(write_npy(pixels), media_type=NPY, headers=CACHED)
    picture = sheet(np.asarray(pixels), columns)
    text = {"axiscope.dataset": dataset.title, "axiscope.index": ",".join(map(str, indices[:16]))}
    return Response(await context.runner.call(encode_png, picture, text), media_type=PNG, headers=CACHED)
