"""Latent responses: which latents keep a value through decoder and encoder when it is exchanged along a factor.

Read in the authors' code: felixludos/latent-responses, src/responses.py.
"""

import numpy as np
from numpy.typing import NDArray

from training.config import Config as BaseConfig
from training.config import setting
from training.data.dataset import Dataset
from training.evaluation.estimators.resampling import around
from training.evaluation.score import EvaluationOptions, MetricInfo, Score, not_applicable
from training.evaluation.table import CodeTable, Pictures

TITLE = "Latent responses"
SOURCE = "Leeb et al. 2022, Exploring the Latent Space of Autoencoders with Interventional Assays"
INFO = MetricInfo(
    title=TITLE,
    family="image",
    definition="Causal disentanglement score. Images of a traversal of one factor are encoded; the value of one latent "
    "is exchanged between two of them; decoder and encoder give it back. The response of the latent to the factor is "
    "the root mean square change of what comes back, mean over traversals. Score: the share of all responses that is "
    "each latent's largest one.",
    formula="S = sum_j max_k R_kj / sum_jk R_kj, R_kj = mean_t sqrt(mean_(a,b) (s_j(z_a with z_bj) - s_j(z_a))^2), "
    "s = encoder mean of decoder",
    citation=SOURCE,
    chance="1 / K, the least value: every latent responds to all factors alike.",
    misses="Does not count the latents that respond to a factor: a factor that two latents code together "
    "costs nothing. A latent that the decoder uses but the encoder does not read back counts as silent. Needs images "
    "of all combinations of the factors.",
    parity="Both modes are the authors' code, with pairs of a traversal drawn without repetition.",
    tolerance=1e-4,
)
BATCH = 256
Codes = NDArray[np.float64]


class Config(BaseConfig):
    """Settings of latent responses."""

    traversals: int = setting(
        10, "traversals of each factor; the authors' default is 50, their advice at least 10", ge=2, le=10_000
    )
    interventions: int = setting(
        32, "pairs of images of a traversal at most", unit="pairs", source="Leeb et al. 2022, code", ge=1, le=100_000
    )
    resamples: int = setting(
        50, "bootstrap resamples of the traversals behind the 95 % interval; 0 for none", ge=0, le=10_000
    )


def pairs(n: int, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return ``count`` ordered pairs (m, 2) of different numbers below ``n``, all of them where there are fewer."""
    chosen = rng.choice(n * (n - 1), min(count, n * (n - 1)), replace=False)
    first, step = np.divmod(chosen, n - 1)
    return np.stack([first, (first + 1 + step) % n], axis=1)


def respond(pictures: Pictures, latents: Codes) -> Codes:
    """Return the codes (n, d) of the decoded images of latent points (n, d)."""
    parts = (latents[start : start + BATCH] for start in range(0, len(latents), BATCH))
    return np.concatenate([pictures.encode(pictures.decode(part)) for part in parts])


def response(pictures: Pictures, codes: Codes, chosen: NDArray[np.int64]) -> Codes:
    """Return the response (d,) of each latent when its value is exchanged within pairs (m, 2) of codes (n, d)."""
    origin, partner = codes[chosen[:, 0]], codes[chosen[:, 1]]
    latents = np.arange(codes.shape[1])
    changed = np.repeat(origin[None], len(latents), axis=0)
    changed[latents, :, latents] = partner.T
    after = respond(pictures, changed.reshape(-1, len(latents))).reshape(changed.shape)
    moved = after[latents, :, latents] - respond(pictures, origin).T
    return np.asarray(np.sqrt((moved**2).mean(axis=1)))


def traversal(dataset: Dataset, k: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the images (n,) of all values of factor ``k``; the values of the others are drawn."""
    sizes = np.array(dataset.factors.sizes)
    factors = np.repeat(rng.integers(0, sizes)[None], sizes[k], axis=0)
    factors[:, k] = np.arange(sizes[k])
    return dataset.factors.to_index(factors)


def concentration(matrix: Codes) -> float:
    """Return the share of responses (k, d) that is the largest of each latent; 0 where nothing responds."""
    total = matrix.sum()
    return float(matrix.max(axis=0).sum() / total) if total > 0 else 0.0


def score(table: CodeTable, rng: np.random.Generator, config: Config, options: EvaluationOptions) -> Score:  # noqa: ARG001
    """Return the causal disentanglement score; details: ``matrix`` (d, k), ``factors``."""
    pictures = table.pictures
    if pictures is None:
        return not_applicable("needs images, encoder and decoder: use `axiscope evaluate`")
    factors = pictures.dataset.factors
    varying = [k for k, size in enumerate(factors.sizes) if size > 1]
    if not factors.complete or len(varying) < 2:
        return not_applicable("needs images of all combinations of two factors or more")

    def draw(k: int) -> Codes:
        codes = pictures.encode(pictures.dataset.images(traversal(pictures.dataset, k, rng)))
        return response(pictures, codes, pairs(len(codes), config.interventions, rng))

    found = np.array([[draw(k) for _ in range(config.traversals)] for k in varying])
    matrix = found.mean(axis=1)
    value = concentration(matrix)
    draws = (rng.integers(0, config.traversals, found.shape[:2]) for _ in range(config.resamples))
    replicates = np.array([concentration(np.take_along_axis(found, t[..., None], 1).mean(axis=1)) for t in draws])
    return Score(
        value,
        interval=around(value, replicates) if len(replicates) > 1 else None,
        chance=1 / len(varying),
        details={"matrix": matrix.T, "factors": [factors.names[k] for k in varying]},
    )
