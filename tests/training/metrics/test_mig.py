"""MIG against the reference cases and closed forms."""

import numpy as np
import pytest

from models_zoo.errors import InvalidInput
from tests.training.metrics.cases import Case
from training.evaluation.score import EvaluationOptions
from training.evaluation.suite import check_settings, evaluate
from training.evaluation.table import CodeTable
from training.metrics import mig

GRID = np.stack(np.unravel_index(np.arange(4 * 6 * 8), (4, 6, 8)), axis=1).astype(np.int64)


def table(codes: np.ndarray, factors: np.ndarray = GRID) -> CodeTable:
    return CodeTable(codes.astype(np.float64), factors, ("a", "b", "c"), tuple(factors.max(0) + 1))


def measure(codes: np.ndarray, factors: np.ndarray = GRID, **settings: object):
    return mig.score(table(codes, factors), np.random.default_rng(0), mig.Config(**settings), EvaluationOptions())


def test_equals_the_reference_to_nine_digits(case: Case):
    (result,) = evaluate(case.table, ["mig"], options=EvaluationOptions("parity"))
    assert result.score == pytest.approx(case.golden["mig"], abs=1e-9)
    np.testing.assert_allclose(result.details["entropy"], case.golden["entropy"], rtol=0, atol=1e-9)
    if not case.exact:
        return
    expected = case.exact["disentanglement_lib"]["f64"]
    np.testing.assert_allclose(
        result.details["mutual_information"], expected["mutual_information_DxK"], rtol=0, atol=1e-9
    )


def test_is_one_for_a_code_that_is_the_factors():
    answer = measure(GRID)
    assert answer.value == pytest.approx(1.0)
    assert answer.details["bound"] == pytest.approx(1.0)


def test_falls_to_its_stated_bound_where_bins_are_fewer_than_values():
    factors = np.stack(np.unravel_index(np.arange(40 * 6), (40, 6)), axis=1)
    answer = measure(factors, factors)
    assert answer.value == pytest.approx(answer.details["bound"])
    assert answer.value < 0.95
    assert measure(factors, factors, bins="auto").value == pytest.approx(1.0)


def test_divides_by_the_entropy_of_the_factor_not_of_the_code():
    factors = GRID[:, :2]
    noise = np.random.default_rng(1).integers(0, 5, len(GRID))
    codes = np.stack([factors[:, 0] + 0.15 * noise, np.zeros(len(GRID))], axis=1)
    answer = measure(codes, factors)
    assert answer.details["per_factor"][0] == pytest.approx(1.0)


def test_keeps_latents_in_rows_and_factors_in_columns():
    answer = measure(GRID[:, [2, 0, 1]])
    matrix = answer.details["mutual_information"]
    assert matrix.shape == (3, 3)
    assert matrix.argmax(axis=0).tolist() == [1, 2, 0]


def test_has_no_value_for_a_single_latent():
    answer = measure(GRID[:, :1])
    assert answer.value is None
    assert "one" in answer.reason


def test_leaves_a_constant_factor_out():
    factors = GRID.copy()
    factors[:, 1] = 0
    assert measure(GRID, factors).value == pytest.approx(1.0)


@pytest.mark.parametrize("bins", [-7, 0, 1, 10_001, "few"])
def test_a_number_of_bins_that_gives_no_histogram_is_refused(bins):
    with pytest.raises(InvalidInput, match="bins"):
        check_settings(["mig"], {"mig": {"bins": bins}})
