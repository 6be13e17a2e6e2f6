"""DCI against the reference cases and its published traps."""

from dataclasses import replace

import numpy as np
import pytest

from tests.training.metrics.arrays import BIG, GRID, measure
from tests.training.metrics.cases import CASES, Case
from training.evaluation.estimators.correlation import pearson
from training.evaluation.estimators.importance import completeness, disentanglement, per_code
from training.evaluation.score import EvaluationOptions
from training.evaluation.suite import evaluate

FEW = {"n_estimators": 10, "replicates": 0}


@pytest.mark.parametrize("name", ["v3_shapes3d_rotated", "v4_small_duplicated", "v5_norb_periodic"])
def test_equals_scikit_learns_boosting(name: str):
    case = Case(name)
    table = replace(case.table, train=np.arange(2000), test=np.arange(7000, 8000))
    settings = {"dci": {"replicates": 0}}
    (result,) = evaluate(table, ["dci"], options=EvaluationOptions("parity"), settings=settings)
    assert result.score == pytest.approx(case.golden["dci_gbt_D"], abs=0.005)
    assert result.details["informativeness"] == pytest.approx(case.golden["dci_gbt_I_test"], abs=0.005)
    if name == "v4_small_duplicated":
        assert 0.65 <= result.details["completeness"] <= 0.70
    else:
        assert result.details["completeness"] == pytest.approx(case.golden["dci_gbt_C"], abs=0.005)
    if case.exact and name != "v4_small_duplicated":
        expected = case.exact["disentanglement_lib_dci_gbt_rows2000"]["importance_DxK"]
        np.testing.assert_allclose(result.details["importance"], expected, rtol=0, atol=0.02)


@pytest.mark.slow
def test_equals_scikit_learns_boosting_with_forty_classes():
    test_equals_scikit_learns_boosting("v6_dsprites_realistic")


@pytest.mark.parametrize("name", CASES)
def test_the_formulas_equal_the_reference_on_a_given_matrix(name: str):
    case = Case(name)
    if not case.exact:
        pytest.skip("the shared reference cases are not beside this checkout")
    expected = case.exact["disentanglement_lib"]["dci_formula"]["on_abs_pearson"]
    matrix = np.array(expected["matrix_DxK"])
    assert disentanglement(matrix) == pytest.approx(expected["disentanglement"], abs=1e-9)
    assert completeness(matrix) == pytest.approx(expected["completeness"], abs=1e-9)
    np.testing.assert_allclose(
        np.abs(pearson(case.table.codes, case.table.factors.astype(float))), matrix, rtol=0, atol=1e-6
    )


@pytest.mark.parametrize("place", [0, 1, 3])
def test_a_constant_code_anywhere_leaves_a_perfect_score(place: int):
    answer = measure("dci", np.insert(BIG.astype(float), place, 0.5, axis=1), BIG, **FEW)
    assert answer.value == pytest.approx(1.0)
    assert answer.details["importance"][place].tolist() == [0, 0, 0]


def test_importances_are_impurity_decreases_not_split_counts():
    codes = np.column_stack([BIG, np.random.default_rng(0).normal(size=BIG.shape)])
    answer = measure("dci", codes, BIG, n_estimators=30, replicates=0)
    assert answer.value > 0.98


def test_a_duplicated_code_shares_the_credit():
    answer = measure("dci", np.column_stack([BIG, BIG]), BIG, n_estimators=60, replicates=0)
    shares = answer.details["importance"]
    pairs = shares[:3][np.eye(3, dtype=bool)], shares[3:][np.eye(3, dtype=bool)]
    np.testing.assert_allclose(pairs[0] + pairs[1], 1, atol=1e-6)
    assert (np.abs(pairs[0] - 0.5) < 0.3).all()
    assert answer.value == pytest.approx(1.0)


def test_a_random_code_is_near_chance():
    codes = np.random.default_rng(0).normal(size=(len(BIG), 4))
    answer = measure("dci", codes, BIG, n_estimators=20)
    assert answer.value < 0.05
    assert answer.chance < 0.1
    assert answer.details["informativeness"] < 0.35


@pytest.mark.parametrize("kind", ["lasso", "random_forest"])
def test_regressions_find_a_perfect_code_perfect(kind: str):
    answer = measure("dci", BIG, BIG, kind=kind, n_estimators=10, replicates=2)
    assert answer.value == pytest.approx(1.0, abs=0.02)
    assert answer.details["informativeness"] == pytest.approx(1.0, abs=0.01)
    low, high = answer.interval
    assert low <= answer.value <= high


@pytest.mark.parametrize("name", ["v2_dsprites_noisy_dead", "v5_norb_periodic"])
def test_lasso_is_close_to_another_implementation(name: str):
    case = Case(name)
    settings = {"dci": {"kind": "lasso", "replicates": 0}}
    (result,) = evaluate(case.table, ["dci"], options=EvaluationOptions("parity"), settings=settings)
    expected = {"v2_dsprites_noisy_dead": (0.98902, 0.99022), "v5_norb_periodic": (1.0, 0.93788)}[name]
    assert result.score == pytest.approx(expected[0], abs=0.01)
    assert result.details["completeness"] == pytest.approx(expected[1], abs=0.01)


def test_one_latent_has_no_completeness_and_one_factor_no_disentanglement():
    answer = measure("dci", GRID[:, :1], **FEW)
    assert answer.details["completeness"] is None
    answer = measure("dci", GRID, GRID[:, :1], **FEW)
    assert answer.value is None
    assert answer.details["completeness"] == pytest.approx(1.0)


def test_nothing_important_is_zero_not_nan():
    assert disentanglement(np.zeros((3, 2))) == 0.0
    assert completeness(np.zeros((3, 2))) == 0.0
    np.testing.assert_allclose(per_code(np.zeros((3, 2))), 0, atol=1e-9)
    assert measure("dci", np.ones((len(GRID), 2)), **FEW).value == 0.0
