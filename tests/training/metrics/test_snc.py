"""Single-neuron classification against its definition as loops, and codes with known accuracies."""

from itertools import permutations

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from tests.training.metrics.arrays import BIG, measure
from training.metrics.snc import align, quantile_bins, read, thresholds

UNIT = (BIG - BIG.mean(0)) / BIG.std(0)


def test_bins_have_equal_counts_as_in_the_authors_code():
    column = np.random.default_rng(0).standard_normal(103)
    for size in (2, 4, 7):
        dividers = np.sort(column)[np.arange(0, len(column), len(column) / size).astype(int)]
        descending = sum(column < end for end in dividers)  # counts down from the lowest bin
        bins = quantile_bins(column[:, None], size)[:, 0]
        np.testing.assert_array_equal(bins, size - 1 - descending)
        assert np.ptp(np.bincount(bins)) <= 1


def test_the_assignment_has_the_most_information():
    codes = UNIT[:, [1, 2, 0]] + 0.5 * np.random.default_rng(1).standard_normal(UNIT.shape)
    sizes = BIG.max(axis=0) + 1
    information = np.array(
        [[mutual_info_score(BIG[:, k], quantile_bins(codes, sizes[k])[:, j]) for k in range(3)] for j in range(3)]
    )
    best = max(permutations(range(3)), key=lambda latents: information[list(latents), range(3)].sum())
    assert align(codes, BIG, sizes).tolist() == list(best) == [2, 0, 1]


def test_bins_are_given_the_classes_that_agree_most():
    column = np.repeat(np.arange(4.0), 25)
    classes = np.repeat([2, 0, 3, 1], 25)
    for equal_counts in (True, False):
        found = read((column, classes), np.arange(4.0), 4, equal_counts=equal_counts)
        np.testing.assert_array_equal(found, [2, 0, 3, 1])
    assert len(thresholds(column, 4)) == 3


def test_noise_of_known_size_costs_the_accuracy_that_it_must():
    rng = np.random.default_rng(2)
    factors = rng.integers(0, 2, (20_000, 2))
    result = measure("snc", factors + rng.standard_normal(factors.shape), factors)
    assert result.value == pytest.approx(0.6915, abs=0.02)  # Phi(1/2): a normal beyond half the distance of the means


def test_a_perfect_code_is_read_without_error_in_any_order_and_a_rotated_one_is_not():
    shuffled = np.random.default_rng(3).permutation(8)[BIG]
    assert measure("snc", UNIT, BIG).value == 1
    assert measure("snc", shuffled, BIG).value == 1
    unequal = measure("snc", UNIT, BIG, mode="parity")  # equal counts cut through values of unequal frequency
    assert unequal.value == pytest.approx(unequal.details["bound"])
    assert unequal.value < 0.95
    turn = np.linalg.qr(np.random.default_rng(1).standard_normal((3, 3)))[0]
    assert measure("snc", UNIT @ turn, BIG).value < 0.7


def test_a_factor_without_a_latent_counts_its_most_frequent_value():
    result = measure("snc", UNIT[:, :1], BIG)
    assert result.details["latent_of_factor"].tolist() == [0, -1, -1]
    assert result.details["per_factor"][1] == pytest.approx(1 / 6, abs=0.04)
