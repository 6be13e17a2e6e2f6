"""MED against its definition and the authors' importances."""

import numpy as np
import pytest
from scipy.stats import entropy
from sklearn.metrics import mutual_info_score

from tests.training.metrics.arrays import BIG, measure
from tests.training.metrics.cases import Case
from training.metrics.med import importances, most_disentangled

UNIT = (BIG - BIG.mean(0)) / BIG.std(0)


def test_parity_is_the_authors_definition_with_scikit_learns_information(case: Case):
    codes, factors = case.table.codes, case.table.factors
    binned = np.stack([np.digitize(z, np.histogram(z, 20)[1][:-1]) for z in codes.T], axis=1)
    information = np.array([[mutual_info_score(v, z) for v in factors.T] for z in binned.T])
    share = information / information.sum(axis=0)
    per_code = 1 - entropy(share.T + 1e-11, base=share.shape[1])
    per_factor = 1 - entropy(share + 1e-11, base=share.shape[0])
    result = measure("med", codes, factors, mode="parity", resamples=0)
    assert result.value == pytest.approx(per_code @ share.sum(axis=1) / share.sum(), abs=1e-9)
    assert result.details["completeness"] == pytest.approx(per_factor @ share.sum(axis=0) / share.sum(), abs=1e-9)


def test_importances_of_a_matrix_done_by_hand():
    np.testing.assert_allclose(importances(np.array([[1.0, 0.0], [3.0, 0.0]])), [[0.25, 0], [0.75, 0]])


def test_the_most_disentangled_latents_are_picked_factor_by_factor():
    importance = np.array([[0.6, 0.1], [0.3, 0.0], [0.1, 0.9], [0.05, 0.06]])
    assert most_disentangled(importance, 1).tolist() == [1, 2]
    assert most_disentangled(importance, 2).tolist() == [0, 1, 2, 3]


def test_many_dead_latents_change_nothing_when_corrected():
    noise = 0.01 * np.random.default_rng(0).standard_normal((len(BIG), 40))
    clean, noisy = measure("med", UNIT, BIG), measure("med", np.column_stack([UNIT, noise]), BIG)
    assert noisy.value == pytest.approx(clean.value)
    assert measure("med", np.column_stack([UNIT, noise]), BIG, mode="parity").value < clean.value - 0.05


def test_a_leaky_latent_does_not_cost_the_top_ones():
    leaky = np.column_stack([UNIT, UNIT[:, 0] + UNIT[:, 1]])
    result = measure("med", leaky, BIG)
    assert result.details["top_k"] > result.value + 0.02
    assert result.details["top_k_latents"].tolist() == [0, 1, 2]


def test_one_factor_cannot_be_compared():
    assert "1 varies" in measure("med", UNIT, BIG[:, :1]).reason
