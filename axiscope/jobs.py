"""Operations on jobs: queue, list, follow, cancel, wait."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from pydantic import BaseModel

from axiscope.calls import Call, Operation, document, pages
from axiscope.errors import JobFailed
from backend.schemas.jobs import Job, JobDetail, State

ENDED = ("succeeded", "failed", "cancelled")
Kind = Literal["train", "evaluate", "export", "verify"]


def _id(job: str | Job) -> str:
    return job.id if isinstance(job, BaseModel) else job


def submit(
    kind: Kind, spec: Mapping[str, object], *, name: str | None = None, priority: int = 0, key: str | None = None
) -> Operation[JobDetail]:
    """Queue a job.

    Parameters
    ----------
    kind : {"train", "evaluate", "export", "verify"}
    spec : mapping
        Settings, as in `POST /api/v1/jobs`; every field is checked before the job is queued.
    name : str, optional
        Title on the page.
    priority : int
        Higher ones are started first.
    key : str, optional
        ``Idempotency-Key``: a repeated request with it queues nothing.
    """
    body = {"kind": kind, "spec": dict(spec), "name": name, "priority": priority}
    headers = {"Idempotency-Key": key} if key else {}
    return document(JobDetail, (yield Call("POST", "/api/v1/jobs", headers=headers, json=body)))


def jobs(state: Sequence[State] = (), kind: Sequence[Kind] = ()) -> Operation[list[Job]]:
    """Return the jobs in one of the states and of one of the kinds (all by default), newest first."""
    return (yield from pages("/api/v1/jobs", Job, {"state": list(state), "kind": list(kind)}))


def job(job: str | Job) -> Operation[JobDetail]:
    """Return a job as it is now."""
    return document(JobDetail, (yield Call("GET", f"/api/v1/jobs/{_id(job)}")))


def cancel(job: str | Job) -> Operation[JobDetail]:
    """Cancel a job: a queued one at once, a running one at its next step."""
    return document(JobDetail, (yield Call("DELETE", f"/api/v1/jobs/{_id(job)}")))


def retry(job: str | Job) -> Operation[JobDetail]:
    """Queue a failed or cancelled job again; it resumes from its last checkpoint."""
    return document(JobDetail, (yield Call("POST", f"/api/v1/jobs/{_id(job)}/retry")))


def log(job: str | Job) -> Operation[str]:
    """Return the log of the job's newest attempt."""
    parts, offset, size = [], 0, 1
    while offset < size:
        response = yield Call("GET", f"/api/v1/jobs/{_id(job)}/log", {"offset": offset, "limit": 2**20})
        parts.append(response.text)
        following, size = int(response.headers["X-Log-Offset"]), int(response.headers["X-Log-Size"])
        if following == offset:
            break
        offset = following
    return "".join(parts)


def wait(
    job: str | Job,
    *,
    on_progress: Callable[[JobDetail], object] | None = None,
    timeout: float | None = None,
    poll_seconds: float = 1.0,
) -> Operation[JobDetail]:
    """Wait for the end of a job.

    Parameters
    ----------
    job : str or Job
    on_progress : callable, optional
        Called with the job whenever its state or step has changed.
    timeout : float, optional
        Longest time to wait, seconds.
    poll_seconds : float
        Time between two requests.

    Raises
    ------
    JobFailed
        If it fails or is cancelled.
    TimeoutError
        If it has not ended after ``timeout`` seconds; it goes on.
    """
    ends = None if timeout is None else time.monotonic() + timeout
    seen, delay = None, 0.0
    while True:
        now = document(JobDetail, (yield Call("GET", f"/api/v1/jobs/{_id(job)}", delay=delay)))
        if on_progress is not None and seen != (now.state, now.step):
            on_progress(now)
        seen, delay = (now.state, now.step), poll_seconds
        if now.state == "succeeded":
            return now
        if now.state in ENDED:
            raise JobFailed(now)
        if ends is not None:
            remaining = ends - time.monotonic()
            if remaining <= 0:
                raise TimeoutError(
                    f"got job {now.id}, which is {now.state} at step {now.step} after {timeout} s; allowed: an end "
                    "within the timeout; wait longer: the job goes on"
                )
            delay = min(delay, remaining)
