"""What can be trained and measured, with the schema of every setting."""

from typing import Any

from fastapi import APIRouter
from pydantic import Field

from backend.catalog import plugins
from backend.http.problems import RESPONSES
from backend.schemas.base import Document

router = APIRouter(tags=["plugins"], responses=RESPONSES)


class PluginSchema(Document):
    """One plugin: the page's forms are made from this."""

    title: str
    source: str
    settings: dict[str, Any] | None = Field(alias="schema", description="JSON schema of its settings")
    info: dict[str, Any] | None = Field(None, description="of metrics: definition, formula, citation, range, direction")
    likelihood: str | None = Field(None, description="of objectives: the likelihood that they were made for")


class PluginSchemas(Document):
    """All plugins by kind and name."""

    run: dict[str, Any] = Field(description="JSON schema of a whole training run")
    objectives: dict[str, PluginSchema]
    architectures: dict[str, PluginSchema]
    datasets: dict[str, PluginSchema]
    metrics: dict[str, PluginSchema]


@router.get("/schemas")
def read_schemas() -> PluginSchemas:
    """Describe objectives, architectures, data sets and metrics: title, source, JSON schema of the settings."""
    return PluginSchemas.model_validate(plugins.schemas())
