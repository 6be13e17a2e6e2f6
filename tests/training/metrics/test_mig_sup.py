"""MIG-sup against the reference cases and its published traps."""

import numpy as np
import pytest

from tests.training.metrics.arrays import BIG, GRID, measure
from tests.training.metrics.cases import Case
from training.evaluation.score import EvaluationOptions
from training.evaluation.suite import evaluate


def test_equals_the_reference_to_nine_digits(case: Case):
    (result,) = evaluate(case.table, ["mig_sup"], options=EvaluationOptions("parity"))
    assert result.details["all"] == pytest.approx(case.golden["mig_sup_all"], abs=1e-9)
    assert result.details["active"] == pytest.approx(case.golden["mig_sup_active"], abs=1e-9)
    assert result.score == result.details["active"]
    if case.exact:
        gaps = case.exact["mig_sup_from_definition"]["row_gaps"]
        np.testing.assert_allclose(result.details["per_latent"], gaps, rtol=0, atol=1e-9)


@pytest.mark.parametrize("mode", ["parity", "corrected"])
def test_a_constant_latent_leaves_it_a_number(mode: str):
    answer = measure("mig_sup", np.column_stack([np.zeros(len(GRID)), GRID]), mode=mode)
    assert answer.value == pytest.approx(1.0)
    assert answer.details["all"] == pytest.approx(0.75)
    assert answer.details["active_latents"].tolist() == [1, 2, 3]


def test_all_latents_dead_is_zero_not_nan():
    assert measure("mig_sup", np.zeros((len(GRID), 2)), mode="parity").value == 0.0


def test_punishes_a_latent_that_carries_two_factors():
    codes = np.column_stack([BIG[:, 0] + 10 * BIG[:, 1], BIG[:, 2]])
    assert measure("mig_sup", codes, BIG, mode="parity").details["per_latent"][0] < 0.7


def test_one_factor_has_no_second():
    assert "two best factors" in measure("mig_sup", GRID[:, :1], GRID[:, :1]).reason
