"""Figures as Plotly JSON with titles, named axes and legends: ready for a paper."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import Field
from pydantic_core import to_json
from starlette.responses import Response

from backend.db import metric_results
from backend.figures import codes, curves, hinton, inputs, matrices, pcc
from backend.figures.base import Figure
from backend.figures.render import render
from backend.http.negotiation import JSON, PNG, SVG, choose
from backend.http.problems import RESPONSES
from backend.models import samples
from backend.routes.dependencies import ContextDep, ModelId, SessionDep
from backend.schemas.base import Document
from models_zoo.errors import NotFound

router = APIRouter(prefix="/models/{model_id}/figures", tags=["figures"], responses=RESPONSES)
Latents = Annotated[str | None, Query(description="latents joined by commas", examples=["0,1,2"], max_length=2000)]
MOST_ROWS = 6
VARY = {"Vary": "Accept"}
DRAWN: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            SVG: {"schema": {"type": "string"}},
            PNG: {"schema": {"type": "string", "format": "binary"}},
        }
    }
}


class PlotlyFigure(Document):
    """What `Plotly.newPlot(element, figure)` takes."""

    data: list[dict[str, Any]]
    layout: dict[str, Any] = Field(description="`layout.meta` holds the order of latents and factors")


def answer(request: Request, figure: Figure) -> Response:
    """Send the figure as Plotly JSON, or drawn as SVG or PNG."""
    accept = choose(request, (JSON, SVG, PNG))
    if accept == JSON:
        return Response(to_json(figure), media_type=JSON, headers=VARY)
    drawing = render(figure)
    data = drawing.to_png() if accept == PNG else drawing.to_svg().encode()
    return Response(data, media_type=accept, headers=VARY)


@router.get("/pcc", response_model=PlotlyFigure, responses=DRAWN)
def read_pcc(
    request: Request,
    model_id: ModelId,
    context: ContextDep,
    session: SessionDep,
    *,
    signed: bool = False,
    diagonalise: bool = False,
) -> Response:
    """Correlations of latents and factors, absolute or signed, with learned weights and the bars of CbD."""
    _, manifest = context.registry.usable(model_id)
    try:
        cbd = metric_results.details(session, model_id, "cbd", "per_latent")
    except NotFound:
        cbd = {}
    kinds = samples.factor_kinds(context.datasets, manifest)
    return answer(request, pcc.pcc(manifest, kinds, cbd, signed=signed, diagonalise=diagonalise))


@router.get("/hinton", response_model=PlotlyFigure, responses=DRAWN)
def read_hinton(request: Request, model_id: ModelId, context: ContextDep, session: SessionDep) -> Response:
    """Hinton diagram of the importances of DCI, with D_i and C_j as bars and the totals in the title."""
    _, manifest = context.registry.usable(model_id)
    found = metric_results.details(session, model_id, "dci", "importance")
    values = inputs.matrix(found, "importance", manifest)
    names = inputs.factor_names(manifest, values.shape[1])
    return answer(request, hinton.hinton(manifest.name, values, names))


@router.get("/mi", response_model=PlotlyFigure, responses=DRAWN)
def read_mutual_information(request: Request, model_id: ModelId, context: ContextDep, session: SessionDep) -> Response:
    """Mutual information of latents and factors, with the gap that MIG measures."""
    _, manifest = context.registry.usable(model_id)
    found = metric_results.details(session, model_id, "mig", "mutual_information")
    values = inputs.matrix(found, "mutual_information", manifest)
    names = inputs.factor_names(manifest, values.shape[1])
    return answer(request, matrices.matrix_figure("mi", manifest.name, values, names))


@router.get("/sap", response_model=PlotlyFigure, responses=DRAWN)
def read_sap(request: Request, model_id: ModelId, context: ContextDep, session: SessionDep) -> Response:
    """How well each latent alone predicts each factor, with the gap that SAP measures."""
    _, manifest = context.registry.usable(model_id)
    values = inputs.matrix(metric_results.details(session, model_id, "sap", "matrix"), "matrix", manifest)
    names = inputs.factor_names(manifest, values.shape[1])
    return answer(request, matrices.matrix_figure("sap", manifest.name, values, names))


@router.get("/history", response_model=PlotlyFigure, responses=DRAWN)
def read_history(request: Request, model_id: ModelId, context: ContextDep) -> Response:
    """Every part of the loss over the steps."""
    entry, manifest = context.registry.usable(model_id)
    return answer(request, curves.history(manifest.name, inputs.read_history(entry)))


@router.get("/kl", response_model=PlotlyFigure, responses=DRAWN)
def read_kl(
    request: Request,
    model_id: ModelId,
    context: ContextDep,
    over: Annotated[Literal["latents", "steps"], Query(description="bars of the final model, or curves")] = "latents",
) -> Response:
    """KL of each latent to the prior: bars with the share of the first n, or curves over the steps."""
    entry, manifest = context.registry.usable(model_id)
    if over == "steps":
        return answer(request, curves.kl_over_steps(manifest.name, inputs.read_history(entry)))
    return answer(request, curves.kl_bars(manifest.name, manifest.statistics))


@router.get("/scatter", response_model=PlotlyFigure, responses=DRAWN)
def read_scatter(  # noqa: PLR0917 - each is a query parameter
    request: Request,
    model_id: ModelId,
    context: ContextDep,
    x: Annotated[int | None, Query(ge=0, description="latent across; the one of the largest KL by default")] = None,
    y: Annotated[int | None, Query(ge=0, description="latent upwards; the next by default")] = None,
    colour: Annotated[str | None, Query(description="factor that colours the points", max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=20_000)] = 2000,
) -> Response:
    """Codes of random images along two latents, coloured by a factor."""
    entry, manifest = context.registry.usable(model_id)
    default = inputs.by_kl(manifest, 2)
    chosen = [default[0] if x is None else x, default[-1] if y is None else y]
    across, upward = inputs.latents(",".join(map(str, chosen)), manifest, default, "query/x")
    sample = inputs.sampled(samples.read(entry), limit)
    names = inputs.factor_names(manifest, sample.labels.shape[1])
    by = None if colour is None else (colour, sample.labels[:, inputs.factor(colour, names, "query/colour")])
    return answer(request, codes.scatter(manifest.name, sample.mean, sample.indices, x=across, y=upward, colour=by))


@router.get("/tuning", response_model=PlotlyFigure, responses=DRAWN)
def read_tuning(
    request: Request,
    model_id: ModelId,
    context: ContextDep,
    latents: Latents = None,
    factors: Annotated[
        str | None, Query(description="factors joined by commas; all by default", max_length=2000)
    ] = None,
) -> Response:
    """E[z_i | class of a factor] with a band of one standard deviation, latents by factors."""
    entry, manifest = context.registry.usable(model_id)
    sample = samples.read(entry)
    rows = inputs.latents(latents, manifest, inputs.by_kl(manifest, MOST_ROWS), "query/latents")
    names = inputs.factor_names(manifest, sample.labels.shape[1])
    columns = [
        (inputs.factor(name, names, "query/factors"), name) for name in (factors.split(",") if factors else names)
    ]
    return answer(request, codes.tuning(manifest.name, sample.mean, sample.labels, rows, columns))
