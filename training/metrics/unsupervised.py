"""Dependence among the latents themselves: no labels needed."""

import numpy as np
from numpy.typing import NDArray

from training.config import setting
from training.evaluation.estimators.correlation import is_constant
from training.evaluation.estimators.information import bin_codes, mutual_information
from training.evaluation.score import EvaluationOptions, MetricInfo, ResampledConfig, Score, not_applicable
from training.evaluation.table import CodeTable

TITLE = "Unsupervised"
SOURCE = "Watanabe 1960 (total correlation); Locatello et al. 2019, supplement"
INFO = MetricInfo(
    title=TITLE,
    family="unsupervised",
    definition="Total correlation of a Gaussian with the covariance of the codes; beside it the Wasserstein "
    "correlation and the mean mutual information of two latents.",
    formula="1/2 (sum_j log S_jj - log det S)",
    citation=SOURCE,
    chance="d (d - 1) / 4n nats: the expectation for independent Gaussian latents on n rows.",
    misses="Independent latents need not be factors: a rotated Gaussian code scores a perfect 0. Uses second moments "
    "only.",
    parity="parity equals disentanglement_lib's unsupervised metrics. corrected leaves out constant latents, and "
    "scales every latent to variance 1 for the Wasserstein correlation.",
    best=0.0,
    worst=None,
    higher_is_better=False,
    unit="nats",
)
SINGULAR = 1e-12


class Config(ResampledConfig):
    """Settings of the unsupervised metrics."""

    resamples: int = setting(20, "bootstrap resamples behind the 95 % interval; 0 for no interval", ge=0, le=10_000)
    bins: int = setting(20, "equal-width bins of each latent", unit="bins", ge=2, le=10_000)


def total_correlation(correlation: NDArray[np.float64]) -> float:
    """Return the Gaussian total correlation, nats, of a correlation matrix; infinite for dependent latents."""
    values = np.linalg.eigvalsh(correlation)
    return float("inf") if values[0] < SINGULAR else max(0.0, float(-0.5 * np.log(values).sum()))


def wasserstein_correlation(covariance: NDArray[np.float64]) -> float:
    """Return the squared 2-Wasserstein distance between Gaussians of covariance S and of its diagonal."""
    root = np.sqrt(np.diag(covariance))
    values = np.linalg.eigvalsh(root[:, None] * covariance * root)
    return float(2 * np.trace(covariance) - 2 * np.sqrt(np.maximum(values, 0)).sum())


def score(table: CodeTable, rng: np.random.Generator, config: Config, options: EvaluationOptions) -> Score:
    """Return nats.

    Details: ``gaussian_total_correlation``, ``gaussian_wasserstein_correlation``, ``mutual_info_score``.
    """
    constant = is_constant(table.codes)
    codes = table.codes[:, ~constant]
    details: dict[str, object] = {"dropped": np.flatnonzero(constant)}
    if codes.shape[1] < 2:
        return not_applicable("dependence is between latents and fewer than two vary", **details)
    scale = np.abs(codes).max(axis=0)
    covariance = np.cov(codes / scale, rowvar=False)
    deviation = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(deviation, deviation)
    value = total_correlation(correlation)
    raw = covariance * np.outer(scale, scale)
    distance = wasserstein_correlation(correlation if options.corrected else raw)
    pairs = codes if options.corrected else table.codes
    binned = bin_codes(pairs, config.bins)
    information = mutual_information(binned, binned, config.bins)
    np.fill_diagonal(information, 0)
    details |= {
        "gaussian_total_correlation": value,
        "gaussian_wasserstein_correlation": distance,
        "gaussian_wasserstein_correlation_norm": distance / (codes.shape[1] if options.corrected else np.trace(raw)),
        "mutual_info_score": information.sum() / (information.size - len(information)),
        "pairwise": information,
    }
    if not np.isfinite(value):
        return not_applicable(
            "some latents are exact linear combinations of others: the total correlation is infinite", **details
        )
    replicates = []
    for _ in range(config.resamples):
        drawn = codes[rng.integers(0, table.n, size=table.n)]
        if not is_constant(drawn).any():
            replicates.append(total_correlation(np.asarray(np.corrcoef(drawn, rowvar=False))))
    spread = None
    if len(replicates) > 1 and np.isfinite(replicates).all():
        half = 1.959963984540054 * float(np.std(replicates, ddof=1))
        spread = (max(0.0, value - half), value + half)
    d = codes.shape[1]
    return Score(value, interval=spread, chance=d * (d - 1) / (4 * table.n), details=details)
