"""Latents of all models, found by factor, purity, leak and state."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from backend.http.problems import RESPONSES
from backend.models import latents
from backend.routes.dependencies import ContextDep, SessionDep
from backend.schemas.models import LatentPage
from models_zoo.manifest import LatentState

router = APIRouter(prefix="/latents", tags=["models"], responses=RESPONSES)
Share = Annotated[float | None, Query(ge=0, le=1)]


@router.get("")
def list_latents(  # noqa: PLR0913, PLR0917 - each is a query parameter
    request: Request,
    context: ContextDep,
    session: SessionDep,
    factor: Annotated[str | None, Query(max_length=200, description="best factor of the latent")] = None,
    state: LatentState | None = None,
    purity_above: Share = None,
    leak_below: Share = None,
    dataset: Annotated[str | None, Query(max_length=80, description="only of models of this data set")] = None,
    q: Annotated[
        str | None,
        Query(
            max_length=200,
            description="as in the search box: a factor, a state, comparisons such as purity>.9 leak<.1 kl>=1, words "
            "of the model",
        ),
    ] = None,
    sort: Annotated[str, Query(max_length=20, description="purity, leak or kl; - before it: downwards")] = "-purity",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> LatentPage:
    """List latents of all models. Comparisons may also stand in the query as they are: `?factor=posX&leak<.1`.

    `purity` is the absolute correlation of a latent with its best factor, `leak` the largest one with any other factor.
    """
    context.registry.sync()
    written = (f"{name}={value}" if value else name for name, value in request.query_params.multi_items())
    comparisons = [found for term in written if (found := latents.comparison(term.lower()))]
    comparisons += [("purity", ">", purity_above)] if purity_above is not None else []
    comparisons += [("leak", "<", leak_below)] if leak_below is not None else []
    chosen = latents.LatentFilter(factor, state, dataset, tuple(comparisons))
    return latents.page(session, latents.with_words(session, chosen, q) if q else chosen, sort, limit, cursor)
