"""Documents of the published experiments."""

from pydantic import Field

from backend.schemas.base import Document
from backend.schemas.jobs import Sweep
from models_zoo.json_types import JsonObject


class MeasuredScale(Document):
    """Progress of a study at one scale on this machine."""

    scale: float = Field(description="share of the published number of steps")
    done: int = Field(description="runs with a result")
    failed: int = Field(description="runs that failed")


class StudySummary(Document):
    """One published experiment."""

    name: str
    title: str
    source: str
    question: str
    notes: str
    metrics: list[str]
    metric_titles: list[str] = Field(description="titles of the metrics, in the same order")
    runs: int
    groups: list[str]
    steps: int = Field(description="optimiser steps of the longest run at full length")
    measured: list[MeasuredScale]
    links: dict[str, str]


class StudyList(Document):
    """All published experiments."""

    items: list[StudySummary]


class StudyRow(Document):
    """One configuration of a study, with published values and those measured on this machine, one a seed."""

    group: str
    varied: JsonObject
    runs: int
    done: int
    published: dict[str, float] = Field(description="values of the group in the source")
    measured: dict[str, list[float]] = Field(description="per metric and part of the loss: one value a finished seed")
    problems: list[str]


class StudyRunsRequest(Document):
    """Request to run a study, or to estimate it."""

    scale: float = Field(1.0, gt=0, le=1, allow_inf_nan=False, description="share of the published number of steps")
    seeds: int | None = Field(None, ge=1, le=1000, description="seeds of each configuration; the source's by default")
    only: str = Field("*", min_length=1, max_length=200, description="shell pattern of names of runs")
    dry_run: bool = Field(default=False, description="estimate only, queue nothing")
    gpus: float = Field(
        0.0, ge=0, le=1, allow_inf_nan=False, description="share of a GPU for each process; 0 trains on the CPU"
    )


class UnavailableRuns(Document):
    """Runs that are not possible on this machine."""

    reason: str
    runs: list[str]


class StudyRunsAnswer(Document):
    """Runs of a study that were queued, or would be, and what they cost."""

    study: str
    scale: float
    runs: int = Field(description="missing runs: queued, or to be queued without dry_run")
    done: int = Field(description="matching runs that have a model and all scores")
    active: int = Field(description="matching runs that are queued or in progress")
    steps: int = Field(description="optimiser steps of the missing runs")
    hours: float | None = Field(description="training time with all slots free; null while no similar run was timed")
    evaluation_hours: float | None = Field(
        description="time of the metrics with all slots free; null while none of them was computed here"
    )
    untimed_runs: int = Field(description="runs without a known step time, which the hours leave out")
    measuring: bool = Field(description="steps are being timed on this machine: request again for a better figure")
    slots: int = Field(description="processes at a time, each of one run or a pack")
    waits_for_gpu: bool = Field(description="the request takes a GPU, and no present dispatcher has one")
    unavailable: list[UnavailableRuns] = Field(description="runs that lack a data set, by the reason")
    sweep: Sweep | None = Field(description="the sweep of the missing runs; null where nothing was queued")


class StudyDetail(StudySummary):
    """A study with its rows at one scale."""

    scale: float | None = Field(description="scale of the measured values; null while nothing was measured")
    rows: list[StudyRow]
