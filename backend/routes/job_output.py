"""Output of a job while it runs: events, log and film."""

import json
import re
from collections.abc import AsyncIterator, Sequence
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Header, Query, Response
from sqlalchemy import RowMapping
from sse_starlette import EventSourceResponse, ServerSentEvent

from backend.context import Context
from backend.db.engine import Database
from backend.http.problems import RESPONSES
from backend.jobs.artifacts import Artifacts
from backend.jobs.queue import events, queries
from backend.routes.dependencies import ContextDep, JobId, row_number
from backend.schemas.jobs import Film, Frame
from models_zoo.errors import InvalidInput, NotFound, TooMany
from models_zoo.path_privacy import without_paths

router = APIRouter(prefix="/jobs", tags=["jobs"], responses=RESPONSES)
PING_SECONDS = 15
MAX_PROGRESS_EVENTS = 2
LOG_BYTES = 65_536
FRAME = re.compile(r"(\d{1,12})\.png")
FILM_COLUMNS = 7
FILM_LATENTS = 16


def artifacts_of(context: Context) -> Artifacts:
    """Return the artifact store of the service."""
    return Artifacts(context.settings.artifacts)


def as_message(event: RowMapping) -> ServerSentEvent:
    """Return one event of the queue as a server-sent event."""
    data = {
        "seq": event["seq"],
        "attempt": event["attempt"],
        "kind": event["kind"],
        "at": event["at"].isoformat(),
        **without_paths(event["data"] or {}),
        "step": event["step"],
    }
    return ServerSentEvent(json.dumps(data), event=event["kind"], id=str(event["seq"]))


def drop_stale_progress(found: Sequence[RowMapping]) -> list[RowMapping]:
    """Return the events of one poll without all but the newest progress."""
    progress = [event["seq"] for event in found if event["kind"] == "progress"]
    kept = set(progress[-MAX_PROGRESS_EVENTS:])
    return [event for event in found if event["kind"] != "progress" or event["seq"] in kept]


async def follow(
    database: Database, listener: events.EventListener, job_id: int, seq: int
) -> AsyncIterator[ServerSentEvent]:
    """Yield the events after ``seq``, then new ones as they come, then ``done``."""
    live = False
    with listener.follow(job_id) as notified:
        while True:
            notified.clear()
            found, over = await to_thread.run_sync(events.events_after, database, job_id, seq)
            for event in drop_stale_progress(found) if live else found:
                yield as_message(event)
            seq = found[-1]["seq"] if found else seq
            if over:
                yield ServerSentEvent("{}", event="done", id=str(seq))
                return
            if len(found) < events.PAGE:
                live = True
                await listener.wait(notified)


@router.get(
    "/{job}/events",
    response_class=EventSourceResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
def read_events(
    context: ContextDep,
    job: JobId,
    last_event_id: Annotated[str | None, Header(description="replay the events after this one")] = None,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="the same, where headers cannot be set")] = 0,
) -> Response:
    """Stream the events of a job, from its beginning; ``done`` comes last."""
    job_id = row_number(job)
    queries.show(context.database, job_id)
    allowed = context.settings.event_streams
    if context.event_listener.streams >= allowed:
        raise TooMany(
            f"got a request beside {allowed} open event streams; allowed: {allowed} (AXISCOPE_EVENT_STREAMS): close "
            f"one, or poll GET /api/v1/jobs/{job_id} instead",
            allowed=allowed,
        )
    if last_event_id is not None and not (last_event_id.isascii() and last_event_id.isdigit()):
        raise InvalidInput(
            f"Last-Event-ID: got {last_event_id[:40]!r}; allowed: a number", field="header/Last-Event-ID"
        )
    seq = int(last_event_id[:10]) if last_event_id else after
    return EventSourceResponse(follow(context.database, context.event_listener, job_id, seq), ping=PING_SECONDS)


@router.get("/{job}/log", responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}})
def read_log(
    context: ContextDep,
    job: JobId,
    attempt: Annotated[int | None, Query(ge=1, le=100_000, description="the newest by default")] = None,
    offset: Annotated[int, Query(ge=0, le=2**40, description="bytes to skip")] = 0,
    limit: Annotated[int, Query(ge=1, le=2**20, description="most bytes to send")] = LOG_BYTES,
) -> Response:
    """Read an attempt's log from a byte offset; `X-Log-Offset` is the next offset, `X-Log-Size` the length now."""
    row = queries.show(context.database, row_number(job))
    number = attempt or row["attempt"]
    store = artifacts_of(context)
    path = (row["id"], f"{number}.log")
    data = store.read(*path, offset=offset, limit=limit)
    whole = data.rfind(b"\n") + 1
    if len(data) == limit and whole:
        data = data[:whole]
    headers = {
        "X-Log-Offset": str(offset + len(data)),
        "X-Log-Size": str(store.size(*path)),
        "X-Log-Attempt": str(number),
        "Cache-Control": "no-store",
    }
    text = without_paths(data.decode(errors="replace"), context.settings.home)
    return Response(text, media_type="text/plain; charset=utf-8", headers=headers)


@router.get("/{job}/film")
def read_film(context: ContextDep, job: JobId) -> Film:
    """List the pictures of the traversals at steps of the training."""
    row = queries.show(context.database, row_number(job))
    names = artifacts_of(context).names(row["id"], "film")
    steps = sorted(int(match[1]) for match in map(FRAME.fullmatch, names) if match)
    base = f"/api/v1/jobs/{row['id']}/film"
    frames = [Frame(step=step, url=f"{base}/{step}.png") for step in steps]
    return Film(frames=frames, latents=min(row["spec"].get("latents", 0), FILM_LATENTS), columns=FILM_COLUMNS)


@router.get(
    "/{job}/film/{name}",
    response_class=Response,
    responses={200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}}},
)
def read_frame(context: ContextDep, job: JobId, name: str) -> Response:
    """Return one picture of the film: rows are latents, columns go from -2 to 2."""
    match = FRAME.fullmatch(name)
    data = artifacts_of(context).read(row_number(job), "film", f"{int(match[1]):09d}.png") if match else b""
    if not data:
        raise NotFound(
            f"got frame {name[:40]!r} of job {job[:20]}; allowed: those of GET /api/v1/jobs/{job[:20]}/film; name one "
            "of them"
        )
    return Response(data, media_type="image/png", headers={"Cache-Control": "private, max-age=3600"})
