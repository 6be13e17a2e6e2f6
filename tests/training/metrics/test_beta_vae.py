"""BetaVAE metric against the reference means and its traps."""

import numpy as np
import pytest

from tests.training.metrics.arrays import BIG, GRID, measure
from tests.training.metrics.cases import Case
from training.evaluation.estimators.interventions import group
from training.evaluation.score import EvaluationOptions
from training.evaluation.suite import evaluate
from training.metrics.beta_vae import draw


def test_equals_the_mean_of_the_reference(case: Case):
    (result,) = evaluate(case.table, ["beta_vae"], options=EvaluationOptions("parity"))
    mean, _ = case.golden["beta_vae"]
    assert result.score == pytest.approx(mean, abs=0.02)


def test_a_point_is_the_mean_absolute_difference_of_pairs_that_share_the_factor():
    groups = [group(column) for column in GRID.T]
    points, shared = draw(GRID.astype(np.float32), groups, 60, 16, np.random.default_rng(0))
    assert (points[np.arange(60), shared] == 0).all()
    assert (points[np.arange(60), (shared + 1) % 3] > 0).all()


def test_a_row_is_not_its_own_partner():
    rows = np.repeat(np.arange(192), 20)
    column = group(GRID[:, 0])
    partners = column.partners(rows, np.random.default_rng(0))
    assert (partners != rows).all()
    assert (GRID[partners, 0] == GRID[rows, 0]).all()
    assert len(np.unique(partners[rows == 5])) > 10


def test_corrected_scores_do_not_fall_with_the_scale_of_the_codes():
    rotation = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
    codes = (BIG / BIG.max(0) - 0.5) @ rotation
    small = {"train_points": 1000, "test_points": 1000}
    assert measure("beta_vae", codes * 0.01, BIG, mode="parity", **small).value < 0.75
    corrected = measure("beta_vae", codes * 0.01, BIG, **small)
    assert corrected.value == pytest.approx(measure("beta_vae", codes, BIG, **small).value, abs=0.01)
    assert corrected.value > 0.9


def test_a_random_code_has_no_information():
    codes = np.random.default_rng(0).normal(size=(len(BIG), 3))
    answer = measure("beta_vae", codes, BIG)
    assert answer.chance == pytest.approx(1 / 3)
    assert answer.value == pytest.approx(answer.chance, abs=0.03)


def test_needs_two_factors_with_repeated_values():
    assert "fewer than two" in measure("beta_vae", GRID, GRID[:, :1]).reason
    alone = np.arange(40)[:, None] * [1, 1]
    assert "fewer than two" in measure("beta_vae", alone, alone).reason
