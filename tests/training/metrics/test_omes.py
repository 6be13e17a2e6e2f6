"""OMES against its definition written as loops, values of its authors' code, and codes with known encodings."""

import numpy as np
import pytest

from tests.training.metrics.arrays import BIG, GRID, measure
from training.metrics.omes import encoding, factor_scores, partners


def test_partners_differ_in_the_factor_alone():
    rng = np.random.default_rng(0)
    for k in range(3):
        pairs = partners(GRID, k, rng)
        assert len(pairs) == len(GRID)
        differs = GRID[pairs[:, 0]] != GRID[pairs[:, 1]]
        assert differs[:, k].all()
        assert not np.delete(differs, k, axis=1).any()


def test_rows_without_a_partner_make_no_pair():
    factors = np.array([[0, 0], [1, 0], [2, 5]])
    assert sorted(map(tuple, partners(factors, 0, np.random.default_rng(0)).tolist())) == [(0, 1), (1, 0)]
    assert partners(factors, 1, np.random.default_rng(0)).shape == (0, 2)


def test_partners_are_drawn_evenly():
    factors = np.stack([np.arange(5), np.zeros(5, dtype=np.int64)], axis=1)
    rng = np.random.default_rng(1)
    drawn = np.concatenate([partners(factors, 0, rng) for _ in range(2000)])
    counts = np.bincount(drawn[drawn[:, 0] == 0][:, 1], minlength=5)
    assert counts[0] == 0
    np.testing.assert_allclose(counts[1:], 500, atol=4 * np.sqrt(500 * 0.75))


def test_encoding_is_one_minus_the_correlation_of_each_latent():
    rng = np.random.default_rng(2)
    left = rng.standard_normal((300, 3))
    right = np.column_stack([left[:, 0], -left[:, 1], rng.standard_normal(300)])
    expected = [1 - abs(np.corrcoef(left[:, j], right[:, j])[0, 1]) for j in range(3)]
    np.testing.assert_allclose(encoding(left, right), expected, atol=1e-12)
    np.testing.assert_allclose(encoding(left, right)[:2], 0, atol=1e-12)


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_factor_scores_are_the_formula_as_loops(alpha: float):
    matrix = np.random.default_rng(3).random((4, 3))
    d, k = matrix.shape
    for factor in range(k):
        total = 0.0
        for latent in range(d):
            overlap = 1 - np.mean([abs((f == factor) - matrix[latent, f]) for f in range(k)])
            multiple = 1 - np.mean([abs((j == latent) - matrix[j, factor]) for j in range(d)])
            total += matrix[latent, factor] ** 2 * (alpha * overlap + (1 - alpha) * multiple)
        expected = total / matrix[:, factor].sum()
        assert factor_scores(matrix, alpha)[factor] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("seed", "alpha", "expected"), [(0, 0.0, 0.3448), (0, 0.5, 0.3787), (1, 1.0, 0.4385), (2, 0.5, 0.5398)]
)
def test_equals_the_authors_code_on_the_same_pairs(seed: int, alpha: float, expected: float):
    """Values of `get_score(..., gamma="avg")`, which rounds to four digits."""
    rng = np.random.default_rng(seed)
    codes = (GRID / [3, 5, 7]) @ rng.normal(size=(3, 4)) + 0.1 * rng.normal(size=(192, 4))
    pairs = [partners(GRID, k, rng) for k in range(3)]
    matrix = np.stack([encoding(codes[rows[:, 0]], codes[rows[:, 1]]) for rows in pairs], axis=1)
    assert factor_scores(matrix, alpha).mean() == pytest.approx(expected, abs=6e-5)


def test_a_perfect_code_of_factors_with_many_values_is_near_1():
    factors = np.random.default_rng(4).integers(0, (30, 30), (4000, 2))
    result = measure("omes", factors.astype(float), factors)
    assert result.value == pytest.approx(result.details["bound"])
    assert result.value > 0.93


def test_a_duplicated_code_costs_multiple_encoding_and_a_shared_latent_overlap():
    unit = BIG / [3, 5, 7]
    twice = np.column_stack([unit, unit])
    shared = np.column_stack([unit[:, 0] + unit[:, 1], unit[:, 2]])
    for codes, weak, strong in ((twice, 0.0, 1.0), (shared, 1.0, 0.0)):
        assert measure("omes", codes, BIG, alpha=weak).value < measure("omes", codes, BIG, alpha=strong).value - 0.05


def test_too_few_pairs_are_a_reason_that_counts_them():
    factors = np.random.default_rng(5).integers(0, 1000, (200, 2))
    result = measure("omes", factors.astype(float), factors)
    assert "pairs of rows differ in one factor alone" in result.reason
    assert len(result.details["pairs"]) == 2
