"""Documents of data sets, uploads, metric results and matches of latents."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from backend.schemas.base import Document
from models_zoo.json_types import JsonObject


class FactorDocument(Document):
    """One ground-truth factor."""

    name: str
    size: int
    values: list[float | str]
    kind: Literal["categorical", "ordinal", "cyclic", "continuous"]
    unit: str


class FileDocument(Document):
    """One official file of a data set."""

    name: str
    state: Literal["there", "incomplete", "missing"]
    bytes: int = Field(description="that are on this disk")
    official_bytes: int | None


class DatasetSummary(Document):
    """One data set in the list."""

    name: str
    title: str
    source: str = Field(description="the paper that introduced it")
    how: str = Field(description="how to get it")
    files: list[FileDocument]
    bytes_on_disk: int
    available: bool = Field(description="whether it can be opened")
    problem: str | None = Field(description="why it cannot be opened, and what to do")
    n_images: int | None = Field(description="null until its files were opened")
    image_shape: tuple[int, int, int] | None
    factors: list[str]
    provenance: str | None = Field(description="official, procedural, own or stand-in")
    links: dict[str, str]


class DatasetList(Document):
    """All data set plugins."""

    items: list[DatasetSummary]


class ProvenanceDocument(Document):
    """Provenance of the images."""

    source: str
    description: str
    licence: str
    url: str
    citation: str


class DatasetDetail(Document):
    """Description of a data set."""

    name: str
    title: str
    n_images: int
    image_shape: tuple[int, int, int]
    factors: list[FactorDocument]
    complete: bool = Field(description="whether every combination of factors has exactly one image")
    provenance: ProvenanceDocument
    links: dict[str, str]


class DistributionDocument(Document):
    """Distribution of training images by rules for correlated factors and held-out combinations."""

    correlations: list[str] = Field(description="value of `dataset_settings.correlations` of a training job")
    held_out_combinations: list[str] = Field(description="value of `dataset_settings.held_out_combinations`")
    n_images: int
    allowed_images: int = Field(description="of no held-out combination")
    effective_images: float = Field(
        description="1 / sum of squared probabilities: equally probable images worth as much"
    )
    factors: list[str]
    correlation_matrix: list[list[float | None]] = Field(description="of the classes; null with a factor of one class")
    pair: list[str] = Field(min_length=2, max_length=2, description="factors of the joint table")
    joint: list[list[float]] = Field(description="probability of each class of the first by each of the second")
    sample: list[int] = Field(description="indices of images drawn from the distribution, by seed 0")


class Upload(Document):
    """An uploaded set of images."""

    name: str = Field(description="value of `dataset_settings.path` of a job that trains on it")
    pictures: int | None = Field(description="null for a folder that was put there by hand")
    labels: bool = Field(description="whether the set has a labels.csv")
    bytes: int
    created_at: datetime | None
    links: dict[str, str]


class UploadLimits(Document):
    """Limits of one upload."""

    bytes: int = Field(description="of the request")
    unpacked_bytes: int
    files: int = Field(description="members of the archive")
    image_pixels: int = Field(description="of one image")
    total_bytes: int = Field(description="of all uploaded sets together")


class UploadList(Document):
    """All uploaded sets by name."""

    items: list[Upload]
    bytes: int = Field(description="of all sets")
    limits: UploadLimits


class Located(Document):
    """One image of a data set."""

    index: int
    factors: list[int] = Field(description="its class of every factor, -1 where the label is missing")


class MetricRow(Document):
    """One value of the table of metrics."""

    model: str
    metric: str
    value: float | None
    interval: tuple[float, float] | None
    chance: float | None
    mode: str
    seed: int
    n: int | None
    images: Literal["all", "held_out", "training", "held_out_combinations"] = Field(
        "all",
        description="what the rows were drawn from: the whole data set, images held out of training, the distribution "
        "of training, or combinations that training never showed",
    )
    parameters: JsonObject
    seconds: float | None
    computed_at: datetime | None = Field(description="null while it is not computed")
    state: Literal["ready", "queued", "running", "failed"] = Field(
        description="ready: computed; else the state of its evaluation job"
    )
    stale: bool = Field(description="whether model or metric changed since it was computed")
    reason: str | None = Field(description="why there is no value")
    job: str | None = Field(None, description="id of the evaluation job where the state is not ready")
    details: JsonObject | None = Field(None, description="matrices and parts; with details=true")


class MetricTable(Document):
    """A page of the table of metrics."""

    items: list[MetricRow]
    next_cursor: str | None


class LatentMatch(Document):
    """Match of a latent of the reference with a latent of another model."""

    latent: int = Field(description="latent of the reference model")
    matched: int | None = Field(description="latent of the other model; null when it has fewer")
    sign: Literal[-1, 1]
    correlation: float = Field(description="absolute correlation of the codes on the same images")


class ModelMatch(Document):
    """Assignment of one model's latents to the reference's."""

    model: str
    basis: Literal["codes", "factors"] = Field(
        description="codes: the same images were encoded; factors: profiles of correlation with the factors"
    )
    latents: list[LatentMatch]


class Match(Document):
    """Assignments of all models to the first."""

    reference: str
    matches: list[ModelMatch]


class LatentStability(Document):
    """How many other seeds hold a latent of the reference."""

    latent: int = Field(description="latent of the reference model")
    active: bool = Field(description="whether its mean KL is above 0.01 nats; an inactive latent is held by no seed")
    held_by: list[str] = Field(
        description="models with a latent that correlates with it more than by chance: images permuted, axes turned"
    )
    share: float = Field(description="share of the models that hold it")
    interval: tuple[float, float] = Field(description="95 % interval of the share (Wilson)")
    correlation: float = Field(description="median over the models of the absolute correlation with the match")
    p_value: float = Field(description="probability of as many holders if each held it by chance, at the level")
    real: bool = Field(description="whether the p-value is at most the level")


class Stability(Document):
    """Share of the seeds of a configuration that hold each latent of the first one."""

    reference: str
    models: list[str] = Field(description="the other seeds")
    images: int = Field(description="images that each pair was compared on, at least")
    level: float = Field(description="probability that a latent passes for held, or for real, by chance")
    latents: list[LatentStability]
