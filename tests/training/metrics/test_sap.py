"""SAP against the reference cases, both kinds."""

from dataclasses import replace

import numpy as np
import pytest

from tests.training.metrics.arrays import BIG, GRID, measure
from tests.training.metrics.cases import Case
from training.evaluation.score import EvaluationOptions
from training.evaluation.suite import evaluate

TRAIN, TEST = np.arange(7000), np.arange(7000, 10_000)


def run(case: Case, **settings: object):
    table = replace(case.table, train=TRAIN, test=TEST)
    (result,) = evaluate(table, ["sap"], options=EvaluationOptions("parity"), settings={"sap": settings})
    return result


def test_continuous_equals_the_reference_to_nine_digits(case: Case):
    result = run(case)
    assert result.score == pytest.approx(case.golden["sap_continuous"], abs=1e-9)
    if case.exact:
        expected = case.exact["disentanglement_lib"]["f64"]["sap_continuous_matrix_DxK"]
        np.testing.assert_allclose(result.details["matrix"], expected, rtol=0, atol=1e-9)


def test_discrete_equals_the_reference_within_a_hundredth(case: Case):
    result = run(case, kind="discrete")
    assert result.score == pytest.approx(case.golden["sap_discrete"], abs=0.01)
    if case.exact:
        exact = case.exact["disentanglement_lib"]
        expected = exact["sap_discrete_f64_train0_7000_test7000_10000"]["matrix_DxK"]
        np.testing.assert_allclose(result.details["matrix"], expected, rtol=0, atol=0.01)


def test_a_duplicated_code_leaves_no_gap():
    assert measure("sap", np.column_stack([GRID, GRID])).value == pytest.approx(0, abs=1e-12)


def test_parity_gives_nothing_to_a_latent_of_tiny_variance_and_corrected_does():
    tiny = np.column_stack([GRID[:, 0] * 1e-7, np.zeros(len(GRID))])
    assert measure("sap", tiny, GRID[:, :1], mode="parity").value == 0
    assert measure("sap", tiny, GRID[:, :1]).value == pytest.approx(1)


def test_discrete_reads_a_factor_of_two_values_perfectly():
    factors = BIG[:, :2] % 2
    codes = np.column_stack([4.0 * factors[:, 0], 4.0 * factors[:, 1]])
    answer = measure("sap", codes, factors, kind="discrete")
    np.testing.assert_allclose(np.diag(answer.details["matrix"]), 1.0)
    assert abs(answer.chance) < 0.1


def test_one_latent_has_no_second():
    assert "there is one" in measure("sap", GRID[:, :1]).reason
