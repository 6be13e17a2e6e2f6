"""CbD against the reference cases and its two ends."""

import numpy as np
import pytest

from tests.training.metrics.cases import Case
from training.evaluation.score import EvaluationOptions
from training.evaluation.suite import evaluate
from training.evaluation.table import CodeTable
from training.metrics import cbd

GRID = np.stack(np.unravel_index(np.arange(4 * 6 * 8), (4, 6, 8)), axis=1).astype(np.int64)


def measure(codes: np.ndarray, factors: np.ndarray = GRID, **settings: object):
    table = CodeTable(codes.astype(np.float64), factors, tuple("abc"[: factors.shape[1]]), tuple(factors.max(0) + 1))
    return cbd.score(table, np.random.default_rng(0), cbd.Config(**settings), EvaluationOptions())


def test_equals_the_reference_to_nine_digits(case: Case):
    (result,) = evaluate(case.table, ["cbd"], options=EvaluationOptions("parity"))
    assert result.score == pytest.approx(case.golden["cbd"], abs=1e-9)
    assert result.details["compactness"] == pytest.approx(case.golden["cbd_compactness"], abs=1e-9)
    assert result.details["modularity"] == pytest.approx(case.golden["cbd_modularity"], abs=1e-9)
    if not case.exact:
        return
    expected = case.exact["cbd_from_definition"]
    np.testing.assert_allclose(result.details["pcc"], expected["abs_pcc_DxK"], rtol=0, atol=1e-9)
    np.testing.assert_allclose(result.details["per_latent"], expected["row_gaps"], rtol=0, atol=1e-9)
    np.testing.assert_allclose(result.details["per_factor"], expected["column_gaps"], rtol=0, atol=1e-9)


def test_is_one_for_a_code_that_is_the_factors():
    assert measure(GRID).value == pytest.approx(1.0)


def test_alpha_weighs_compactness_against_modularity():
    codes = np.concatenate([GRID, GRID], axis=1)
    assert measure(codes, alpha=1).value == pytest.approx(1.0)
    assert measure(codes, alpha=0).value == pytest.approx(0.0)
    assert measure(codes, alpha=0.25).value == pytest.approx(0.25)


def test_a_constant_latent_correlates_with_nothing():
    answer = measure(np.column_stack([GRID, np.full(len(GRID), 0.3)]))
    assert answer.details["pcc"][3].tolist() == [0, 0, 0]
    assert answer.details["compactness"] == pytest.approx(0.75)
    assert answer.details["modularity"] == pytest.approx(1.0)
