"""Share of the seeds of a configuration that hold each latent, against two null distributions; no labels needed."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.models import samples
from backend.models.matching import assign, cross_correlation
from backend.models.registry import Registry
from backend.models.samples import CodeSample
from backend.schemas.data import LatentStability, Stability
from models_zoo.errors import InvalidInput

Floats = NDArray[np.float64]
LEVEL = 0.05
DRAWS = 199
MIN_IMAGES = 30
ACTIVE_NATS = 0.01
"""Mean KL above which a latent is active, as in UDR (Duan et al. 2020)."""
NORMAL_95 = 1.959963984540054
SEED = 0


@dataclass(frozen=True)
class PairedCodes:
    """Codes of the active latents of two models on the same images: (n, A) and (n, B)."""

    reference: Floats
    other: Floats


def active_latents(sample: CodeSample) -> NDArray[np.bool_]:
    """Return the latents (D,) whose mean KL to N(0, 1) is above 0.01 nats."""
    mean, logvar = sample.mean.astype(np.float64), sample.logvar.astype(np.float64)
    return np.asarray(0.5 * np.mean(mean**2 + np.exp(logvar) - logvar - 1, axis=0) > ACTIVE_NATS)


def matched_correlation(similarity: Floats) -> Floats:
    """Return the absolute correlation (D_a,) of each latent with the latent assigned to it; 0 where it has none."""
    return np.array([match.correlation for match in assign(similarity)])


def whitened(codes: Floats) -> Floats:
    """Return uncorrelated columns of variance 1 (n, r) that span the centred codes (n, D), r their rank."""
    left, singular, _ = np.linalg.svd(codes - codes.mean(axis=0), full_matrices=False)
    return np.asarray(left[:, singular > 1e-9 * singular[0]] * np.sqrt(len(codes)))


def rotation(size: int, rng: np.random.Generator) -> Floats:
    """Draw an orthogonal matrix by the uniform (Haar) distribution: Mezzadri 2007, eq. 5.1."""
    q, r = np.linalg.qr(rng.standard_normal((size, size)))
    return np.asarray(q * np.sign(np.diag(r)))


def threshold(pair: PairedCodes, rng: np.random.Generator) -> Floats:
    """Return the matched correlation (A,) that each latent exceeds by chance with probability 0.05 at most.

    The larger of two quantiles of 199 draws each: the images of the other model are permuted, so that nothing is
    shared; or its latents are whitened and turned at random, so that everything is shared but the axes.
    """
    rows = len(pair.reference)
    draws = [[cross_correlation(pair.reference, pair.other[rng.permutation(rows)]) for _ in range(DRAWS)]]
    if pair.other.shape[1] > 1:
        straight = cross_correlation(pair.reference, whitened(pair.other))
        draws.append([straight @ rotation(straight.shape[1], rng) for _ in range(DRAWS)])
    # Of 199 exchangeable draws and the value itself, the value is above the 190th draw in 5 % of the cases at most.
    place = math.ceil((1 - LEVEL) * (DRAWS + 1)) - 1
    null = [np.sort([matched_correlation(each) for each in kind], axis=0)[place] for kind in draws]
    return np.asarray(np.max(null, axis=0))


def compare_seed(pair: PairedCodes, rng: np.random.Generator) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the matched correlation (A,) of each latent, and whether the other model holds the latent."""
    found = matched_correlation(cross_correlation(pair.reference, pair.other))
    return found, np.asarray(found > threshold(pair, rng))


def at_least(count: int, trials: int, probability: float) -> float:
    """Return the probability of ``count`` or more successes in ``trials`` independent ones."""
    return min(
        1.0,
        math.fsum(
            math.comb(trials, k) * probability**k * (1 - probability) ** (trials - k) for k in range(count, trials + 1)
        ),
    )


def share_interval(count: int, trials: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927)."""
    share, z2 = count / trials, NORMAL_95**2
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = NORMAL_95 * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials**2)) / (1 + z2 / trials)
    return max(0.0, centre - half), min(1.0, centre + half)


def pair_codes(reference: CodeSample, other: CodeSample, name: str) -> PairedCodes:
    """Return the codes of two models on the images that both samples hold, active latents only.

    Raises
    ------
    InvalidInput
        If they hold fewer than 30, or images of different data sets; ``name`` is the other model.
    """
    shared, left, right = np.intersect1d(reference.indices, other.indices, return_indices=True)
    same_factors = reference.labels.shape[1] == other.labels.shape[1]
    if len(shared) < MIN_IMAGES or not same_factors or (reference.labels[left] != other.labels[right]).any():
        raise InvalidInput(
            f"got model {name!r} with {len(shared) if same_factors else 0} images of the first model; allowed: at "
            f"least {MIN_IMAGES} images of one data set; compare seeds of one configuration",
            field="query/m",
        )
    return PairedCodes(
        reference.mean[left][:, active_latents(reference)].astype(np.float64),
        other.mean[right][:, active_latents(other)].astype(np.float64),
    )


def latents_of_seeds(registry: Registry, model_ids: list[str]) -> Stability:
    """Return how many of the further models hold each latent of the first one.

    Raises
    ------
    NotFound
        For an unknown model, or one without a sample.
    InvalidInput
        If a model shares too few images with the first.
    """
    reference, *others = [samples.read(registry.usable(model_id)[0]) for model_id in model_ids]
    pairs = [pair_codes(reference, other, name) for name, other in zip(model_ids[1:], others, strict=True)]
    active = active_latents(reference)
    correlations, held = np.zeros((2, len(pairs), len(active)))
    for place, pair in enumerate(pairs):
        if pair.reference.shape[1] and pair.other.shape[1]:
            rng = np.random.default_rng([SEED, place])
            correlations[place, active], held[place, active] = compare_seed(pair, rng)
    latents = []
    for latent, column in enumerate(held.T):
        holders = [name for name, holds in zip(model_ids[1:], column, strict=True) if holds]
        p_value = at_least(len(holders), len(others), LEVEL)
        latents.append(
            LatentStability(
                latent=latent,
                active=bool(active[latent]),
                held_by=holders,
                share=len(holders) / len(others),
                interval=share_interval(len(holders), len(others)),
                correlation=float(np.median(correlations[:, latent])),
                p_value=p_value,
                real=p_value <= LEVEL,
            )
        )
    images = min(len(pair.reference) for pair in pairs)
    return Stability(reference=model_ids[0], models=model_ids[1:], images=images, level=LEVEL, latents=latents)
