"""What a job leaves behind while it runs: events, log, film."""

import json
import re
from collections.abc import AsyncIterator
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Header, Query, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from backend.context import Context
from backend.http.problems import RESPONSES
from backend.jobs.api.documents import moment
from backend.jobs.artifacts import Artifacts
from backend.jobs.database import Database
from backend.jobs.queue import events, queries
from backend.jobs.queue.events import Bell
from backend.routes.dependencies import ContextDep, JobId, row_number
from backend.schemas.jobs import Film, Frame
from models_zoo.errors import InvalidInput, NotFound, TooMany
from models_zoo.path_privacy import without_paths

router = APIRouter(prefix="/jobs", tags=["jobs"], responses=RESPONSES)
PING_SECONDS = 15
MOST_PROGRESS_OF_A_LOOK = 2
LOG_BYTES = 65_536
FRAME = re.compile(r"(\d{1,12})\.png")
FILM_COLUMNS = 7
FILM_LATENTS = 16


def artifacts_of(context: Context) -> Artifacts:
    """Where the jobs of this service leave their files."""
    return Artifacts(context.settings.artifacts)


def as_message(event: dict[str, Any]) -> ServerSentEvent:
    """One event of the queue as a server-sent event."""
    when = moment(event["at"])
    data = {
        "seq": event["seq"],
        "attempt": event["attempt"],
        "kind": event["kind"],
        "at": when.isoformat() if when else None,
        **without_paths(event["data"] or {}),
        "step": event["step"],
    }
    return ServerSentEvent(json.dumps(data), event=event["kind"], id=str(event["seq"]))


def thin(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep the newest progress of one look; everything else passes."""
    progress = [event["seq"] for event in found if event["kind"] == "progress"]
    kept = set(progress[-MOST_PROGRESS_OF_A_LOOK:])
    return [event for event in found if event["kind"] != "progress" or event["seq"] in kept]


async def follow(database: Database, bell: Bell, job_id: int, seq: int) -> AsyncIterator[ServerSentEvent]:
    """Replay what came after ``seq``, then everything new, then ``done``."""
    live = False
    with bell.follow(job_id) as heard:
        while True:
            heard.clear()
            found, over = await to_thread.run_sync(events.since, database, job_id, seq)
            for event in thin(found) if live else found:
                yield as_message(event)
            seq = found[-1]["seq"] if found else seq
            if over:
                yield ServerSentEvent("{}", event="done", id=str(seq))
                return
            if len(found) < events.PAGE:
                live = True
                await bell.wait(heard)


@router.get(
    "/{job}/events",
    response_class=EventSourceResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
def read_events(
    context: ContextDep,
    job: JobId,
    last_event_id: Annotated[str | None, Header(description="replay what came after this event")] = None,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="the same, where headers cannot be set")] = 0,
) -> Response:
    """Stream what happens to a job, from its beginning; ``done`` comes last."""
    job_id = row_number(job)
    queries.show(context.queue, job_id)
    most = context.settings.event_streams
    if context.bell.streams >= most:
        raise TooMany(
            f"{most} event streams are open; allowed: {most} (AXISCOPE_EVENT_STREAMS): close one, or read "
            f"GET /api/v1/jobs/{job_id} from time to time instead",
            allowed=most,
        )
    if last_event_id is not None and not (last_event_id.isascii() and last_event_id.isdigit()):
        raise InvalidInput(f"{last_event_id[:40]!r} is no event id; ids are numbers", field="header/Last-Event-ID")
    seq = int(last_event_id[:10]) if last_event_id else after
    return EventSourceResponse(follow(context.queue, context.bell, job_id, seq), ping=PING_SECONDS)


@router.get("/{job}/log", responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}})
def read_log(
    context: ContextDep,
    job: JobId,
    attempt: Annotated[int | None, Query(ge=1, le=100_000, description="the newest by default")] = None,
    offset: Annotated[int, Query(ge=0, le=2**40, description="bytes to leave out")] = 0,
    limit: Annotated[int, Query(ge=1, le=2**20, description="most bytes to send")] = LOG_BYTES,
) -> Response:
    """Read an attempt's log from a byte offset; `X-Log-Offset` is where to go on, `X-Log-Size` its length now."""
    row = queries.show(context.queue, row_number(job))
    which = attempt or row["attempt"]
    store = artifacts_of(context)
    place = (row["id"], f"{which}.log")
    data = store.read(*place, offset=offset, limit=limit)
    whole = data.rfind(b"\n") + 1
    if len(data) == limit and whole:
        data = data[:whole]
    headers = {
        "X-Log-Offset": str(offset + len(data)),
        "X-Log-Size": str(store.size(*place)),
        "X-Log-Attempt": str(which),
        "Cache-Control": "no-store",
    }
    text = without_paths(data.decode(errors="replace"), context.settings.home)
    return Response(text, media_type="text/plain; charset=utf-8", headers=headers)


@router.get("/{job}/film")
def read_film(context: ContextDep, job: JobId) -> Film:
    """List the pictures of the traversals that were drawn as training went on."""
    row = queries.show(context.queue, row_number(job))
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
    """Show one picture of the film: rows are latents, columns go from -2 to 2."""
    match = FRAME.fullmatch(name)
    data = artifacts_of(context).read(row_number(job), "film", f"{int(match[1]):09d}.png") if match else b""
    if not data:
        raise NotFound(f"job {job[:20]} has no frame {name[:40]!r}; GET /api/v1/jobs/{job[:20]}/film lists them")
    return Response(data, media_type="image/png", headers={"Cache-Control": "private, max-age=3600"})
