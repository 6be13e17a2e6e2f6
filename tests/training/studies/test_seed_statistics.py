"""Tests and intervals over seeds against SciPy, by hand, and by their rates of error."""

import itertools

import numpy as np
import pytest
from scipy import stats

from training.studies.seed_statistics import pairwise_differences, spearman, t_interval, trend


def test_the_trend_of_one_block_is_spearmans_with_its_exact_permutation_test():
    x, y = np.arange(6.0), np.array([1.0, 3, 2, 5, 4, 6])
    found = trend([(x, y)])
    assert found.correlation == pytest.approx(stats.spearmanr(x, y).statistic)
    ranks = stats.rankdata(y)
    draws = [np.dot(x, order) for order in itertools.permutations(ranks)]
    exact = np.mean(np.array(draws) >= np.dot(x, ranks) - 1e-9)
    assert found.p_rises == pytest.approx(exact, abs=4 * np.sqrt(exact / 1999))
    assert found.p_falls > 0.9


@pytest.mark.parametrize("blocks", [12, 60])
def test_the_trend_over_complete_blocks_is_pages_test(blocks):
    table = np.random.default_rng(3).normal(size=(blocks, 5)) + 0.15 * np.arange(5)
    found = trend([(np.arange(5.0), row) for row in table])
    page = stats.page_trend_test(table, method="asymptotic")
    assert found.p_rises == pytest.approx(page.pvalue, abs=0.01)


def test_the_normal_limit_joins_the_permutations():
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 4, 205).astype(float), rng.integers(0, 3, 205).astype(float)
    limit, drawn = trend([(x, y)]), trend([(x[:200], y[:200])])
    assert limit.p_rises == pytest.approx(drawn.p_rises, abs=0.08)
    assert stats.spearmanr(x, y, alternative="greater").pvalue == pytest.approx(limit.p_rises, abs=0.01)


def test_what_does_not_vary_has_no_trend():
    assert trend([(np.arange(5.0), np.ones(5))]).p_rises == 1
    assert trend([]).p_falls == 1
    assert spearman(np.ones(4), np.arange(4.0)) == 0


def test_the_interval_is_students():
    values = np.array([1.0, 2, 4])
    expected = stats.t.interval(0.95, 2, loc=values.mean(), scale=stats.sem(values))
    assert t_interval(values) == pytest.approx(expected)
    assert t_interval(values[:1]) is None


def test_two_levels_give_the_t_test_of_two_samples():
    a, b = np.array([1.0, 2, 4]), np.array([3.0, 5, 9, 8])
    (found,) = pairwise_differences([a, b])
    expected = stats.ttest_ind(b, a).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert pairwise_differences([a[:1], b[:1]]) == []


def test_all_intervals_of_five_levels_hold_at_once_in_19_of_20_draws():
    rng, draws = np.random.default_rng(1), 1500
    missed = sum(
        any(each.low > 0 or each.high < 0 for each in pairwise_differences(list(rng.normal(size=(5, 3)))))
        for _ in range(draws)
    )
    assert 0.02 < missed / draws < 0.05 + 3 * np.sqrt(0.05 * 0.95 / draws)
