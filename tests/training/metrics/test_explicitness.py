"""Explicitness against the reference cases and scikit-learn."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from tests.training.metrics.arrays import BIG, measure
from tests.training.metrics.cases import Case
from training.evaluation.score import EvaluationOptions
from training.evaluation.suite import evaluate
from training.metrics.explicitness import one_vs_rest_auc


@pytest.mark.parametrize("name", ["v3_shapes3d_rotated", "v4_small_duplicated", "v5_norb_periodic"])
def test_equals_the_reference_per_factor(name: str):
    case = Case(name)
    table = replace(case.table, train=np.arange(7000), test=np.arange(7000, 10_000))
    (result,) = evaluate(table, ["explicitness"], options=EvaluationOptions("parity"))
    assert result.score == pytest.approx(case.golden["explicitness_auc_test"], abs=0.005)
    np.testing.assert_allclose(result.details["per_factor"], case.golden["explicitness_per_factor"], rtol=0, atol=0.005)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["v1_dsprites_axis", "v2_dsprites_noisy_dead", "v6_dsprites_realistic"])
def test_equals_the_reference_per_factor_with_forty_classes(name: str):
    test_equals_the_reference_per_factor(name)


def test_the_area_under_the_curve_is_scikit_learns():
    rng = np.random.default_rng(0)
    classes = rng.integers(0, 4, 300)
    scores = np.round(rng.random((300, 4)) + 0.2 * (classes[:, None] == np.arange(4)), 2)
    auc, influence = one_vs_rest_auc(scores, classes)
    assert auc.mean() == pytest.approx(roc_auc_score(np.eye(4)[classes], scores))
    assert influence.mean() == pytest.approx(0, abs=1e-12)


def test_the_interval_has_the_width_of_resampled_rows():
    rng = np.random.default_rng(1)
    classes = rng.integers(0, 3, 400)
    scores = rng.random((400, 3)) + 0.3 * (classes[:, None] == np.arange(3))
    _, influence = one_vs_rest_auc(scores, classes)
    draws = []
    for _ in range(300):
        rows = rng.integers(0, 400, 400)
        draws.append(one_vs_rest_auc(scores[rows], classes[rows])[0].mean())
    assert influence.std() / 20 == pytest.approx(np.std(draws), rel=0.15)


def test_a_rotation_changes_nothing():
    rotation, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))
    codes = BIG + 0.3 * np.random.default_rng(1).normal(size=BIG.shape)
    straight, turned = (measure("explicitness", z, BIG).value for z in (codes, codes @ rotation))
    assert straight == pytest.approx(turned, abs=0.005)


def test_a_class_that_only_test_rows_have_is_left_out():
    factors = np.concatenate([np.arange(100) % 2, np.arange(50) % 3])[:, None]
    codes = np.column_stack([factors, factors]).astype(float)
    answer = measure("explicitness", codes, factors, mode="parity")
    assert answer.value == pytest.approx(1.0)


def test_a_constant_code_is_chance():
    answer = measure("explicitness", np.ones((len(BIG), 2)), BIG)
    assert answer.value == answer.chance == 0.5
    assert answer.details["dropped"].tolist() == [0, 1]
