"""Total correlation against Gaussians of known total correlation, a mixture by quadrature, and loops."""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import logsumexp
from scipy.stats import norm

from tests.training.metrics.arrays import as_table
from training.evaluation.estimators.total_correlation import dependence
from training.evaluation.score import EvaluationOptions
from training.metrics.tc import Config, score

ROWS = 50_000


def gaussian_total_correlation(r: float, d: int) -> float:
    """Of unit variances and all correlations ``r``."""
    return -0.5 * ((d - 1) * np.log(1 - r) + np.log(1 + (d - 1) * r))


def posteriors(d: int, tc: float, variance: float, rows: int = ROWS) -> tuple[np.ndarray, np.ndarray]:
    """Means and logvars whose aggregate is a Gaussian of unit variances, equal correlations and known ``tc``.

    Drawn without a matrix decomposition: of equal eigenvalues, each CPU finds other eigenvectors and so other means.
    """
    r = brentq(lambda r: gaussian_total_correlation(r, d) - tc, 0, 1 - 1e-9) if tc else 0.0
    rng = np.random.default_rng(0)
    shared, own = rng.standard_normal((rows, 1)), rng.standard_normal((rows, d))
    return np.sqrt(r) * shared + np.sqrt(1 - r - variance) * own, np.full((rows, d), np.log(variance))


def measure(mean: np.ndarray, logvar: np.ndarray, **settings: int):
    config = Config(**{"points": 250, **settings})
    return score(as_table(mean, None, logvar=logvar), np.random.default_rng(0), config, EvaluationOptions())


@pytest.mark.parametrize(
    ("d", "tc", "variance"),
    [(2, 1, 0.05), (2, 2, 0.005), (5, 1, 0.2), (5, 3, 0.1), (10, 2, 0.3), (10, 4.26, 0.2), (20, 2, 0.5)],
)
def test_it_is_within_two_percent_on_a_gaussian_of_known_total_correlation(d: int, tc: float, variance: float):
    answer = measure(*posteriors(d, tc, variance), points=500)
    assert answer.value == pytest.approx(tc, rel=0.02)
    assert answer.interval[0] <= tc <= answer.interval[1]
    assert answer.details["gaussian"] == pytest.approx(tc, rel=0.02)


def test_it_is_not_the_gaussian_formula():
    # two far clusters on the diagonal: q(z) is a mixture of two Gaussians, its total correlation by quadrature
    rng = np.random.default_rng(1)
    mean = np.where(rng.random((ROWS, 1)) < 0.5, 1.5, -1.5) * np.ones((1, 2))
    grid = np.linspace(-6, 6, 601)
    each = 0.5 * (norm.pdf(grid, 1.5, 0.5) + norm.pdf(grid, -1.5, 0.5))
    joint = 0.5 * sum(np.outer(norm.pdf(grid, m, 0.5), norm.pdf(grid, m, 0.5)) for m in (1.5, -1.5))
    expected = float((joint * np.log(joint / np.outer(each, each))).sum() * (grid[1] - grid[0]) ** 2)
    answer = measure(mean, np.full((ROWS, 2), np.log(0.25)), codes=3_000, points=2_000)
    assert answer.value == pytest.approx(expected, rel=0.02)
    assert answer.details["gaussian"] > 1.2 * expected


def test_independent_latents_are_at_zero_where_the_batch_estimates_are_off_by_nats():
    # the case of docs/objectives.md: ten independent latents, I(x; z) = 9.78 nats, above log 10,000
    mean, logvar = posteriors(10, 0, np.exp(-2 * 0.978))
    answer = measure(mean, logvar, points=500)
    assert answer.details["total_correlation"] == pytest.approx(0, abs=0.15)
    assert answer.details["index_code"] == pytest.approx(9.78, abs=0.15)


def test_the_interval_widens_where_the_mixture_cannot_tell():
    easy, hard = (measure(*posteriors(10, 4.26, variance, rows=20_000)) for variance in (0.2, 0.02))
    width = [answer.interval[1] - answer.interval[0] for answer in (easy, hard)]
    assert width[0] < 0.5 < 5 < width[1]
    assert hard.interval[0] <= 4.26 <= hard.interval[1]
    assert hard.details["index_code"] > hard.details["log_codes"]


def test_the_bounds_are_the_mixture_with_and_without_the_own_row_written_out():
    rng = np.random.default_rng(3)
    mean, logvar = rng.normal(size=(9, 3)), 0.5 * rng.normal(size=(9, 3))
    found = dependence(mean, logvar, 9, 9, np.random.default_rng(5))
    again = np.random.default_rng(5)
    order = again.permutation(9)
    points = mean + np.exp(0.5 * logvar) * again.standard_normal(mean.shape)
    low, high = [], []
    for i in order:
        terms = norm.logpdf(points[i], mean, np.exp(0.5 * logvar))
        others = np.delete(terms, i, axis=0)
        with_own, without = logsumexp(terms, axis=0) - np.log(9), logsumexp(others, axis=0) - np.log(8)
        joint_with, joint_without = logsumexp(terms.sum(1)) - np.log(9), logsumexp(others.sum(1)) - np.log(8)
        low.append(joint_without - with_own.sum())
        high.append(joint_with - without.sum())
    # all rows are points, so that the control variate cancels but for the sample it is averaged over
    assert found.bounds[1] - found.bounds[0] == pytest.approx(np.mean(high) - np.mean(low))


def test_scale_and_order_of_the_latents_do_not_matter():
    mean, logvar = posteriors(3, 1, 0.1, rows=2_000)
    scale = np.array([1e-3, 1.0, 50.0])
    scaled = measure(mean * scale, logvar + 2 * np.log(scale))
    assert scaled.value == pytest.approx(measure(mean, logvar).value, abs=1e-9)


@pytest.mark.parametrize(
    ("d", "logvar", "reason"), [(3, None, "needs log-variances"), (1, 0.0, "there is one"), (2, 800.0, "beyond 100")]
)
def test_what_it_cannot_use_has_a_reason(d: int, logvar: float | None, reason: str):
    mean = np.random.default_rng(0).normal(size=(20, d))
    table = as_table(mean, None, logvar=None if logvar is None else np.full(mean.shape, logvar))
    assert reason in score(table, np.random.default_rng(0), Config(), EvaluationOptions()).reason
