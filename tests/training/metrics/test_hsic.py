"""HSIC against centred kernel matrices, and its p-values under independence."""

import numpy as np
import pytest
from scipy.stats import kstest

from tests.training.metrics.arrays import measure
from training.metrics.hsic import kernel_factor, normalised, squared_width


def gaussian(column: np.ndarray) -> np.ndarray:
    distances = np.subtract.outer(column, column) ** 2
    return np.exp(-distances / np.median(distances[distances > 0]))


def by_matrices(left: np.ndarray, right: np.ndarray) -> float:
    n = len(left)
    centring = np.eye(n) - 1 / n
    k, m = gaussian(left), gaussian(right)

    def hsic(a: np.ndarray, b: np.ndarray) -> float:
        return np.trace(a @ centring @ b @ centring)

    return hsic(k, m) / np.sqrt(hsic(k, k) * hsic(m, m))


def dependent(n: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((n, 3))
    z[:, 1] = z[:, 0] ** 2 + 0.5 * z[:, 1]  # without correlation
    return z


def test_low_rank_factors_give_the_kernel_matrix():
    column = np.random.default_rng(1).standard_normal(300)
    factor = kernel_factor(column, squared_width(column))
    np.testing.assert_allclose(factor @ factor.T, gaussian(column), atol=1e-4)
    assert factor.shape[1] < 30


def test_it_equals_the_traces_of_centred_kernel_matrices():
    z = dependent(250)
    found = normalised([kernel_factor(column, squared_width(column)) for column in z.T])
    expected = [[by_matrices(a, b) for b in z.T] for a in z.T]
    np.testing.assert_allclose(found, expected, atol=1e-6)
    result = measure("hsic", z, None, permutations=3, resamples=0)
    np.testing.assert_allclose(result.details["pairwise"], expected, atol=1e-6)
    assert result.value == pytest.approx(np.mean([expected[1][0], expected[2][0], expected[2][1]]), abs=1e-6)


def test_it_finds_dependence_without_correlation():
    result = measure("hsic", dependent(800), None)
    assert result.details["p_values"][0, 1] == pytest.approx(1 / 101)
    assert result.details["p_value"] == pytest.approx(1 / 101)
    assert result.details["pairwise"][0, 1] > 10 * result.details["pairwise"][0, 2]
    assert result.value > 5 * result.chance


def test_p_values_of_independent_latents_are_uniform():
    values = [
        measure("hsic", np.random.default_rng(seed).standard_normal((60, 2)), None, permutations=49, resamples=0)
        for seed in range(60)
    ]
    assert kstest([each.details["p_value"] for each in values], "uniform").pvalue > 0.01


def test_a_copy_is_1_and_a_constant_latent_is_left_out():
    z = dependent(200)[:, :1]
    result = measure("hsic", np.column_stack([z, np.full(200, 0.3), -2 * z]), None, resamples=0)
    assert result.value == pytest.approx(1)
    assert result.details["dropped"].tolist() == [1]
    assert measure("hsic", z, None).value is None


def test_two_valued_latents_have_a_width():
    result = measure("hsic", np.random.default_rng(0).integers(0, 2, (400, 2)), None)
    assert 0 <= result.value < 0.05
