"""Assignment of the latents of one model to those of another."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from backend.models import samples
from backend.models.registry import Registry
from backend.models.samples import CodeSample
from backend.schemas.data import LatentMatch, Match, ModelMatch
from models_zoo.statistics import correlations

MIN_SHARED_IMAGES = 100


def cross_correlation(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the signed Pearson correlation (D_a, D_b) of the columns of two matrices.

    Parameters
    ----------
    a, b : float arrays of shape (n, D_a) and (n, D_b)
        A constant column has the correlation 0.
    """
    left, right = (each.astype(np.float64) - each.mean(0, dtype=np.float64) for each in (a, b))
    norms = np.sqrt(np.outer((left**2).sum(0), (right**2).sum(0)))
    result: NDArray[np.float64] = np.divide(left.T @ right, norms, out=np.zeros_like(norms), where=norms > 1e-9)
    return result


def assign(similarity: NDArray[np.float64]) -> list[LatentMatch]:
    """Return the one-to-one assignment of the largest sum of absolute similarities, one match for each row.

    Parameters
    ----------
    similarity : float64 array of shape (D_a, D_b)
        Row: latent of the reference. Where D_a > D_b, the rows that are left over have no match.
    """
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 - 0.4 s and 30 MB at the start of the service

    rows, columns = linear_sum_assignment(np.abs(similarity), maximize=True)
    matched = dict(zip(rows.tolist(), columns.tolist(), strict=True))
    found = []
    for latent in range(len(similarity)):
        other = matched.get(latent)
        value = 0.0 if other is None else float(similarity[latent, other])
        found.append(LatentMatch(latent=latent, matched=other, sign=-1 if value < 0 else 1, correlation=abs(value)))
    return found


def similarity(reference: CodeSample, other: CodeSample) -> tuple[Literal["codes", "factors"], NDArray[np.float64]]:
    """Return how two samples are compared, and the similarity (D_a, D_b) of their latents.

    ``codes``: both models encoded at least 100 of the same images; the similarity is the correlation of the codes.
    ``factors``: the scalar product of the latents' correlations with the factors, divided by the square of the longer
    of the two vectors. It is 1 for equal vectors and near 0 where one latent is inactive.
    """
    _, left, right = np.intersect1d(reference.indices, other.indices, return_indices=True)
    same_factors = reference.labels.shape[1] == other.labels.shape[1]
    if len(left) >= MIN_SHARED_IMAGES and same_factors and (reference.labels[left] == other.labels[right]).all():
        return "codes", cross_correlation(reference.mean[left], other.mean[right])
    if not same_factors:
        return "factors", np.zeros((reference.mean.shape[1], other.mean.shape[1]))
    profiles = [correlations(each.mean, each.labels) for each in (reference, other)]
    norms = [np.linalg.norm(profile, axis=1) for profile in profiles]
    scale = np.maximum.outer(*norms) ** 2
    return "factors", np.divide(profiles[0] @ profiles[1].T, scale, out=np.zeros_like(scale), where=scale > 1e-9)


def match(registry: Registry, model_ids: list[str]) -> Match:
    """Assign the latents of each further model to those of the first.

    Raises
    ------
    NotFound
        For an unknown model, or one without a sample.
    """
    reference, *others = [samples.read(registry.usable(model_id)[0]) for model_id in model_ids]
    matches = []
    for model_id, other in zip(model_ids[1:], others, strict=True):
        basis, matrix = similarity(reference, other)
        matches.append(ModelMatch(model=model_id, basis=basis, latents=assign(matrix)))
    return Match(reference=model_ids[0], matches=matches)
