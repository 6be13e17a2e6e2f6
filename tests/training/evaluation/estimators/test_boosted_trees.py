"""The boosted-tree kernel against scikit-learn's estimator."""

import os
import subprocess
import sys

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier

from training.evaluation.estimators.boosted_trees import boost

RNG = np.random.default_rng(0)
N = 600
FACTORS = np.stack([RNG.integers(0, size, N) for size in (2, 3, 7)], axis=1)
CODES = np.column_stack(
    [FACTORS[:, 0] + 0.8 * RNG.normal(size=N), FACTORS @ [1, 1, 0.3] + RNG.normal(size=N), RNG.normal(size=(N, 2))]
)
TRAIN, TEST = (CODES[:400], FACTORS[:400]), (CODES[400:], FACTORS[400:])


def test_importance_and_accuracy_are_scikit_learns():
    found = boost(TRAIN, TEST, n_estimators=40)
    for k in range(3):
        model = GradientBoostingClassifier(n_estimators=40, random_state=0).fit(TRAIN[0], TRAIN[1][:, k])
        np.testing.assert_allclose(found.importance[:, k], model.feature_importances_, rtol=0, atol=0.01)
        assert found.train_accuracy[k] == pytest.approx(model.score(TRAIN[0], TRAIN[1][:, k]), abs=0.01)
        assert found.test_accuracy[k] == pytest.approx(model.score(TEST[0], TEST[1][:, k]), abs=0.03)


@pytest.mark.parametrize("k", [0, 1])
def test_the_first_trees_are_one_of_scikit_learns_answers_to_the_last_digit(k: int):
    found = boost(TRAIN, TEST, n_estimators=3)
    differences = []
    for seed in range(12):  # equally good splits are drawn at random there too
        model = GradientBoostingClassifier(n_estimators=3, random_state=seed).fit(TRAIN[0], TRAIN[1][:, k])
        differences.append(np.abs(found.importance[:, k] - model.feature_importances_).max())
    assert min(differences) < 1e-9


def test_the_answer_does_not_depend_on_the_number_of_threads():
    one, three = (boost(TRAIN, TEST, n_estimators=15, jobs=jobs) for jobs in (1, 3))
    assert (one.importance == three.importance).all()
    assert (one.predicted == three.predicted).all()


def test_columns_sum_to_one():
    np.testing.assert_allclose(boost(TRAIN, TEST, n_estimators=5).importance.sum(axis=0), 1)


def test_equal_codes_share_the_credit_whatever_their_order():
    codes = np.column_stack([CODES[:, 0], CODES[:, 0], -CODES[:, 0]])
    shares = boost((codes, FACTORS[:, :1]), (codes, FACTORS[:, :1]), n_estimators=100).importance[:, 0]
    assert (shares > 0.1).all()
    by_seed = [
        boost((codes, FACTORS[:, :1]), (codes[:2], FACTORS[:2, :1]), n_estimators=20, seed=seed).importance[:, 0]
        for seed in range(12)
    ]
    np.testing.assert_allclose(np.mean(by_seed, axis=0), 1 / 3, atol=0.15)


def test_a_constant_factor_is_predicted_and_needs_no_tree():
    factors = np.column_stack([np.full(N, 4), FACTORS[:, 1]])
    found = boost((CODES, factors), (CODES, factors), n_estimators=5)
    assert found.importance[:, 0].tolist() == [0, 0, 0, 0]
    assert found.test_accuracy[0] == 1.0


def test_a_class_that_training_rows_lack_is_never_predicted():
    factors = np.where(np.arange(N) < 400, FACTORS[:, 1], 9)[:, None]
    found = boost((CODES[:400], factors[:400]), (CODES[400:], factors[400:]), n_estimators=5)
    assert found.test_accuracy[0] == 0.0


def test_kernels_compile_where_nothing_can_be_written():
    code = (
        "import numpy as np; from training.evaluation.estimators.tree_kernels import fill_weight; "
        "w = np.empty(3); fill_weight(w, 3); print(w[0])"
    )
    nowhere = {"AXISCOPE_HOME": "/proc/nowhere", "HOME": "/proc/nowhere", "PYTHONDONTWRITEBYTECODE": "1"}
    environment = {**os.environ, **nowhere, "PYTHONPATH": os.pathsep.join(sys.path)}
    environment.pop("NUMBA_CACHE_DIR", None)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert done.stdout.strip() == "1.5", done.stderr
