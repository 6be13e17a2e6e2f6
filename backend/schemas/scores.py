"""Documents of the score table: models x metrics."""

from typing import Literal

from pydantic import Field

from backend.schemas.base import Document
from models_zoo.json_types import JsonObject


class Which(Document):
    """Filter of the models of the table."""

    dataset: str | None = Field(None, max_length=80, description="only models of this data set")
    objective: str | None = Field(None, max_length=80, description="only models of this objective")
    study: str | None = Field(None, max_length=80, description="only models that this study trained")
    q: str | None = Field(None, max_length=200, description="words of the id, name, data set, objective or settings")
    model: str | None = Field(None, max_length=20_000, description="only these ids, separated by commas")


class Window(Which):
    """Window of rows, and their order."""

    fold: bool = Field(default=False, description="aggregate the seeds of a configuration: mean and standard deviation")
    sort: str = Field("name", max_length=100, description="column of the models or metric; '-' first: descending")
    offset: int = Field(0, ge=0, le=10_000_000, description="first row")
    limit: int = Field(100, ge=1, le=500, description="number of rows")


class ScoreCell(Document):
    """One value of the table; unknown fields are absent."""

    score: float | None
    state: Literal["ready", "stale", "queued", "running", "failed"]
    interval: tuple[float, float] | None = None
    chance: float | None = None
    reason: str | None = None
    n: int | None = None
    seed: int | None = None
    models: int | None = Field(None, description="aggregated: models with a score")
    std: float | None = Field(None, description="aggregated: standard deviation over them")


class ScoreRow(Document):
    """One model, or the mean of one configuration over its seeds."""

    id: str
    name: str
    version: str | None = None
    dataset: str | None
    objective: str | None
    architecture: str | None
    latents: int | None
    settings: JsonObject | None = Field(description="of the objective")
    training: JsonObject | None = Field(description="steps, batch size, learning rate, seed")
    models: int | None = Field(None, description="aggregated: models of this configuration")
    cells: dict[str, ScoreCell]


class MetricColumn(Document):
    """Description of one metric."""

    name: str
    title: str
    family: str
    higher_is_better: bool
    best: float | None
    worst: float | None
    unit: str
    definition: str
    formula: str
    citation: str
    misses: str
    version: str


class ScoreTable(Document):
    """One window of models x metrics."""

    total: int
    offset: int
    rows: list[ScoreRow]
    metrics: list[MetricColumn]
    facets: dict[str, list[tuple[str, int]]] = Field(
        description="models of each data set and objective; in the first window only"
    )


class ScoreMatrix(Document):
    """Scores of many models, one list a metric."""

    ids: list[str]
    names: list[str]
    datasets: list[str | None]
    objectives: list[str | None]
    configurations: list[str]
    columns: dict[str, list[float | None]]
