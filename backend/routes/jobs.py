"""Jobs and sweeps: queue, list, show, cancel, retry."""

from typing import Annotated

from fastapi import APIRouter, Body, Header, Path, Query, Response
from starlette.responses import JSONResponse

from backend.context import Context
from backend.db.cursors import decode_cursor, encode_cursor
from backend.http.problems import RESPONSES
from backend.jobs.api import documents
from backend.jobs.queue import dispatchers, queries, transitions
from backend.jobs.records import Kind
from backend.routes.dependencies import ContextDep, JobId, row_number
from backend.schemas.jobs import EXAMPLE_SPEC, Cells, Estimate, JobDetail, JobPage, JobRequest, State, Sweep, SweepPage

router = APIRouter(tags=["jobs"], responses=RESPONSES)
SweepId = Annotated[str, Path(description="id of a sweep", max_length=20, examples=["1"])]
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="repeats are executed once",
    ),
]
Request = Annotated[
    JobRequest,
    Body(
        openapi_examples={
            "train": {"value": {"kind": "train", "spec": EXAMPLE_SPEC}},
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


@router.post("/jobs", status_code=201, response_model=JobDetail | Sweep)
def create_job(context: ContextDep, request: Request, key: Key = None) -> Response:
    """Queue a training run, an evaluation, an export or a sweep; a wrong field is refused before anything is queued."""
    document = context.jobs.create(request, key)
    return JSONResponse(document, 201, headers={"Location": document["links"]["self"]})


@router.post("/jobs/estimate")
def estimate_job(context: ContextDep, request: Request) -> Estimate:
    """Estimate how long a request takes, from step times measured on this machine; queue nothing."""
    return context.jobs.estimate(request)


@router.get("/jobs")
def list_jobs(
    context: ContextDep,
    state: Annotated[list[State] | None, Query(description="only these states")] = None,
    kind: Annotated[list[Kind] | None, Query(description="only these kinds")] = None,
    sweep: Annotated[str | None, Query(max_length=20, description="only jobs of this sweep")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> JobPage:
    """List jobs, newest first."""
    filters = repr((state, kind, sweep))
    before = decode_cursor(cursor, filters, int)[0] if cursor else None
    states = [each for name in state or [] for each in (SHOWN_AS_RUNNING if name == "running" else (name,))]
    rows, following = queries.listing(
        context.database,
        states=states,
        kinds=kind or [],
        sweep=None if sweep is None else row_number(sweep, "sweep"),
        limit=limit,
        before=before,
    )
    return JobPage(
        items=[documents.job(row) for row in rows],
        next_cursor=None if following is None else encode_cursor(filters, [following]),
        counts=documents.client_counts(queries.counts(context.database)),
        workers=[documents.worker(each) for each in dispatchers.list_dispatchers(context.database)],
    )


@router.get("/jobs/{job}")
def show_job(context: ContextDep, job: JobId) -> JobDetail:
    """Show one job with its attempts."""
    return documents.detail(queries.show(context.database, row_number(job)))


@router.delete("/jobs/{job}")
def cancel_job(context: ContextDep, job: JobId) -> JobDetail:
    """Cancel: a queued job at once, a running one at its next step; one that has ended stays as it is."""
    transitions.cancel(context.database, row_number(job))
    return documents.detail(queries.show(context.database, row_number(job)))


@router.post("/jobs/{job}/retry")
def retry_job(context: ContextDep, job: JobId) -> JobDetail:
    """Queue a failed or cancelled job again; it resumes from its last checkpoint."""
    transitions.retry(context.database, row_number(job))
    return documents.detail(queries.show(context.database, row_number(job)))


def _document(context: Context, sweep_id: int) -> Sweep:
    row = queries.show_sweep(context.database, sweep_id)
    return documents.sweep(row, queries.counts_of(context.database, [sweep_id])[sweep_id])


@router.get("/sweeps")
def list_sweeps(
    context: ContextDep,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> SweepPage:
    """List sweeps, newest first."""
    before = decode_cursor(cursor, "sweeps", int)[0] if cursor else None
    rows, following = queries.list_sweeps(context.database, limit, before)
    counts = queries.counts_of(context.database, [row["id"] for row in rows])
    items = [documents.sweep(row, counts[row["id"]]) for row in rows]
    return SweepPage(items=items, next_cursor=None if following is None else encode_cursor("sweeps", [following]))


@router.get("/sweeps/{sweep}")
def show_sweep(context: ContextDep, sweep: SweepId) -> Sweep:
    """Show one sweep."""
    return _document(context, row_number(sweep, "sweep"))


@router.get("/sweeps/{sweep}/cells", response_model=Cells)
def read_cells(context: ContextDep, sweep: SweepId) -> Response:
    """Return the state of every run of a sweep, by position in its grid."""
    row = queries.show_sweep(context.database, row_number(sweep, "sweep"))
    cells = Cells(cells=[documents.cell(each) for each in queries.cells(context.database, row["id"])])
    return Response(cells.model_dump_json(), media_type="application/json")  # checked once: there may be 100,000


@router.delete("/sweeps/{sweep}")
def cancel_sweep(context: ContextDep, sweep: SweepId) -> Sweep:
    """Cancel a sweep: no more runs are made, queued ones are cancelled, running ones stop at their next step."""
    transitions.cancel_sweep(context.database, row_number(sweep, "sweep"))
    return _document(context, row_number(sweep, "sweep"))
