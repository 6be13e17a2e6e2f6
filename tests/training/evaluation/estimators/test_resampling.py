"""Intervals and chance levels."""

import numpy as np
import pytest

from training.evaluation.estimators import resampling


def test_the_interval_is_that_of_the_mean():
    rng = np.random.default_rng(0)
    data = rng.random(400)
    low, high = resampling.interval(lambda rows, _: float(data[rows].mean()), 0.5, 400, rng, 400)
    assert (high - low) / 2 == pytest.approx(1.96 * data.std() / 20, rel=0.15)


def test_many_rows_are_resampled_by_fewer_with_the_right_width(monkeypatch: pytest.MonkeyPatch):
    rng = np.random.default_rng(0)
    data = rng.random(4000)
    monkeypatch.setattr(resampling, "MAX_RESAMPLE_ROWS", 400)
    sizes = []

    def mean(rows: np.ndarray, _: np.ndarray) -> float:
        sizes.append(len(rows))
        return float(data[rows].mean())

    low, high = resampling.interval(mean, 0.5, 4000, rng, 400)
    assert set(sizes) == {400}
    assert (high - low) / 2 == pytest.approx(1.96 * data.std() / np.sqrt(4000), rel=0.15)


def test_the_interval_contains_the_score_and_stays_in_range():
    low, high = resampling.around(0.99, np.array([0.2, 0.9]))
    assert low < 0.99 <= high == 1.0


def test_no_resamples_is_no_interval():
    assert resampling.interval(lambda *_: 0.0, 0.0, 5, np.random.default_rng(0), 0) is None


def test_chance_breaks_the_tie_between_codes_and_factors():
    codes = np.arange(1000.0)
    same = resampling.chance(lambda a, b: float(np.corrcoef(codes[a], codes[b])[0, 1]), 1000, np.random.default_rng(0))
    assert abs(same) < 0.1
