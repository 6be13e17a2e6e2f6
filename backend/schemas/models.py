"""Documents of models."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from backend.schemas.base import Document
from backend.schemas.verification import VerificationBadge
from models_zoo.json_types import JsonObject
from models_zoo.manifest import FileRecord, LatentState, LatentStatistics, Parity, Provenance, StudyLabel


class Headline(Document):
    """The newest value of one metric."""

    score: float | None = Field(description="null with a reason where the metric does not apply")
    interval: tuple[float, float] | None = None
    state: Literal["ready", "stale"] = "ready"


class TopLatent(Document):
    """A latent of large KL, and the factor that it correlates with most."""

    index: int
    factor: str | None
    correlation: float | None
    kl_nats: float | None = Field(description="null of an autoencoder, which has no KL")


class ModelSummary(Document):
    """One model in a list."""

    id: str
    version: str = Field(description="twelve hexadecimal digits that change with the weights; empty if broken")
    name: str
    dataset: str | None
    dataset_title: str | None
    objective: str | None
    architecture: str | None
    hyperparameters: JsonObject
    objective_settings: JsonObject
    training: JsonObject
    latents: int | None
    active_latents: int | None = Field(description="latents that are neither dead nor weak")
    states: dict[str, int] = Field(description="how many latents are active, weak, dead, saturated")
    top_latents: list[TopLatent] = Field(description="the four of the largest KL")
    reconstruction: dict[str, float]
    image_shape: tuple[int, int, int] | None = Field(description="height, width, channels")
    study: StudyLabel | None = Field(description="the study whose run this is, if it is one")
    origin: Literal["own", "bundled"]
    state: Literal["ready", "broken"]
    problem: str | None = Field(description="why a broken model cannot be used")
    created_at: datetime
    metrics: dict[str, Headline]
    verification: VerificationBadge = Field(description="state of the newest verification of all figures")
    links: dict[str, str]


class ModelPage(Document):
    """A page of models."""

    items: list[ModelSummary]
    total: int = Field(description="models that match the filters, on all pages")
    next_cursor: str | None = Field(description="send it as cursor, with the same filters, for the next page")


class LatentRow(Document):
    """A latent of one of all models."""

    model: str
    model_name: str
    dataset: str | None
    latent: int
    factor: str | None = Field(description="factor of the largest absolute correlation; null without a data set")
    purity: float | None = Field(description="absolute Pearson correlation with that factor")
    leak: float | None = Field(description="largest absolute correlation with any other factor")
    kl_nats: float | None = Field(description="null of an autoencoder, which has no KL")
    state: LatentState
    links: dict[str, str]


class LatentPage(Document):
    """A page of latents."""

    items: list[LatentRow]
    total: int = Field(description="latents that match, on all pages")
    filters: JsonObject = Field(description="conditions on the latents themselves, those read from `q` included")
    next_cursor: str | None


class Limits(Document):
    """Limits of one request."""

    body_bytes: int
    batch: int
    steps: int
    values: int = Field(description="numbers in the images of one request: images x height x width x channels")
    images: int = Field(description="images or latents of this model in one request, as batch and values allow")
    image_pixels: int
    run_seconds: float = Field(description="CPU time of one run of the model on up to 64 images")


class ModelDetail(ModelSummary):
    """Description of a model."""

    schema_version: int
    dataset_settings: JsonObject
    likelihood: str | None
    statistics: tuple[LatentStatistics, ...]
    statistics_rows: int
    statistics_of: Literal["data set", "own samples"]
    factor_names: tuple[str, ...]
    learned_weights: JsonObject
    parity: Parity | None
    files: dict[str, FileRecord]
    provenance: Provenance
    licence: str
    view: str = Field(description="query of the Explore page that the model opens with")
    limits: Limits


class Sample(Document):
    """Codes of random images of the model's data set with their factors."""

    model: str
    total: int = Field(description="rows stored; limit gives the first of them")
    indices: list[int]
    codes: list[list[float]] = Field(description="posterior means, four significant digits")
    factors: list[list[int]] = Field(description="factor classes; -1 is a missing label")
    factor_names: list[str]
    factor_sizes: list[int]
    factor_kinds: list[str]


class ImportedModel(Document):
    """An imported model, or with ``dry_run`` what was found in its files."""

    id: str = Field(description="id that the model has, or would have")
    exists: bool = Field(description="whether there was a model of this id before")
    notes: list[str] = Field(description="how inputs and outputs are interpreted")
    latents: int | None = Field(None, description="with dry_run")
    image_shape: tuple[int, int, int] | None = Field(None, description="height, width, channels; with dry_run")
    preview: str | None = Field(
        None,
        description="with dry_run: PNG in base64; images of the data set above their reconstructions, without a data "
        "set images decoded from the prior",
    )
    links: dict[str, str] = Field(description="empty with dry_run")
