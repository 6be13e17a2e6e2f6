"""The traversal as a figure: Plotly JSON, PNG sheet, or SVG with labels."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from pydantic_core import to_json
from starlette.responses import Response

from backend.context import Context
from backend.figures import inputs
from backend.figures.traversal import traversal, traversal_svg
from backend.formats.pictures import model_png, to_pixels
from backend.http.connections import while_connected
from backend.http.negotiation import JSON, PNG, SVG, choose
from backend.http.problems import RESPONSES
from backend.routes.dependencies import ContextDep, ModelId
from backend.routes.figures import Latents, PlotlyFigure
from backend.schemas.inference import TraverseRequest

router = APIRouter(prefix="/models/{model_id}/figures", tags=["figures"], responses=RESPONSES)
MEDIA = {"json": JSON, "png": PNG, "svg": SVG}


def _request(model: str, dims: list[int], span: dict[str, Any], index: int | None, steps: int) -> TraverseRequest:
    try:
        return TraverseRequest(model=model, dims=dims, index=index, steps=steps, **span)
    except ValidationError as error:
        raise RequestValidationError(
            [{**each, "loc": ("query", *each["loc"])} for each in error.errors(include_url=False)]
        ) from None


def span_of(low: float | None, high: float | None, sigma: float | None) -> dict[str, Any]:
    """Part of a TraverseRequest that says how far the latents move: two sigma when nothing is said."""
    if low is not None or high is not None:
        return {"range": (-2.0 if low is None else low, 2.0 if high is None else high), "sigma": sigma}
    return {"sigma": sigma}


@router.get(
    "/traversal",
    response_model=PlotlyFigure,
    responses={
        200: {
            "content": {
                PNG: {"schema": {"type": "string", "format": "binary"}},
                SVG: {"schema": {"type": "string"}},
            }
        }
    },
)
async def read_traversal(  # noqa: PLR0913, PLR0917 - each is a query parameter
    request: Request,
    model_id: ModelId,
    context: ContextDep,
    dims: Latents = None,
    steps: Annotated[int, Query(ge=2, description="frames of one row")] = 11,
    low: Annotated[float | None, Query(description="first value of the latent")] = None,
    high: Annotated[float | None, Query(description="last value of the latent")] = None,
    sigma: Annotated[float | None, Query(gt=0, le=10, description="mean -+ sigma standard deviations instead")] = None,
    index: Annotated[
        int | None, Query(ge=0, description="image of the data set to go through; else the origin")
    ] = None,
    format: Annotated[Literal["json", "png", "svg"] | None, Query(description="instead of Accept")] = None,  # noqa: A002
    v: Annotated[str | None, Query(description="version of the model: the answer may then be kept for ever")] = None,
) -> Response:
    """One row per latent, one column per value: Plotly JSON, the bare sheet as PNG, or SVG with labels."""
    accept = MEDIA[format] if format else choose(request, (JSON, PNG, SVG))
    _, manifest = await context.inference.find(model_id)
    rows = inputs.latents(dims, manifest, inputs.by_kl(manifest, manifest.latents), "query/dims")
    document = _request(model_id, rows, span_of(low, high, sigma), index, steps)
    pinned = v is not None and v == manifest.version
    keep = "public, max-age=31536000, immutable" if pinned else "no-cache"
    data = await while_connected(request, _draw(context, document, accept))
    return Response(data, media_type=accept, headers={"Vary": "Accept", "Cache-Control": keep})


async def _draw(context: Context, document: TraverseRequest, accept: str) -> bytes:
    manifest, base, dims, values, frames = await context.inference.traverse(document)
    caption = "the origin" if document.index is None else f"image {document.index}"

    def finish() -> bytes:
        pixels = to_pixels(frames)
        if accept == PNG:
            return model_png(pixels.reshape(-1, *manifest.image_shape), manifest, base, document.steps)
        if accept == SVG:
            return traversal_svg(manifest.name, dims, values, pixels, caption).encode()
        return to_json(traversal(manifest.name, dims, values, pixels, caption))

    return await context.runner.call(finish)
