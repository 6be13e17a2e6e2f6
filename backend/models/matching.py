"""Which latent of one model does what a latent of another does."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from backend.models import samples
from backend.models.assignment import assign_rows
from backend.models.registry import Registry
from backend.models.samples import CodeSample
from backend.schemas.data import LatentMatch, Match, ModelMatch
from models_zoo.statistics import correlations

LEAST_SHARED = 100


def cross_correlation(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.float64]:
    """Signed Pearson correlation (D_a, D_b) of the columns of ``a`` (n, D_a) and ``b`` (n, D_b); 0 for constants."""
    left, right = (each.astype(np.float64) - each.mean(0, dtype=np.float64) for each in (a, b))
    norms = np.sqrt(np.outer((left**2).sum(0), (right**2).sum(0)))
    result: NDArray[np.float64] = np.divide(left.T @ right, norms, out=np.zeros_like(norms), where=norms > 1e-9)
    return result


def assign(similarity: NDArray[np.float64]) -> list[LatentMatch]:
    """Best one-to-one assignment by absolute similarity (D_a, D_b); every row of the reference is listed."""
    found = []
    for latent, column in enumerate(assign_rows(-np.abs(similarity)).tolist()):
        other = None if column < 0 else column
        value = 0.0 if other is None else float(similarity[latent, other])
        found.append(LatentMatch(latent=latent, matched=other, sign=-1 if value < 0 else 1, correlation=abs(value)))
    return found


def similarity(reference: CodeSample, other: CodeSample) -> tuple[Literal["codes", "factors"], NDArray[np.float64]]:
    """Basis and similarity (D_a, D_b) of two samples.

    Where both encoded enough of the same images, correlation of the codes; else the product of the latents'
    profiles of correlation with the factors, over the square of the longer: 1 for equal profiles, near 0 where
    one of the latents is dead.
    """
    _, mine, theirs = np.intersect1d(reference.indices, other.indices, return_indices=True)
    same = reference.labels.shape[1] == other.labels.shape[1]
    if len(mine) >= LEAST_SHARED and same and (reference.labels[mine] == other.labels[theirs]).all():
        return "codes", cross_correlation(reference.mean[mine], other.mean[theirs])
    if not same:
        return "factors", np.zeros((reference.mean.shape[1], other.mean.shape[1]))
    profiles = [correlations(each.mean, each.labels) for each in (reference, other)]
    norms = [np.linalg.norm(profile, axis=1) for profile in profiles]
    scale = np.maximum.outer(*norms) ** 2
    return "factors", np.divide(profiles[0] @ profiles[1].T, scale, out=np.zeros_like(scale), where=scale > 1e-9)


def match(registry: Registry, model_ids: list[str]) -> Match:
    """Assign the latents of every further model to those of the first.

    Raises
    ------
    NotFound
        For an unknown model, or one without a sample.
    """
    reference, *others = [samples.read(registry.sound(model_id)[0]) for model_id in model_ids]
    matches = []
    for model_id, other in zip(model_ids[1:], others, strict=True):
        basis, matrix = similarity(reference, other)
        matches.append(ModelMatch(model=model_id, basis=basis, latents=assign(matrix)))
    return Match(reference=model_ids[0], matches=matches)
