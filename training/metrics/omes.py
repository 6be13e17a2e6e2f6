"""OMES: overlap and multiple encoding, from pairs of images that differ in one factor.

Read in the authors' code: JacopoDapueto/transfer_disentanglement, src/evaluation/metrics/omes.py. It has two poolings
over latents: ours is the mean weighted by the encoding (`gamma=True`); its default takes the largest term alone.
"""

import numpy as np
from numpy.typing import NDArray

from training.config import Config as BaseConfig
from training.config import setting
from training.evaluation.estimators.correlation import is_constant
from training.evaluation.estimators.information import informative
from training.evaluation.estimators.interventions import group
from training.evaluation.estimators.resampling import around
from training.evaluation.score import EvaluationOptions, MetricInfo, Score, not_applicable
from training.evaluation.table import CodeTable

TITLE = "OMES"
SOURCE = "Dapueto et al. 2024, Transferring Disentangled Representations, section 3"
INFO = MetricInfo(
    title=TITLE,
    family="intervention",
    definition="From pairs of images that differ in one factor alone: a latent codes the factor as far as its two "
    "values do not correlate. Overlap: the latents that code a factor code no other; multiple encoding: no other "
    "latent codes it. Mean of both, over latents by how much they code the factor, then over factors.",
    formula="S = mean_k sum_j a_jk^2 (alpha O_jk + (1 - alpha) M_jk) / sum_j a_jk, a_jk = 1 - |corr(z_j, z'_j)|, "
    "O_jk = 1 - mean_f |[f = k] - a_jf|, M_jk = 1 - mean_i |[i = j] - a_ik|",
    citation=SOURCE,
    chance="The same computation with partners drawn at random: every latent then seems to code every factor.",
    misses="Two different values of a factor with few of them correlate negatively, so that a perfect code stays below "
    "1: `details.bound`. A factor that moves a latent by little beside the spread over all images counts as not coded. "
    "Needs rows that differ in one factor; how many there were stands in `details.pairs`.",
    parity="parity: the authors' code with its mean over latents, not its default, the largest term: latents with a "
    "standard deviation below 0.05 are left out. corrected: latents that carry no information on a factor are.",
    claims=("modular", "compact"),
)
MIN_PAIRS = 50
DEAD_DEVIATION = 0.05


class Config(BaseConfig):
    """Settings of OMES."""

    alpha: float = setting(
        0.5, "weight of the overlap; the rest is the multiple encoding", source="Dapueto et al. 2024", ge=0, le=1
    )
    pairs: int = setting(
        100_000, "pairs of each factor at most", unit="pairs", source="Dapueto et al. 2024, code", ge=50, le=10_000_000
    )
    resamples: int = setting(
        10, "bootstrap resamples of the pairs behind the 95 % interval; 0 for none", ge=0, le=10_000
    )


def partners(factors: NDArray[np.int64], k: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return pairs of rows (m, 2) that differ in factor ``k`` alone: each row that has such a partner, and one of them.

    Parameters
    ----------
    factors : int64 array of shape (n, K)
        Classes counted from 0.
    """
    others = np.delete(factors, k, axis=1)
    same = np.unique(others, axis=0, return_inverse=True)[1].ravel()
    rows = np.arange(len(factors))
    chosen = group(same).partners(rows, rng)
    differs = factors[rows, k] != factors[chosen, k]
    return np.stack([rows[differs], chosen[differs]], axis=1)


def encoding(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far each latent changes between paired codes (m, d): one minus the absolute correlation, (d,)."""
    a, b = left - left.mean(axis=0), right - right.mean(axis=0)
    scale = np.sqrt((a**2).sum(axis=0) * (b**2).sum(axis=0))
    return np.asarray(1 - np.abs((a * b).sum(axis=0) / np.where(scale > 0, scale, 1.0)).clip(0, 1))


def factor_scores(matrix: NDArray[np.float64], alpha: float) -> NDArray[np.float64]:
    """Return the score of each factor (k,) from encodings (d, k)."""
    d, k = matrix.shape
    # |[f = k] - a_jf| summed over f is the row's sum, with a_jk replaced by 1 - a_jk; likewise for columns.
    overlap = 1 - (matrix.sum(axis=1, keepdims=True) + 1 - 2 * matrix) / k
    multiple = 1 - (matrix.sum(axis=0, keepdims=True) + 1 - 2 * matrix) / d
    weight = matrix.sum(axis=0)
    total = (matrix**2 * (alpha * overlap + (1 - alpha) * multiple)).sum(axis=0)
    return np.asarray(total / np.where(weight > 0, weight, 1.0))


def score(table: CodeTable, rng: np.random.Generator, config: Config, options: EvaluationOptions) -> Score:
    """Return OMES; details: ``matrix`` (d, k), ``per_factor`` (k,), ``bound``, ``pairs`` (k,), ``dropped`` latents."""
    if table.factors is None:
        return not_applicable("the images have no labels; OMES pairs images that differ in one factor")
    if table.n_factors < 2:
        return not_applicable("OMES compares factors with one another and there is one")
    pairs = [partners(table.factors, k, rng)[: config.pairs] for k in range(table.n_factors)]
    counts = np.array([len(each) for each in pairs])
    used = np.flatnonzero(counts >= MIN_PAIRS)
    if len(used) < 2:
        return not_applicable(
            f"{counts.tolist()} pairs of rows differ in one factor alone; needed are {MIN_PAIRS} for two factors",
            pairs=counts,
        )
    kept = informative(table, rng) if options.corrected else table.codes.std(axis=0, ddof=1) >= DEAD_DEVIATION
    kept &= ~is_constant(table.codes)
    details = {
        "matrix": np.zeros((table.n_latents, table.n_factors)),
        "pairs": counts,
        "dropped": np.flatnonzero(~kept),
    }
    if not kept.any():
        return Score(0.0, chance=0.0, details=details)
    codes = table.codes[:, kept]

    def encodings(chosen: list[NDArray[np.int64]], columns: NDArray[np.float64] = codes) -> NDArray[np.float64]:
        return np.stack([encoding(columns[rows[:, 0]], columns[rows[:, 1]]) for rows in chosen], axis=1)

    def resample(draw: bool) -> float:
        if draw:
            chosen = [pairs[k][rng.integers(0, counts[k], counts[k])] for k in used]
        else:
            chosen = [np.stack([pairs[k][:, 0], rng.integers(0, table.n, counts[k])], axis=1) for k in used]
        return float(factor_scores(encodings(chosen), config.alpha).mean())

    drawn = [pairs[k] for k in used]
    matrix = encodings(drawn)
    perfect = encodings(drawn, table.factors[:, used].astype(np.float64))
    per_factor = factor_scores(matrix, config.alpha)
    value = float(per_factor.mean())
    details["matrix"][np.ix_(kept, used)] = matrix
    spread = np.zeros(table.n_factors)
    spread[used] = per_factor
    replicates = np.array([resample(draw=True) for _ in range(config.resamples)])
    return Score(
        value,
        interval=around(value, replicates) if len(replicates) > 1 else None,
        chance=resample(draw=False),
        details={**details, "per_factor": spread, "bound": float(factor_scores(perfect, config.alpha).mean())},
    )
