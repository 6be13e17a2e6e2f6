"""Counting estimates against scikit-learn and numpy."""

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from training.evaluation.estimators.information import bin_codes, entropy, factor_entropies, mutual_information


@pytest.mark.parametrize("bins", [2, 7, 20])
def test_bins_are_numpys_edges_included(bins: int):
    rng = np.random.default_rng(0)
    grid = 2 * rng.integers(0, 40, 3000) / 39 - 1
    codes = np.column_stack([rng.normal(size=3000), grid, grid * 1e-9, np.float32(grid), grid + 1e6])
    binned = bin_codes(codes, bins)
    for column, found in zip(codes.T, binned.T, strict=True):
        expected = np.digitize(column, np.histogram(column, bins)[1][:-1]) - 1
        assert (found == expected).all()


def test_a_constant_latent_is_one_bin():
    assert len(np.unique(bin_codes(np.full((10, 1), 3.3), 20))) == 1


def test_information_is_scikit_learns():
    rng = np.random.default_rng(1)
    factors = rng.integers(0, (3, 9), size=(500, 2))
    binned = (factors[:, [1, 0, 0]] + rng.integers(0, 3, size=(500, 3))) % 7
    found = mutual_information(binned, factors, 7)
    for j in range(3):
        for k in range(2):
            assert found[j, k] == pytest.approx(mutual_info_score(factors[:, k], binned[:, j]), abs=1e-12)


def test_entropy_of_equal_classes_is_the_logarithm_of_their_number():
    assert entropy(np.array([5, 5, 0, 5, 5])) == pytest.approx(np.log(4))
    assert factor_entropies(np.zeros((4, 1), dtype=int)).tolist() == [0]
