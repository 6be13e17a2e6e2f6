"""Documents of the score table: models x metrics."""

from typing import Any, Literal

from pydantic import Field

from backend.schemas.base import Document


class Which(Document):
    """Which models the table is of."""

    dataset: str | None = Field(None, max_length=80, description="only models of this data set")
    objective: str | None = Field(None, max_length=80, description="only models of this objective")
    q: str | None = Field(None, max_length=200, description="words of the id, name, data set, objective or settings")
    model: str | None = Field(None, max_length=20_000, description="only these ids, separated by commas")


class Window(Which):
    """Which rows, and in which order."""

    fold: bool = Field(default=False, description="join the seeds of a configuration: mean and standard deviation")
    sort: str = Field("name", max_length=100, description="column of the models or metric; '-' first: descending")
    offset: int = Field(0, ge=0, le=10_000_000, description="first row")
    limit: int = Field(100, ge=1, le=500, description="number of rows")


class ScoreCell(Document):
    """One value of the table; absent fields are not known."""

    score: float | None
    state: Literal["ready", "stale", "queued", "running", "failed"]
    interval: tuple[float, float] | None = None
    chance: float | None = None
    reason: str | None = None
    n: int | None = None
    seed: int | None = None
    models: int | None = Field(None, description="folded: models with a score")
    std: float | None = Field(None, description="folded: standard deviation over them")


class ScoreRow(Document):
    """One model, or one configuration with its seeds folded."""

    id: str
    name: str
    version: str | None = None
    dataset: str | None
    objective: str | None
    architecture: str | None
    latents: int | None
    settings: dict[str, Any] | None = Field(description="of the objective")
    training: dict[str, Any] | None = Field(description="steps, batch size, learning rate, seed")
    models: int | None = Field(None, description="folded: models of this configuration")
    cells: dict[str, ScoreCell]


class MetricColumn(Document):
    """One metric in the words of its module."""

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
