"""Figures as Plotly JSON with titles and named axes; drawn as SVG or PNG where a client accepts only these."""

import hashlib
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import Field, ValidationError
from pydantic_core import to_json
from starlette.responses import Response

from backend.context import Context
from backend.figures import inputs
from backend.figures.service import FigureService, Measure
from backend.figures.traversal import traversal
from backend.formats.pictures import model_png, to_pixels
from backend.http.connections import while_connected
from backend.http.negotiation import JSON, PNG, SVG, choose
from backend.http.problems import RESPONSES
from backend.models import samples
from backend.routes.dependencies import ContextDep, ModelId, SessionDep
from backend.schemas.base import Document
from backend.schemas.inference import TraverseRequest
from models_zoo.catalog import ZooModel
from models_zoo.errors import NotFound
from models_zoo.json_types import JsonObject

router = APIRouter(prefix="/models/{model_id}/figures", tags=["figures"], responses=RESPONSES)
Latents = Annotated[str | None, Query(description="latents joined by commas", examples=["0,1,2"], max_length=2000)]
MEDIA = {"json": JSON, "png": PNG, "svg": SVG}
DRAWN: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            SVG: {"schema": {"type": "string"}},
            PNG: {"schema": {"type": "string", "format": "binary"}},
        }
    }
}


class PlotlyFigure(Document):
    """Argument of `Plotly.newPlot(element, figure)`."""

    data: list[JsonObject]
    layout: JsonObject = Field(
        description="`layout.meta` holds the order of latents and factors, and the design token of each colour"
    )


def answer(request: Request, figure: JsonObject) -> Response:
    """Send the figure as Plotly JSON, or drawn as SVG or PNG; 304 where the client has it by its ETag."""
    accept = choose(request, (JSON, SVG, PNG))
    data = to_json(figure)
    headers = {
        "Vary": "Accept",
        "Cache-Control": "no-cache",
        "ETag": f'"{hashlib.sha256(data).hexdigest()[:24]}-{accept[-3:]}"',
    }
    known = request.headers.get("if-none-match", "").split(",")
    if headers["ETag"] in (each.strip().removeprefix("W/") for each in known):
        return Response(status_code=304, headers=headers)
    return Response(data if accept == JSON else _draw(figure, accept), media_type=accept, headers=headers)


def _draw(figure: JsonObject, accept: str) -> bytes:
    from backend.figures.drawing import draw  # noqa: PLC0415 - loads Matplotlib, half a second at the first picture

    return draw(figure, "png" if accept == PNG else "svg")


def _figures(context: ContextDep, session: SessionDep) -> FigureService:
    return FigureService(context.registry, context.datasets, session)


FiguresDep = Annotated[FigureService, Depends(_figures)]


@router.get("/pcc", response_model=PlotlyFigure, responses=DRAWN)
def read_pcc(
    request: Request,
    model_id: ModelId,
    figures: FiguresDep,
    measure: Annotated[
        Measure,
        Query(description="by_kind: circular-linear correlation for cyclic factors, correlation ratio for categorical"),
    ] = "pearson",
    *,
    signed: bool = False,
    diagonalise: bool = False,
) -> Response:
    """Return the correlations of latents and factors, absolute or signed, with learned weights and the bars of CbD."""
    return answer(request, figures.pcc(model_id, measure=measure, signed=signed, diagonalise=diagonalise))


@router.get("/hinton", response_model=PlotlyFigure, responses=DRAWN)
def read_hinton(request: Request, model_id: ModelId, figures: FiguresDep) -> Response:
    """Return the Hinton diagram of the importances of DCI, with D_i and C_j as bars and the totals in the title."""
    return answer(request, figures.hinton(model_id))


@router.get("/mi", response_model=PlotlyFigure, responses=DRAWN)
def read_mutual_information(request: Request, model_id: ModelId, figures: FiguresDep) -> Response:
    """Return the mutual information of latents and factors, with the gap that MIG measures."""
    return answer(request, figures.matrix(model_id, "mi"))


@router.get("/sap", response_model=PlotlyFigure, responses=DRAWN)
def read_sap(request: Request, model_id: ModelId, figures: FiguresDep) -> Response:
    """Return how well each latent alone predicts each factor, with the gap that SAP measures."""
    return answer(request, figures.matrix(model_id, "sap"))


@router.get("/history", response_model=PlotlyFigure, responses=DRAWN)
def read_history(request: Request, model_id: ModelId, figures: FiguresDep) -> Response:
    """Return every part of the loss over the steps."""
    return answer(request, figures.history(model_id))


@router.get("/kl", response_model=PlotlyFigure, responses=DRAWN)
def read_kl(
    request: Request,
    model_id: ModelId,
    figures: FiguresDep,
    over: Annotated[Literal["latents", "steps"], Query(description="bars of the final model, or curves")] = "latents",
) -> Response:
    """Return the KL of each latent to the prior: bars with the share of the first n, or curves over the steps."""
    return answer(request, figures.kl(model_id, over=over))


@router.get("/scatter", response_model=PlotlyFigure, responses=DRAWN)
def read_scatter(  # noqa: PLR0917 - each is a query parameter
    request: Request,
    model_id: ModelId,
    figures: FiguresDep,
    x: Annotated[int | None, Query(ge=0, description="latent across; the one of the largest KL by default")] = None,
    y: Annotated[int | None, Query(ge=0, description="latent upwards; the next by default")] = None,
    colour: Annotated[str | None, Query(description="factor that colours the points", max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=20_000)] = 2000,
) -> Response:
    """Return the codes of random images along two latents, coloured by a factor."""
    return answer(request, figures.scatter(model_id, x=x, y=y, colour=colour, limit=limit))


@router.get("/tuning", response_model=PlotlyFigure, responses=DRAWN)
def read_tuning(
    request: Request,
    model_id: ModelId,
    figures: FiguresDep,
    latents: Latents = None,
    factors: Annotated[
        str | None, Query(description="factors joined by commas; all by default", max_length=2000)
    ] = None,
    *,
    points: Annotated[bool, Query(description="codes of up to 1,500 images instead of curves")] = False,
) -> Response:
    """Return E[z_i | class of a factor] with a band of one standard deviation, latents by factors."""
    return answer(request, figures.tuning(model_id, latents=latents, factors=factors, points=points))


def _request(model: str, dims: list[int], steps: int, **given: object) -> TraverseRequest:
    try:
        return TraverseRequest.model_validate({"model": model, "dims": dims, "steps": steps, **given})
    except ValidationError as error:
        raise RequestValidationError(
            [{**each, "loc": ("query", *each["loc"])} for each in error.errors(include_url=False)]
        ) from None


def span_of(low: float | None, high: float | None, sigma: float | None) -> JsonObject:
    """Return the fields of a TraverseRequest that set how far the latents move; without any, two sigma."""
    if low is not None or high is not None:
        return {"range": (-2.0 if low is None else low, 2.0 if high is None else high), "sigma": sigma}
    return {"sigma": sigma}


@router.get("/traversal", response_model=PlotlyFigure, responses=DRAWN)
async def read_traversal(  # noqa: PLR0913, PLR0917 - each is a query parameter
    request: Request,
    model_id: ModelId,
    context: ContextDep,
    dims: Latents = None,
    steps: Annotated[int, Query(ge=2, description="frames of one row")] = 11,
    low: Annotated[float | None, Query(description="first value of the latent")] = None,
    high: Annotated[float | None, Query(description="last value of the latent")] = None,
    sigma: Annotated[float | None, Query(gt=0, le=10, description="mean -+ sigma standard deviations instead")] = None,
    index: Annotated[int | None, Query(ge=0, description="image of the data set to go through; else the base")] = None,
    base: Annotated[
        Literal["origin", "typical"],
        Query(
            description="point to go through: 0, or the code of a typical image where the model has a sample of codes"
        ),
    ] = "origin",
    format: Annotated[Literal["json", "png", "svg"] | None, Query(description="instead of Accept")] = None,  # noqa: A002
    v: Annotated[str | None, Query(description="version of the model: the answer may then be kept for ever")] = None,
) -> Response:
    """Return one row per latent, one column per value: Plotly JSON, the bare sheet as PNG, or SVG with labels."""
    accept = MEDIA[format] if format else choose(request, (JSON, PNG, SVG))
    model, manifest = await context.inference.find(model_id)
    rows = inputs.latents(dims, manifest, inputs.by_kl(manifest, manifest.latents), "query/dims")
    point = {"index": index} if base == "origin" or index is not None else await context.runner.call(_typical, model)
    document = _request(model_id, rows, steps, **span_of(low, high, sigma), **point)
    pinned = v is not None and v == manifest.version
    keep = "public, max-age=31536000, immutable" if pinned else "no-cache"
    data = await while_connected(request, _traverse(context, document, accept))
    return Response(data, media_type=accept, headers={"Vary": "Accept", "Cache-Control": keep})


def _typical(model: ZooModel) -> JsonObject:
    try:
        return {"latents": samples.read(model).typical().tolist()}
    except NotFound:
        return {}


async def _traverse(context: Context, document: TraverseRequest, accept: str) -> bytes:
    manifest, base, dims, values, frames = await context.inference.traverse(document)
    caption = "the origin" if document.latents is None else "a typical image"
    if document.index is not None:
        caption = f"image {document.index}"

    def finish() -> bytes:
        pixels = to_pixels(frames)
        if accept == PNG:
            return model_png(pixels.reshape(-1, *manifest.image_shape), manifest, base, document.steps)
        figure = traversal(manifest.name, dims, values, pixels, caption)
        return to_json(figure) if accept == JSON else _draw(figure, SVG)

    return await context.runner.call(finish)
