"""MCC and its linear forms against scikit-learn, brute force and closed forms."""

from itertools import permutations

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.cross_decomposition import CCA
from sklearn.linear_model import LinearRegression

from tests.training.metrics.arrays import BIG, measure
from training.metrics.mcc import canonical_correlations, matched, r_squared

UNIT = (BIG - BIG.mean(0)) / BIG.std(0)
TURN = np.linalg.qr(np.random.default_rng(1).standard_normal((3, 3)))[0]


def noisy(seed: int, n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    factors = rng.standard_normal((n, 3))
    return factors @ rng.standard_normal((3, 4)) + rng.standard_normal((n, 4)), factors


def test_the_assignment_is_the_best_of_all():
    correlation = np.random.default_rng(0).uniform(-1, 1, (4, 3))
    best = max(
        permutations(range(4), 3), key=lambda latents: sum(abs(correlation[j, k]) for k, j in enumerate(latents))
    )
    value, latents = matched(correlation)
    assert latents.tolist() == list(best)
    assert value == pytest.approx(np.mean([abs(correlation[j, k]) for k, j in enumerate(best)]))


def test_a_factor_without_a_latent_counts_0():
    value, latents = matched(np.array([[0.2, -0.9, 0.1]]))
    assert value == pytest.approx(0.3)
    assert latents.tolist() == [-1, 0, -1]


def test_spearman_is_that_of_scipy_and_does_not_see_an_increasing_function():
    codes = np.exp(UNIT) + 0.3 * np.random.default_rng(2).standard_normal(UNIT.shape)
    matrix = spearmanr(codes, BIG).statistic[:3, 3:]
    result = measure("mcc", codes, BIG, kind="spearman")
    np.testing.assert_allclose(result.details["matrix"], matrix, atol=1e-9)
    assert measure("mcc", np.exp(3 * UNIT), BIG, kind="spearman").value == pytest.approx(1)
    assert measure("mcc", np.exp(3 * UNIT), BIG).value < 0.95


def test_canonical_correlations_on_the_fitted_rows_equal_scikit_learns():
    codes, factors = noisy(3)
    left, right = CCA(n_components=3, max_iter=5000, tol=1e-12).fit_transform(codes, factors)
    expected = [np.corrcoef(left[:, i], right[:, i])[0, 1] for i in range(3)]
    np.testing.assert_allclose(canonical_correlations((codes, factors), (codes, factors)), expected, atol=1e-5)


def test_canonical_correlations_of_known_covariances():
    rng = np.random.default_rng(4)
    common = rng.standard_normal((100_000, 2))
    left = (common + [0.5, 2.0] * rng.standard_normal(common.shape)) @ rng.standard_normal((2, 2))
    found = canonical_correlations((left, common), (left, common))
    np.testing.assert_allclose(found, 1 / np.sqrt(1 + np.array([0.5, 2.0]) ** 2), atol=0.01)


def test_r_squared_equals_scikit_learns_on_rows_it_was_not_fitted_on():
    codes, factors = noisy(5)
    train, test = (codes[:300], factors[:300]), (codes[300:], factors[300:])
    model = LinearRegression().fit(*train)
    residual = ((factors[300:] - model.predict(codes[300:])) ** 2).sum(axis=0)
    total = ((factors[300:] - factors[:300].mean(axis=0)) ** 2).sum(axis=0)
    np.testing.assert_allclose(r_squared(train, test), 1 - residual / total, atol=1e-9)


def test_a_rotation_costs_the_strong_form_alone():
    straight, turned = measure("mcc", UNIT, BIG), measure("mcc", UNIT @ TURN, BIG)
    assert straight.value == pytest.approx(1)
    assert turned.value < 0.93
    for form in ("weak", "affine"):
        assert turned.details[form] == pytest.approx(1, abs=1e-6)


def test_a_code_without_information_has_no_form():
    result = measure("mcc", np.random.default_rng(6).standard_normal(BIG.shape), BIG)
    assert result.value < 0.05
    assert result.details["weak"] < 0.08
    assert result.details["affine"] < 0.01


def test_constant_codes_are_0_in_every_form():
    result = measure("mcc", np.ones((len(BIG), 2)), BIG)
    assert (result.value, result.details["weak"], result.details["affine"]) == (0, 0, 0)
