"""Sweeps: a grid of training runs and how far it has come."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from backend.context import Context
from backend.http.problems import RESPONSES
from backend.jobs.api import documents
from backend.jobs.queue import queries, transitions
from backend.models.listing import decode_cursor, encode_cursor
from backend.routes.dependencies import TheContext
from backend.routes.jobs import number
from backend.schemas.jobs import Cells, Sweep, SweepPage

router = APIRouter(prefix="/sweeps", tags=["jobs"], responses=RESPONSES)
Text = Annotated[str, Path(description="id of a sweep", max_length=20, examples=["1"])]


def _document(context: Context, sweep_id: int) -> Sweep:
    row = queries.show_sweep(context.queue, sweep_id)
    return documents.sweep(row, queries.counts_of(context.queue, [sweep_id])[sweep_id])


@router.get("")
def list_sweeps(
    context: TheContext,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> SweepPage:
    """List sweeps, newest first."""
    before = decode_cursor(cursor, "sweeps", 1)[0] if cursor else None
    rows, following = queries.list_sweeps(context.queue, limit, before)
    counts = queries.counts_of(context.queue, [row["id"] for row in rows])
    items = [documents.sweep(row, counts[row["id"]]) for row in rows]
    return SweepPage(items=items, next_cursor=None if following is None else encode_cursor("sweeps", [following]))


@router.get("/{sweep}")
def show_sweep(context: TheContext, sweep: Text) -> Sweep:
    """Show one sweep."""
    return _document(context, number(sweep, "sweep"))


@router.get("/{sweep}/cells", response_model=Cells)
def read_cells(context: TheContext, sweep: Text) -> Response:
    """Give the state of every run of a sweep, by position in its grid."""
    row = queries.show_sweep(context.queue, number(sweep, "sweep"))
    cells = Cells(cells=[documents.cell(each) for each in queries.cells(context.queue, row["id"])])
    return Response(cells.model_dump_json(), media_type="application/json")  # checked once: there may be 100,000


@router.delete("/{sweep}")
def cancel_sweep(context: TheContext, sweep: Text) -> Sweep:
    """Cancel a sweep: no more runs are made, queued ones are cancelled, running ones stop at their next step."""
    transitions.cancel_sweep(context.queue, number(sweep, "sweep"))
    return _document(context, number(sweep, "sweep"))
