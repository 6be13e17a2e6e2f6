"""The published experiments: their definitions, what was published, and what was measured here."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from backend.catalog import studies
from backend.http.problems import RESPONSES
from backend.routes.dependencies import TheContext
from backend.schemas.studies import StudyDetail, StudyList

router = APIRouter(prefix="/studies", tags=["studies"], responses=RESPONSES)


@router.get("")
def list_studies(context: TheContext) -> StudyList:
    """List all studies with how far each has been carried out on this machine."""
    return StudyList(items=studies.listing(context.settings.home))


@router.get("/{name}")
def show_study(
    context: TheContext,
    name: Annotated[str, Path(max_length=80, examples=["xu-li-3dshapes"])],
    scale: Annotated[
        float | None, Query(gt=0, le=1, description="which measured scale; the largest by default")
    ] = None,
) -> StudyDetail:
    """Give a study's configurations, published figures beside measured ones."""
    return studies.detail(context.settings.home, name, scale)
