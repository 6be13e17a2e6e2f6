"""InfoMEC and its nearest-neighbour information against scikit-learn, closed forms and the authors' code."""

import numpy as np
import pytest
from sklearn.feature_selection import mutual_info_classif

from tests.training.metrics.arrays import BIG, measure
from tests.training.metrics.cases import Case
from training.evaluation.estimators.nearest_neighbours import information, information_matrix, neighbour_radius
from training.evaluation.score import EvaluationOptions
from training.evaluation.suite import evaluate
from training.metrics.infomec import concentration, explicitness

RNG = np.random.default_rng(3)


def codes(noise: float = 0.05) -> np.ndarray:
    return (BIG - BIG.mean(0)) / BIG.std(0) + noise * np.random.default_rng(1).standard_normal(BIG.shape)


def test_the_radius_is_the_distance_to_the_kth_neighbour():
    values = np.sort(RNG.standard_normal(60))
    for k in (1, 4, 59):
        distances = np.sort(np.abs(values[:, None] - values), axis=1)
        np.testing.assert_array_equal(neighbour_radius(values, k), distances[:, k])


@pytest.mark.parametrize("k", [1, 3, 10])
def test_information_equals_scikit_learns(k: int):
    classes = RNG.integers(0, 5, 700)
    column = classes * 0.4 + RNG.standard_normal(700)
    expected = mutual_info_classif(column[:, None], classes, discrete_features=False, n_neighbors=k, random_state=0)
    assert information(column, classes, k) == pytest.approx(expected[0], abs=1e-6)


def test_a_class_of_one_row_is_left_out_as_scikit_learn_does():
    classes = np.array([0] * 40 + [1] * 40 + [2])
    column = np.random.default_rng(2).standard_normal(81) + classes
    expected = mutual_info_classif(column[:, None], classes, discrete_features=False, n_neighbors=10, random_state=0)
    assert information(column, classes, 10) == pytest.approx(expected[0], abs=1e-6)


def test_information_is_the_closed_form_of_two_intervals():
    rng = np.random.default_rng(5)
    classes = rng.integers(0, 2, 20_000)
    column = rng.random(20_000) + 0.5 * classes  # half of each interval is shared: I = ln 2 / 2
    assert information(column, classes, 10) == pytest.approx(np.log(2) / 2, abs=0.01)


def test_a_constant_latent_has_no_information_and_equal_codes_do_not_break_it():
    codes = np.column_stack([np.ones(300), np.repeat(np.arange(3.0), 100)])
    factors = np.repeat(np.arange(3), 100)[:, None]
    matrix = information_matrix(codes, factors, 10, np.random.default_rng(0))
    assert matrix[0, 0] == 0
    assert matrix[1, 0] == pytest.approx(np.log(3), abs=0.05)


def test_concentration_is_the_formula_on_a_matrix_done_by_hand():
    assert concentration(np.array([[1.0, 0.0], [3.0, 1.0]])) == pytest.approx((7 / 8 - 1 / 2) / (1 / 2))
    assert concentration(np.array([[1.0, 1.0, 1.0]])) == pytest.approx(0)
    assert concentration(np.array([[0.0, 0.0], [5.0, 0.0]])) == pytest.approx(0.5)
    assert concentration(np.zeros((0, 3))) == 0


def test_explicitness_of_a_code_without_information_is_about_0_and_of_a_separable_one_1():
    rng = np.random.default_rng(4)
    classes = rng.integers(0, 3, 3000)
    halves = slice(0, 1500), slice(1500, 3000)

    def read(code: np.ndarray, balanced: bool) -> float:
        train, test = ((code[rows], classes[rows]) for rows in halves)
        return explicitness(train, test, 100, balanced=balanced)

    for balanced in (True, False):
        assert read(rng.standard_normal((3000, 2)), balanced) == pytest.approx(0, abs=0.01)
        assert read(np.eye(3)[classes], balanced) > 0.99


def test_equals_the_authors_code(case: Case):
    (result,) = evaluate(
        case.table, ["infomec"], options=EvaluationOptions("parity"), settings={"infomec": {"resamples": 0}}
    )
    ties = 0.003 if case.name.startswith(("v1", "v4")) else 1e-4  # noise separates equal codes in both
    assert result.score == pytest.approx(case.golden["infom"], abs=ties)
    assert result.details["infoc"] == pytest.approx(case.golden["infoc"], abs=ties)
    assert result.details["infoe"] == pytest.approx(case.golden["infoe"], abs=1e-6)


def test_a_rotation_costs_modularity_and_compactness_and_leaves_explicitness():
    turn = np.array([[np.cos(0.8), -np.sin(0.8), 0], [np.sin(0.8), np.cos(0.8), 0], [0, 0, 1]])
    straight, turned = measure("infomec", codes(), BIG), measure("infomec", codes() @ turn, BIG)
    assert straight.value > 0.9
    assert straight.details["infoc"] > 0.9
    assert turned.value < straight.value - 0.3
    assert turned.details["infoc"] < straight.details["infoc"] - 0.3
    assert turned.details["infoe"] == pytest.approx(straight.details["infoe"], abs=0.02)


def test_a_duplicated_code_costs_compactness_alone():
    twice = measure("infomec", np.column_stack([codes(), codes()]), BIG)
    assert twice.value > 0.9
    assert twice.details["infoc"] == pytest.approx((1 / 2 - 1 / 6) / (1 - 1 / 6), abs=0.05)


def test_the_interval_holds_the_score_of_other_draws_at_about_its_rate():
    rng = np.random.default_rng(8)
    values, halves = [], []
    for _ in range(60):
        factors = rng.integers(0, 4, (400, 2))
        mixed = factors @ np.array([[1, 0.5], [0.3, 1]]) + 0.5 * rng.standard_normal((400, 2))
        score = measure("infomec", mixed, factors)
        values.append(score.value)
        halves.append((score.interval[1] - score.interval[0]) / 2)
    assert np.mean(halves) / (1.96 * np.std(values)) == pytest.approx(1, abs=0.25)


def test_one_factor_cannot_be_compared():
    assert "1 varies" in measure("infomec", codes(), BIG[:, :1]).reason
