"""Documents of the published experiments."""

from pydantic import Field

from backend.schemas.base import Document
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


class StudyDetail(StudySummary):
    """A study with its rows at one scale."""

    scale: float | None = Field(description="scale of the measured values; null while nothing was measured")
    rows: list[StudyRow]
