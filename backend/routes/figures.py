"""Figures as Plotly JSON, ready for a paper."""

from fastapi import APIRouter
from pydantic_core import to_json
from starlette.responses import Response

from backend.dependencies import TheContext
from backend.errors import RESPONSES
from backend.negotiation import JSON
from backend.routes.inference import VARY
from backend.routes.models import ModelId
from backend.services.figures.pcc import pcc

router = APIRouter(prefix="/models/{model_id}/figures", tags=["figures"], responses=RESPONSES)


@router.get("/pcc", response_class=Response)
def read_pcc(model_id: ModelId, context: TheContext, *, signed: bool = False, diagonalise: bool = False) -> Response:
    """Correlations of latents and factors: absolute, or signed with signed=true."""
    _, manifest = context.registry.sound(model_id)
    return Response(
        to_json(pcc(manifest, {}, {}, signed=signed, diagonalise=diagonalise)), media_type=JSON, headers=VARY
    )
