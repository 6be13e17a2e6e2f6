"""IRS against the reference cases."""

import numpy as np
import pytest

from tests.training.metrics.arrays import BIG, GRID, measure
from tests.training.metrics.cases import Case
from training.evaluation.score import EvaluationOptions
from training.evaluation.suite import evaluate


@pytest.mark.parametrize("quantile", [0.99, 1.0])
def test_equals_the_reference_to_nine_digits(case: Case, quantile: float):
    settings = {"irs": {"quantile": quantile, "resamples": 0}}
    (result,) = evaluate(case.table, ["irs"], options=EvaluationOptions("parity"), settings=settings)
    assert result.score == pytest.approx(case.golden[f"irs_q{quantile}"], abs=1e-9)
    if case.exact:
        expected = case.exact["disentanglement_lib"]["f64"][f"irs_q{quantile}"]
        np.testing.assert_allclose(result.details["matrix"], expected["irs_matrix"], rtol=0, atol=1e-9)
        assert result.details["parents"] == expected["parents"]


def test_is_one_for_a_code_that_is_the_factors():
    assert measure("irs", GRID, mode="parity").value == pytest.approx(1.0)


def test_corrected_does_not_let_the_largest_latent_decide():
    codes = BIG + np.random.default_rng(0).normal(size=BIG.shape) * [0.0, 0.5, 1.0]
    scaled = codes * [100, 1, 1]
    assert measure("irs", codes, BIG).value == pytest.approx(measure("irs", scaled, BIG).value, abs=1e-9)
    gap = measure("irs", codes, BIG, mode="parity").value - measure("irs", scaled, BIG, mode="parity").value
    assert abs(gap) > 0.05


def test_constant_latents_are_dropped_and_named():
    answer = measure("irs", np.column_stack([np.full(len(GRID), 0.7), GRID]), mode="parity")
    assert answer.details["dropped"].tolist() == [0]
    assert answer.value == pytest.approx(1.0)
    assert answer.details["matrix"].shape == (4, 3)
    assert measure("irs", np.ones((len(GRID), 3)), mode="parity").value == 0.0
