"""What a client can do, each operation once for the blocking and the asynchronous client.

An operation is a generator: it yields the requests that it needs, receives their responses, and returns its result.
It does no input or output itself.
"""

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias, TypeVar, cast

import httpx
import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, TypeAdapter

from axiscope.errors import JobFailed
from backend.formats.arrays import Floats, read_npy, write_npy
from backend.schemas.data import MetricRow
from backend.schemas.jobs import Job, JobDetail, State
from backend.schemas.models import ModelDetail, ModelSummary
from models_zoo.errors import InvalidInput

NPY = {"Accept": "application/x-npy"}
NPY_BOTH = {**NPY, "Content-Type": "application/x-npy"}
ENDED = ("succeeded", "failed", "cancelled")
PAGE = 500
Images: TypeAlias = NDArray[np.uint8] | NDArray[np.floating]
Kind = Literal["train", "evaluate", "export", "verify"]
T = TypeVar("T")
Rows = TypeVar("Rows", list[int], Images, Floats)


@dataclass(frozen=True)
class Call:
    """One request, sent ``delay`` seconds from now."""

    method: str
    path: str
    params: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: object = None
    content: bytes | None = None
    delay: float = 0.0


Operation: TypeAlias = Generator[Call, httpx.Response, T]


class Posterior(NamedTuple):
    """Posterior of each image: float32 arrays of shape (n, latents)."""

    mean: Floats
    logvar: Floats


def _document(kind: type[T], response: httpx.Response) -> T:
    """Return the document of a response; fields of a newer service are left out."""
    return TypeAdapter(kind).validate_json(response.content, extra="ignore")


def _pages(path: str, item: type[T], params: Mapping[str, object]) -> Operation[list[T]]:
    """Return the items of all pages of a list."""
    items: list[T] = []
    cursor: str | None = None
    while True:
        response = yield Call("GET", path, {**params, "limit": PAGE, "cursor": cursor})
        page = response.json()
        items += TypeAdapter(list[item]).validate_python(page["items"], extra="ignore")  # type: ignore[valid-type]
        cursor = page["next_cursor"]
        if cursor is None:
            return items


def _batches(rows: Rows, size: int) -> Iterator[Rows]:
    """Yield the rows of an array or list in batches, an empty one as it is."""
    for start in range(0, max(1, len(rows)), size):
        yield rows[start : start + size]


def _id(job: str | Job) -> str:
    return job.id if isinstance(job, BaseModel) else job


def models(
    *,
    dataset: str | None = None,
    objective: str | None = None,
    state: Literal["ready", "broken"] | None = None,
    study: str | None = None,
    q: str | None = None,
    sort: str = "name",
) -> Operation[list[ModelSummary]]:
    """Return the models of the zoo.

    Parameters
    ----------
    dataset, objective, state, study : str, optional
        Only models with this value.
    q : str, optional
        Words of id, name, data set, objective or settings.
    sort : str
        ``name``, ``id``, ``created_at``, a metric ...; ``-`` before it: descending.
    """
    params = {"dataset": dataset, "objective": objective, "state": state, "study": study, "q": q, "sort": sort}
    return (yield from _pages("/api/v1/models", ModelSummary, params))


def model(model: str) -> Operation[ModelDetail]:
    """Return the description of a model: statistics of its latents, factors, files, limits of requests."""
    return _document(ModelDetail, (yield Call("GET", f"/api/v1/models/{model}")))


def encode(
    model: str, images: Images | None = None, *, indices: Sequence[int] | None = None, batch: int = 64
) -> Operation[Posterior]:
    """Encode images.

    Parameters
    ----------
    model : str
        Id of the model.
    images : array of shape (n, height, width, channels), optional
        ``uint8`` in [0, 255] or floating in [0, 1].
    indices : sequence of int, optional
        Images of the model's data set, instead of ``images``.
    batch : int
        Images in one request; the service allows ``client.model(id).limits.images``.

    Returns
    -------
    Posterior
        ``mean`` and ``logvar``, float32 (n, latents).
    """
    if (images is None) == (indices is None):
        raise InvalidInput("got both or neither of images and indices; allowed: one of them", field="images")
    path = "/api/v1/encode"
    if images is not None:
        bodies = (write_npy(rows) for rows in _batches(images, batch))
        calls = (Call("POST", path, {"model": model}, NPY_BOTH, content=body) for body in bodies)
    else:
        lists = _batches(list(map(int, indices or ())), batch)
        calls = (Call("POST", path, headers=NPY, json={"model": model, "indices": each}) for each in lists)
    parts = []
    for call in calls:
        parts.append(read_npy((yield call).content))  # noqa: PERF401 - a comprehension cannot yield
    mean, logvar = np.concatenate(parts, axis=1)
    return Posterior(mean, logvar)


def decode(model: str, latents: ArrayLike, *, batch: int = 64) -> Operation[Floats]:
    """Decode latents.

    Parameters
    ----------
    model : str
        Id of the model.
    latents : array_like of shape (n, latents)
    batch : int
        Latents in one request.

    Returns
    -------
    float32 array of shape (n, height, width, channels)
        In [0, 1].
    """
    points = np.asarray(latents, np.float32)
    parts = []
    for rows in _batches(points, batch):
        response = yield Call("POST", "/api/v1/decode", {"model": model}, NPY_BOTH, content=write_npy(rows))
        parts.append(read_npy(response.content))
    return cast("Floats", np.concatenate(parts))


def traverse(
    model: str,
    latents: ArrayLike | None = None,
    *,
    image: Images | None = None,
    index: int | None = None,
    dims: Sequence[int] | None = None,
    range: tuple[float, float] | None = None,  # noqa: A002 - the name of the interface
    sigma: float | None = None,
    steps: int = 10,
) -> Operation[Floats]:
    """Move latents one at a time, from a base point.

    Parameters
    ----------
    model : str
        Id of the model.
    latents : array_like of shape (latents,), optional
        Base point; the origin by default.
    image : array of shape (height, width, channels), optional
        Image whose posterior mean is the base point.
    index : int, optional
        The same of an image of the model's data set.
    dims : sequence of int, optional
        Latents to move; all by default.
    range : (float, float), optional
        First and last value of the moved latent.
    sigma : float, optional
        Instead of ``range``: that many standard deviations around the mean code of the data.
    steps : int
        Values of each latent.

    Returns
    -------
    float32 array of shape (dims, steps, height, width, channels)
        In [0, 1].
    """
    if image is not None:
        if latents is not None or index is not None:
            raise InvalidInput("got image beside latents or index; allowed: one of them", field="image")
        latents = (yield from encode(model, image[None])).mean[0]
    base = None if latents is None else np.asarray(latents, np.float64).tolist()
    body = {"model": model, "latents": base, "index": index, "range": range, "sigma": sigma, "steps": steps}
    body["dims"] = None if dims is None else list(map(int, dims))
    return cast("Floats", read_npy((yield Call("POST", "/api/v1/traverse", headers=NPY, json=body)).content))


def metrics(
    models: Sequence[str] = (),
    metrics: Sequence[str] = (),
    *,
    mode: Literal["corrected", "parity"] | None = None,
    details: bool = False,
) -> Operation[list[MetricRow]]:
    """Return the stored scores.

    Parameters
    ----------
    models, metrics : sequence of str
        Ids and names; all by default.
    mode : {"corrected", "parity"}, optional
    details : bool
        Matrices and parts too.
    """
    params = {"model": ",".join(models) or None, "metric": ",".join(metrics) or None, "mode": mode, "details": details}
    return (yield from _pages("/api/v1/metrics", MetricRow, params))


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
    return _document(JobDetail, (yield Call("POST", "/api/v1/jobs", headers=headers, json=body)))


def jobs(state: Sequence[State] = (), kind: Sequence[Kind] = ()) -> Operation[list[Job]]:
    """Return the jobs in one of the states and of one of the kinds (all by default), newest first."""
    return (yield from _pages("/api/v1/jobs", Job, {"state": list(state), "kind": list(kind)}))


def job(job: str | Job) -> Operation[JobDetail]:
    """Return a job as it is now."""
    return _document(JobDetail, (yield Call("GET", f"/api/v1/jobs/{_id(job)}")))


def cancel(job: str | Job) -> Operation[JobDetail]:
    """Cancel a job: a queued one at once, a running one at its next step."""
    return _document(JobDetail, (yield Call("DELETE", f"/api/v1/jobs/{_id(job)}")))


def retry(job: str | Job) -> Operation[JobDetail]:
    """Queue a failed or cancelled job again; it resumes from its last checkpoint."""
    return _document(JobDetail, (yield Call("POST", f"/api/v1/jobs/{_id(job)}/retry")))


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
        now = _document(JobDetail, (yield Call("GET", f"/api/v1/jobs/{_id(job)}", delay=delay)))
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
                raise TimeoutError(f"job {now.id} is {now.state} at step {now.step} after {timeout} s; it goes on")
            delay = min(delay, remaining)
