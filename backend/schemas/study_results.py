"""Documents of the results of a study: its figures, tables, verdicts and imports."""

from datetime import datetime

from pydantic import Field

from backend.schemas.base import Document


class StudyFigureEntry(Document):
    """One figure that a study defines."""

    name: str
    title: str
    kind: str = Field(description="`model`: of one chosen model; `reconstructions`: images of all models")
    links: dict[str, str]


class StudyFigureList(Document):
    """Figures of a study, in the order of its definition."""

    items: list[StudyFigureEntry]


class TableColumn(Document):
    """One measure."""

    name: str
    title: str


class TableCell(Document):
    """Published value and measured values of one row."""

    published: float | None
    mean: float | None = Field(description="mean over the runs of the row; null without any")
    std: float | None = Field(description="standard deviation over the runs; null for fewer than two")
    n: int


class TableRow(Document):
    """One configuration."""

    label: str
    models: list[str] = Field(description="ids of the models that were measured")
    cells: dict[str, TableCell] = Field(description="by the name of the column")


class StudyTable(Document):
    """One table: published beside measured."""

    title: str
    note: str
    columns: list[TableColumn]
    rows: list[TableRow]


class StudyTables(Document):
    """Tables of a study."""

    note: str = Field(description="origin, scale, steps, seeds and data of the measured values")
    items: list[StudyTable]


class ClaimVerdict(Document):
    """Verdict on one claim of the source."""

    claim: str
    text: str
    source: str = Field(description="where the source makes it")
    of: str = Field(description="data set or group that was tested; empty where all were tested together")
    answer: str = Field(description="supported, not supported or undecided")
    published: str | None = Field(description="answer of the same rule on the published values; null without them")
    statistic: str
    value: float | None
    interval: tuple[float, float] | None = Field(description="over seeds; null for fewer than two")
    p: float | None = Field(description="one-sided p-value of rank tests")
    method: str
    runs: int
    seeds: int


class StudyVerdicts(Document):
    """Verdicts on all claims of a study."""

    note: str
    items: list[ClaimVerdict]


class StudyImportEntry(Document):
    """Imported results of others."""

    id: int
    name: str = Field(description="name of the file")
    runs: int
    created_at: datetime


class StudyImportList(Document):
    """Imports of a study, the newest first."""

    items: list[StudyImportEntry]
