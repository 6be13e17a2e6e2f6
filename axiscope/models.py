"""Operations on models: list, encode, decode, traverse, scores."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, TypeAlias, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from axiscope.calls import Call, Operation, document, pages
from backend.formats.arrays import Floats, read_npy, write_npy
from backend.schemas.data import MetricRow
from backend.schemas.models import LatentRow, ModelDetail, ModelSummary
from models_zoo.errors import InvalidInput
from models_zoo.manifest import LatentState

NPY = {"Accept": "application/x-npy"}
NPY_BOTH = {**NPY, "Content-Type": "application/x-npy"}
Images: TypeAlias = NDArray[np.uint8] | NDArray[np.floating]
Rows = TypeVar("Rows", list[int], Images, Floats)


class Posterior(NamedTuple):
    """Posterior of each image: float32 arrays of shape (n, latents)."""

    mean: Floats
    logvar: Floats


def _batches(rows: Rows, size: int) -> Iterator[Rows]:
    """Yield the rows of an array or list in batches, an empty one as it is."""
    for start in range(0, max(1, len(rows)), size):
        yield rows[start : start + size]


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
    return (yield from pages("/api/v1/models", ModelSummary, params))


def model(model: str) -> Operation[ModelDetail]:
    """Return the description of a model: statistics of its latents, factors, files, limits of requests."""
    return document(ModelDetail, (yield Call("GET", f"/api/v1/models/{model}")))


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


def latents(
    *,
    factor: str | None = None,
    state: LatentState | None = None,
    purity_above: float | None = None,
    leak_below: float | None = None,
    dataset: str | None = None,
    q: str | None = None,
    sort: str = "-purity",
) -> Operation[list[LatentRow]]:
    """Return the latents of all models that fit.

    Parameters
    ----------
    factor, state : str, optional
        Best factor; active, weak, dead or saturated.
    purity_above, leak_below : float, optional
        Bounds of the absolute correlation with the best factor, and of the largest with any other.
    dataset : str, optional
        Only of models of this data set.
    q : str, optional
        Text as in the search box.
    sort : str
        ``purity``, ``leak`` or ``kl``; ``-`` before it: descending.
    """
    params = {"factor": factor, "state": state, "purity_above": purity_above, "leak_below": leak_below}
    return (yield from pages("/api/v1/latents", LatentRow, {**params, "dataset": dataset, "q": q, "sort": sort}))


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
    return (yield from pages("/api/v1/metrics", MetricRow, params))
