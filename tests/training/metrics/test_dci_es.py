"""Explicitness against closed forms, the authors' procedure and forests of each depth."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor

from tests.training.metrics.arrays import BIG, measure
from training.metrics.dci_es import DEPTHS, explicitness, predictions

UNIT = (BIG - BIG.mean(0)) / BIG.std(0)
C = np.array(DEPTHS, dtype=float)
FEW = {"trees": 10, "resamples": 0}


def authors(losses: np.ndarray, baseline: float) -> float:
    """Return E by the loops of the authors' code."""
    y = [min(losses[: i + 1]) for i in range(len(losses))]
    area = sum((C[i + 1] - C[i]) * (0.5 * (y[i] - min(y)) + 0.5 * (y[i + 1] - min(y))) for i in range(len(y) - 1))
    return 1 - 2 * area / ((C[-1] - C[0]) * baseline)


def test_a_curve_that_falls_at_once_in_a_line_or_at_the_end():
    assert explicitness(np.full(12, 0.2), 1.0, 0.2) == 1
    assert explicitness(1 - (C - C[0]) / (C[-1] - C[0]), 1.0, 0.0) == pytest.approx(0)
    late = np.where(C[-1] > C, 1.0, 0.0)
    assert explicitness(late, 1.0, 0.0) == pytest.approx(1 - 2 * (C[-2] - C[0] + (C[-1] - C[-2]) / 2) / (C[-1] - C[0]))


def test_parity_is_the_authors_procedure():
    rng = np.random.default_rng(0)
    for _ in range(20):
        losses = np.sort(rng.uniform(0, 1, 12))[::-1] + 0.05 * rng.standard_normal(12)
        assert explicitness(losses, 0.9, 0.0) == pytest.approx(authors(losses, 0.9))


def test_one_forest_cut_off_at_each_depth_is_a_forest_of_that_depth():
    rng = np.random.default_rng(1)
    codes, target = rng.standard_normal((200, 1)).astype(np.float32), rng.standard_normal(200)
    # With one feature nothing is drawn but the rows, by the seed of each tree, and no two features tie.
    deep = RandomForestRegressor(10, max_depth=32, random_state=5).fit(codes, target)
    for guess, depth in zip(predictions(deep, codes), DEPTHS, strict=True):
        expected = RandomForestRegressor(10, max_depth=depth, random_state=5).fit(codes, target).predict(codes)
        np.testing.assert_allclose(guess[:, 0], expected, atol=1e-9)


@pytest.mark.parametrize("loss", ["error", "squared"])
def test_a_rotated_code_needs_more_capacity_than_a_straight_one(loss: str):
    turn = np.linalg.qr(np.random.default_rng(1).standard_normal((3, 3)))[0]
    straight, turned = (measure("dci_es", z, BIG, loss=loss, **FEW) for z in (UNIT, UNIT @ turn))
    assert straight.value == pytest.approx(straight.details["bound"], abs=0.02)
    assert turned.value < straight.value - 0.01
    assert straight.details["informativeness"] > 0.99


def test_a_code_without_information_is_0_and_1_by_the_authors_code():
    noise = np.random.default_rng(2).standard_normal(BIG.shape)
    assert measure("dci_es", noise, BIG, **FEW).value == 0
    assert measure("dci_es", noise, BIG, mode="parity", **FEW).value > 0.97


def test_size_is_factors_per_latent():
    wide = np.column_stack([UNIT, UNIT, np.zeros((len(BIG), 2))])
    assert measure("dci_es", wide, BIG, **FEW).details["size"] == pytest.approx(3 / 6)
    assert measure("dci_es", wide, BIG, mode="parity", **FEW).details["size"] == pytest.approx(3 / 8)
