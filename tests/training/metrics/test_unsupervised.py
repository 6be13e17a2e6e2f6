"""Dependence of the latents against the reference cases and closed forms."""

import numpy as np
import pytest

from tests.training.metrics.arrays import measure
from tests.training.metrics.cases import Case
from training.evaluation.score import EvaluationOptions
from training.evaluation.suite import evaluate
from training.metrics.unsupervised import total_correlation, wasserstein_correlation


def test_equals_the_reference(case: Case):
    (result,) = evaluate(case.table, ["unsupervised"], options=EvaluationOptions("parity"))
    for name, value in case.golden["unsupervised"].items():
        if value == "Infinity":
            assert result.score is None
            assert "infinite" in result.reason
        else:
            assert result.details[name] == pytest.approx(value, abs=1e-7)


def test_two_correlated_latents_have_the_closed_form():
    assert total_correlation(np.array([[1, 0.8], [0.8, 1]])) == pytest.approx(-0.5 * np.log(1 - 0.64))


def test_the_wasserstein_correlation_is_that_of_the_matrix_root():
    covariance = np.array([[2.0, 0.5], [0.5, 1.0]])
    other = np.diag(np.diag(covariance))
    root = np.linalg.eigvals(other @ covariance)
    assert wasserstein_correlation(covariance) == pytest.approx(6 - 2 * np.sqrt(root).sum())


def test_independent_latents_are_near_their_chance_level():
    codes = np.random.default_rng(0).normal(size=(5000, 4))
    answer = measure("unsupervised", codes, None)
    assert answer.value < 4 * answer.chance


def test_needs_no_labels_but_two_latents_that_vary():
    codes = np.column_stack([np.arange(50.0), np.ones(50)])
    assert "fewer than two" in measure("unsupervised", codes, None).reason
