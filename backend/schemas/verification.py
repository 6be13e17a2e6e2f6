"""Documents of verifications: figures of a model, computed again from its weights."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from backend.schemas.base import Document

FigureState = Literal["equal", "within", "different", "outdated", "unchecked"]
VerificationState = Literal["verified", "unchecked", "differs", "out of date", "not verified"]
Group = Literal["files", "sample", "latents", "reconstruction", "parity", "evaluation.json", "database"]


class Figure(Document):
    """One figure: the stored value beside the value that was computed again."""

    group: Group = Field(description="where the stored value stands")
    name: str
    stored: Any = Field(description="of several numbers the one of the largest difference")
    recomputed: Any
    state: FigureState = Field(
        description="equal; within the tolerance; different; outdated: of an earlier version of the model or of the "
        "metric; unchecked: with the reason in `note`"
    )
    numbers: int = Field(1, description="how many values were compared")
    difference: float | None = Field(None, description="largest absolute difference; null where a value is no number")
    tolerance: float | None = Field(None, description="largest difference that is allowed at that value")
    note: str | None = None


class Counts(Document):
    """Number of figures by state."""

    equal: int = 0
    within: int = 0
    different: int = 0
    outdated: int = 0
    unchecked: int = 0


class Verification(Document):
    """Report of a verification: every figure of a model, computed again."""

    model: str
    version: str = Field(description="version of the model that was verified; empty if its manifest cannot be read")
    state: VerificationState = Field(
        description="verified; unchecked: no figure is different, but the images of the model are not on this machine, "
        "see `reason`; differs: a figure is different or outdated; out of date: the model or a score has changed since "
        "the verification"
    )
    reason: str | None = Field(
        None, description="why figures that need images are unchecked, and how to get the images"
    )
    checked_at: datetime
    seconds: float
    axiscope_version: str
    basis: str = Field(description="digest of manifest and scores that were verified")
    counts: Counts
    figures: list[Figure]


class VerificationBadge(Document):
    """State of the newest verification of a model."""

    state: VerificationState
    reason: str | None = None
    checked_at: datetime | None = None
    counts: Counts | None = None
