"""Matching the latents of several models."""

from typing import Annotated

from fastapi import APIRouter, Query

from backend.http.problems import RESPONSES
from backend.models import matching
from backend.routes.dependencies import TheContext
from backend.routes.metrics import split
from backend.schemas.data import Match
from models_zoo.errors import InvalidInput

router = APIRouter(prefix="/compare", tags=["compare"], responses=RESPONSES)
MOST_MODELS = 12


@router.get("/match")
def match(
    context: TheContext,
    m: Annotated[
        str, Query(description="ids joined by commas, the reference first", examples=["demo-disc,demo-disc-mixed"])
    ],
) -> Match:
    """Assign the latents of each further model to the first model's, with sign and correlation."""
    models = split(m)
    if not 2 <= len(models) <= MOST_MODELS:
        raise InvalidInput(f"{len(models)} models came; allowed are 2 to {MOST_MODELS}", field="query/m")
    return matching.match(context.registry, models)
