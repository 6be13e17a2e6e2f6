"""Plugins with the schemas of their settings, and published experiments."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field

from backend.catalog import plugins
from backend.figures.study import listing
from backend.http.problems import RESPONSES
from backend.jobs.api import studies as runs_of_studies
from backend.routes.dependencies import ContextDep, SessionDep
from backend.schemas.base import Document
from backend.schemas.studies import StudyDetail, StudyList, StudyRunsAnswer, StudyRunsRequest
from models_zoo.json_types import JsonObject

router = APIRouter(responses=RESPONSES)


class PluginSchema(Document):
    """Description of a plugin, of which the page makes its forms."""

    title: str
    source: str
    settings: JsonObject | None = Field(alias="schema", description="JSON schema of its settings")
    info: JsonObject | None = Field(None, description="of metrics: definition, formula, citation, range, direction")
    likelihood: str | None = Field(None, description="of objectives: the likelihood that they were made for")


class PluginSchemas(Document):
    """Descriptions of all plugins by kind and name."""

    run: JsonObject = Field(description="JSON schema of a whole training run")
    objectives: dict[str, PluginSchema]
    architectures: dict[str, PluginSchema]
    datasets: dict[str, PluginSchema]
    metrics: dict[str, PluginSchema]


@router.get("/stress", tags=["plugins"])
def read_stress() -> JsonObject:
    """Return the stress test of the metrics: scores of codes of known structure, by metric and structure."""
    return plugins.stress()


@router.get("/schemas", tags=["plugins"])
def read_schemas() -> PluginSchemas:
    """Return title, source and JSON schema of the settings of objectives, architectures, data sets and metrics."""
    return PluginSchemas.model_validate(plugins.schemas())


@router.get("/studies", tags=["studies"])
def list_studies(session: SessionDep) -> StudyList:
    """List all studies with the progress of each on this machine."""
    return StudyList(items=listing.listing(session))


@router.post("/studies/{name}/runs", tags=["studies"])
def run_study(
    context: ContextDep,
    name: Annotated[str, Path(max_length=80, examples=["xu-li-3dshapes"])],
    request: StudyRunsRequest,
) -> StudyRunsAnswer:
    """Queue the missing runs of a study as a sweep; with dry_run only return how many they are and what they cost."""
    return runs_of_studies.answer(context.jobs, name, request)


@router.get("/studies/{name}", tags=["studies"])
def show_study(
    session: SessionDep,
    name: Annotated[str, Path(max_length=80, examples=["xu-li-3dshapes"])],
    scale: Annotated[
        float | None, Query(gt=0, le=1, description="which measured scale; the largest by default")
    ] = None,
) -> StudyDetail:
    """Return the configurations of a study with their published and measured scores."""
    return listing.detail(session, name, scale)
