"""Jobs: queue, list, watch, cancel, retry."""

from typing import Annotated, Literal

from fastapi import APIRouter, Body, Header, Path, Query, Response
from starlette.responses import JSONResponse

from backend.http.problems import RESPONSES
from backend.jobs.api import documents
from backend.jobs.queue import dispatchers, queries, transitions
from backend.models.listing import decode_cursor, encode_cursor
from backend.routes.dependencies import TheContext
from backend.schemas.jobs import Estimate, JobDetail, JobPage, JobRequest, State, Sweep
from models_zoo.errors import NotFound

router = APIRouter(prefix="/jobs", tags=["jobs"], responses=RESPONSES)
Text = Annotated[str, Path(description="id of a job", max_length=20, examples=["1"])]
Key = Annotated[
    str | None, Header(alias="Idempotency-Key", min_length=1, max_length=200, description="makes repeating safe")
]
Request = Annotated[
    JobRequest,
    Body(
        openapi_examples={
            "train": {
                "value": {
                    "kind": "train",
                    "spec": {
                        "dataset": "dsprites",
                        "objective": "beta_vae",
                        "objective_settings": {"beta": 4},
                        "steps": 3000,
                    },
                }
            },
            "sweep": {
                "value": {
                    "kind": "sweep",
                    "spec": {
                        "base": {"dataset": "dsprites", "objective": "beta_vae", "steps": 3000},
                        "grid": {"objective_settings.beta": [1, 4], "seed": [0, 1]},
                        "max_parallel": 2,
                    },
                }
            },
        }
    ),
]
SHOWN_AS_RUNNING = ("leased", "running")


def number(text: str, what: str = "job") -> int:
    """Row number of an id.

    Raises
    ------
    NotFound
        For anything that cannot be one.
    """
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise NotFound(f"there is no {what} {text[:40]!r}")
    return int(text)


@router.post("", status_code=201, response_model=JobDetail | Sweep)
def create_job(context: TheContext, request: Request, key: Key = None) -> Response:
    """Queue a training run, an evaluation, an export or a sweep; a wrong field is refused before anything is queued."""
    answer = context.jobs.create(request, key)
    return JSONResponse(answer, 201, headers={"Location": answer["links"]["self"]})


@router.post("/estimate")
def estimate_job(context: TheContext, request: Request) -> Estimate:
    """Say how long a request would take, from step times measured on this machine; queues nothing."""
    return context.jobs.estimate(request)


@router.get("")
def list_jobs(
    context: TheContext,
    state: Annotated[list[State] | None, Query(description="only these states")] = None,
    kind: Annotated[list[Literal["train", "evaluate", "export"]] | None, Query(description="only these kinds")] = None,
    sweep: Annotated[str | None, Query(max_length=20, description="only jobs of this sweep")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> JobPage:
    """List jobs, newest first."""
    filters = repr((state, kind, sweep))
    before = decode_cursor(cursor, filters, 1)[0] if cursor else None
    states = [each for name in state or [] for each in (SHOWN_AS_RUNNING if name == "running" else (name,))]
    rows, following = queries.listing(
        context.queue,
        states=states,
        kinds=kind or [],
        sweep=None if sweep is None else number(sweep, "sweep"),
        limit=limit,
        before=before,
    )
    return JobPage(
        items=[documents.job(row) for row in rows],
        next_cursor=None if following is None else encode_cursor(filters, [following]),
        counts=documents.client_counts(queries.counts(context.queue)),
        workers=[documents.worker(each) for each in dispatchers.present(context.queue) if each["alive"]],
    )


@router.get("/{job}")
def show_job(context: TheContext, job: Text) -> JobDetail:
    """Show one job with its attempts."""
    return documents.detail(queries.show(context.queue, number(job)))


@router.delete("/{job}")
def cancel_job(context: TheContext, job: Text) -> JobDetail:
    """Cancel: a queued job at once, a running one at its next step; one that has ended stays as it is."""
    transitions.cancel(context.queue, number(job))
    return documents.detail(queries.show(context.queue, number(job)))


@router.post("/{job}/retry")
def retry_job(context: TheContext, job: Text) -> JobDetail:
    """Queue a failed or cancelled job again; it goes on from its last checkpoint."""
    transitions.retry(context.queue, number(job))
    return documents.detail(queries.show(context.queue, number(job)))
