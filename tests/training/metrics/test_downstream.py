"""Downstream tasks against scikit-learn's learners and known accuracies."""

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import RidgeCV
from sklearn.metrics import r2_score

from models_zoo.errors import InvalidInput
from tests.training.metrics.arrays import BIG, measure
from training.config import build
from training.evaluation.suite import metric
from training.metrics.downstream import PENALTIES, Config, classify, gains

UNIT = (BIG - BIG.mean(0)) / BIG.std(0)
NOISY = UNIT + 0.3 * np.random.default_rng(3).standard_normal(UNIT.shape)


def test_boosted_trees_are_about_as_good_as_scikit_learns():
    train, test = (NOISY[:100], BIG[:100]), (NOISY[1000:], BIG[1000:])
    found = (classify(train, test[0], Config(), 0, 1) == test[1]).mean(axis=0)
    expected = [
        (GradientBoostingClassifier(random_state=0).fit(train[0], train[1][:, k]).predict(test[0]) == test[1][:, k])
        .mean()
        for k in range(3)
    ]  # fmt: skip
    np.testing.assert_allclose(found, expected, atol=0.03)


def test_r_squared_of_ridge_regression_is_scikit_learns():
    result = measure("downstream", NOISY, BIG, mode="parity", task="regression", learner="linear", labels=(50,))
    train, test = slice(0, 50), slice(2100, 3000)
    guess = [RidgeCV(PENALTIES, cv=5).fit(NOISY[train], BIG[train, k]).predict(NOISY[test]) for k in range(3)]
    expected = [r2_score(BIG[test, k], guess[k]) for k in range(3)]
    np.testing.assert_allclose(result.details["per_factor"][0], expected, atol=1e-9)


def test_gains_of_a_regression_have_r_squared_as_their_mean():
    guess = BIG + np.random.default_rng(4).standard_normal(BIG.shape)
    found = gains(guess, BIG, Config(task="regression")).mean(axis=0)
    np.testing.assert_allclose(found, r2_score(BIG, guess, multioutput="raw_values"))


@pytest.mark.parametrize("learner", ["boosted_trees", "linear"])
@pytest.mark.parametrize("task", ["classification", "regression"])
def test_more_labels_help_and_a_code_without_information_stays_at_chance(task: str, learner: str):
    settings = {"task": task, "learner": learner, "labels": (10, 100, 200), "resamples": 5}
    codes, factors = NOISY[:, :2], BIG[:, 1:2]
    result = measure("downstream", codes, factors, **settings)
    assert result.details["by_labels"][0] < result.details["by_labels"][1]
    assert result.chance + 0.3 < result.value < result.details["bound"]
    assert result.details["efficiency"] == pytest.approx(np.divide(*result.details["by_labels"][1:]))
    noise = np.random.default_rng(5).standard_normal(codes.shape)
    random = measure("downstream", noise, factors, **{**settings, "labels": (100,)})
    assert random.value == pytest.approx(random.chance, abs=0.03)


def test_more_labels_than_rows_are_all_rows():
    assert measure("downstream", UNIT[:20], BIG[:20]).details["labels"].tolist() == [10, 14]


def test_one_value_of_ten_and_a_factor_that_does_not_vary_are_numbers():
    factors = np.column_stack([np.arange(40) == 3, np.zeros(40)]).astype(np.int64)
    for learner in ("boosted_trees", "linear"):
        result = measure("downstream", UNIT[:40], factors, mode="parity", learner=learner, labels=(10,))
        assert 0.9 < result.value <= 1


def test_numbers_of_labels_are_checked_by_name():
    for labels in ([], [1], [10, 0]):
        with pytest.raises(InvalidInput, match="labels"):
            build(metric("downstream").Config, {"labels": labels})
