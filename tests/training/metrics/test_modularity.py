"""Modularity against the reference cases and its published traps."""

import numpy as np
import pytest

from tests.training.metrics.arrays import GRID, measure
from tests.training.metrics.cases import Case
from training.evaluation.score import EvaluationOptions
from training.evaluation.suite import evaluate
from training.metrics.modularity import per_latent


def test_equals_the_reference_to_nine_digits(case: Case):
    (result,) = evaluate(case.table, ["modularity"], options=EvaluationOptions("parity"))
    assert result.score == pytest.approx(case.golden["modularity"], abs=1e-9)


def test_is_the_formula_on_a_matrix_done_by_hand():
    matrix = np.array([[2.0, 1.0, 0.0], [0.0, 0.0, 3.0], [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]])
    np.testing.assert_allclose(per_latent(matrix), [1 - 1 / 8, 1, 0, 0])


def test_dead_latents_count_zero_in_parity_and_not_at_all_when_corrected():
    codes = np.column_stack([GRID, np.full(len(GRID), 0.1)])
    assert measure("modularity", codes, mode="parity").value == pytest.approx(0.75)
    assert measure("modularity", codes).value == pytest.approx(1.0)


def test_a_constant_code_does_not_become_nan():
    for mode in ("parity", "corrected"):
        assert measure("modularity", np.ones((len(GRID), 2)), mode=mode).value == 0.0


def test_one_factor_cannot_be_compared():
    assert "there is one" in measure("modularity", GRID, GRID[:, :1]).reason
