"""Documents of jobs and sweeps."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from backend.schemas.base import Document
from models_zoo.json_types import JsonObject

State = Literal["queued", "running", "succeeded", "failed", "cancelled"]
Phase = Literal["waiting", "blocked", "starting", "running", "stopping"]
EXAMPLE_SPEC = {"dataset": "dsprites", "objective": "beta_vae", "objective_settings": {"beta": 4}, "steps": 3000}


class JobRequest(Document):
    """Request to queue a job or sweep. ``spec`` is validated by the schemas of `GET /api/v1/schemas` before that."""

    kind: Literal["train", "evaluate", "export", "verify", "sweep"]
    spec: JsonObject = Field(
        description="train: settings of a run, and model, evaluate, gpus; evaluate: model, metrics, seed; "
        "export: job, model; verify: model; sweep: base, grid, max_parallel, pack",
        examples=[EXAMPLE_SPEC],
    )
    name: str | None = Field(None, min_length=1, max_length=200, description="title on the page")
    priority: int = Field(0, ge=-1000, le=1000, description="higher ones are claimed first")


class AttemptDocument(Document):
    """One attempt to execute a job."""

    attempt: int
    worker: str | None
    device: str | None
    state: str = Field(description="starting, running, succeeded, failed, cancelled, crashed, lost or returned")
    first_step: int | None
    started_at: datetime
    ended_at: datetime | None
    error: str | None


class Job(Document):
    """One job."""

    id: str
    kind: Literal["train", "evaluate", "export", "verify"]
    name: str
    state: State
    phase: Phase | None
    priority: int
    sweep: str | None
    position: int | None
    depends_on: str | None
    step: int
    steps: int | None
    progress: JsonObject | None = Field(description="step, parts of the loss, KL per latent, seconds_per_step")
    attempt: int
    max_attempts: int
    error: str | None
    reason: str | None
    result: JsonObject | None
    spec: JsonObject
    eta_seconds: float | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    links: dict[str, str]


class JobDetail(Job):
    """One job with its attempts and the jobs that wait for it."""

    attempts: list[AttemptDocument]
    followers: list[str]


class Worker(Document):
    """Present dispatcher."""

    name: str = Field(description="machine, or address of the cluster")
    answers: bool = Field(description="false while its cluster does not answer: nothing is started")
    slots: int = Field(description="processes at a time, each of one run or a pack")


class JobPage(Document):
    """Jobs, newest first."""

    items: list[Job]
    next_cursor: str | None
    counts: dict[str, int] = Field(description="all jobs by state")
    workers: list[Worker] = Field(description="present dispatchers; with none, jobs wait")


class Axis(Document):
    """One setting that a sweep varies."""

    name: str
    values: list[object]


class Sweep(Document):
    """A grid of training runs."""

    id: str
    name: str
    state: Literal["expanding", "running", "finished", "cancelled"]
    total: int = Field(description="positions of the grid")
    expanded: int = Field(description="positions whose runs are in the queue")
    counts: dict[str, int] = Field(description="training runs by state")
    evaluations: dict[str, int] = Field(description="evaluations of those runs by state; a failed one left no scores")
    axes: list[Axis]
    max_parallel: int | None
    priority: int
    spec: JsonObject
    created_at: datetime
    links: dict[str, str]


class SweepPage(Document):
    """Sweeps, newest first."""

    items: list[Sweep]
    next_cursor: str | None


class CellEvaluation(Document):
    """The evaluation that follows a run of a sweep."""

    job: str
    state: State
    error: str | None


class Cell(Document):
    """One run of the progress matrix."""

    position: int
    job: str
    state: State
    step: int
    steps: int | None
    model: str | None
    error: str | None
    evaluation: CellEvaluation | None = Field(description="null where the sweep has no evaluations")


class Cells(Document):
    """Runs of a sweep by position; the last axis varies fastest."""

    cells: list[Cell]


class Estimate(Document):
    """Estimated time of the request on the present machines."""

    runs: int
    seconds_per_step: float | None
    seconds: float | None = Field(description="with all slots free; null while no similar run was timed")
    slots: int = Field(description="processes at a time, each of one run or a pack")
    basis: Literal["measured", "scaled", "unknown"]
    machine: str | None = Field(description="machine of the measurement; null for that of the service")
    measuring: bool = Field(description="steps are being timed on this machine: request again for a better figure")
    pack: int = Field(description="runs of the sweep in one process: at once on a GPU, in turn on the CPU")
    packed_seconds: float | None = Field(
        description="as `seconds`, with `pack` runs in a process; null while no such pack was timed"
    )
    gpu_share: float | None = Field(
        description="share of a GPU that one process takes by its measured memory; `gpus` of the spec sets it"
    )


class Frame(Document):
    """One picture of the film."""

    step: int
    url: str


class Film(Document):
    """Traversals at steps of the training: rows are latents, columns go from -2 to 2."""

    frames: list[Frame]
    latents: int
    columns: int
