"""Results of a study: figures, tables, verdicts on its claims, and imported results of others."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from backend.db import study_imports
from backend.figures.service import FigureService
from backend.figures.study.service import StudyService, figures_of
from backend.figures.study.source import Source
from backend.http.connections import while_connected
from backend.http.negotiation import CSV
from backend.http.problems import RESPONSES
from backend.routes.bodies import content_type
from backend.routes.dependencies import ContextDep, SessionDep
from backend.routes.figures import DRAWN, PlotlyFigure, answer
from backend.routes.study_pictures import make_figure
from backend.schemas.study_results import (
    StudyFigureList,
    StudyImportEntry,
    StudyImportList,
    StudyTables,
    StudyVerdicts,
)
from models_zoo.json_types import JsonObject
from training.studies.result_table import read_table
from training.studies.study import read_study

router = APIRouter(prefix="/studies/{name}", tags=["studies"], responses=RESPONSES)
Name = Annotated[str, Path(description="name of a study", max_length=80, examples=["xu-li-3dshapes"])]
Scale = Annotated[float | None, Query(gt=0, le=1, description="which measured scale; the largest by default")]
Import = Annotated[
    int | None, Query(alias="import", ge=1, lt=2**31, description="imported results instead of measured ones")
]
TABLE: dict[str, Any] = {
    "requestBody": {"required": True, "content": {CSV: {"schema": {"type": "string", "format": "binary"}}}}
}


@router.get("/figures")
def list_study_figures(name: Name) -> StudyFigureList:
    """List the figures that a study defines."""
    path = f"/api/v1/studies/{name}/figures"
    items = [
        {"name": each.name, "title": each.title, "kind": each.kind, "links": {"self": f"{path}/{each.name}"}}
        for each in figures_of(read_study(name))
    ]
    return StudyFigureList.model_validate({"items": items})


@router.get("/figures/{figure}", response_model=PlotlyFigure, responses=DRAWN)
async def read_study_figure(  # noqa: PLR0917 - each is a query parameter
    request: Request,
    context: ContextDep,
    name: Name,
    figure: Annotated[str, Path(description="name of a figure of the study", max_length=80, examples=["scores"])],
    scale: Scale = None,
    imported: Import = None,
    choice: Annotated[
        list[str] | None,
        Query(
            description="one value for each entry of `layout.meta.choices`; the first of each by default", max_length=8
        ),
    ] = None,
) -> Response:
    """Return one figure, published beside measured, as Plotly JSON, SVG or PNG."""
    study = await asyncio.to_thread(read_study, name)
    made = make_figure(context, study, figure, scale=scale, imported=imported, choice=choice or ())
    return await asyncio.to_thread(answer, request, await while_connected(request, made))


def _source(context: ContextDep, session: SessionDep, name: str, scale: float | None, imported: int | None) -> Source:
    service = StudyService(FigureService(context.registry, context.datasets, session))
    return service.source(read_study(name), None, scale, imported)


@router.get("/tables")
def read_study_tables(
    context: ContextDep, session: SessionDep, name: Name, scale: Scale = None, imported: Import = None
) -> StudyTables:
    """Return each table of the source with the measured values, and a table of all configurations."""
    source = _source(context, session, name, scale, imported)
    items = StudyService.tables(source)
    return StudyTables.model_validate({"note": source.note(source.results), "items": items})


@router.get("/claims")
def read_study_claims(
    context: ContextDep, session: SessionDep, name: Name, scale: Scale = None, imported: Import = None
) -> StudyVerdicts:
    """Return the verdict on each claim of the source, with its numbers."""
    source = _source(context, session, name, scale, imported)
    items = StudyService.verdicts(source)
    return StudyVerdicts.model_validate({"note": source.note(source.results), "items": items})


@router.get("/imports")
def list_study_imports(session: SessionDep, name: Name) -> StudyImportList:
    """List the imported results of a study, the newest first."""
    return StudyImportList.model_validate({"items": study_imports.listing(session, read_study(name).name)})


@router.post("/imports", status_code=201, openapi_extra=TABLE)
async def import_study_results(
    request: Request,
    context: ContextDep,
    name: Name,
    file: Annotated[str, Query(description="name of the file", min_length=1, max_length=200, examples=["results.csv"])],
) -> StudyImportEntry:
    """Import a table of results, whole or not at all; a refusal names line and column."""
    study = await asyncio.to_thread(read_study, name)
    content_type(request, [CSV])
    data = await request.body()

    def keep() -> JsonObject:
        runs = read_table(study, file, data)
        return context.database.transact(lambda session: study_imports.add(session, study.name, file, runs))

    return StudyImportEntry.model_validate(await asyncio.to_thread(keep))


@router.delete("/imports/{number}", status_code=204)
def delete_study_import(
    context: ContextDep,
    name: Name,
    number: Annotated[int, Path(description="id of an import", ge=1, lt=2**31, examples=[1])],
) -> Response:
    """Delete imported results."""
    study = read_study(name).name
    context.database.transact(lambda session: study_imports.remove(session, study, number))
    return Response(status_code=204)
