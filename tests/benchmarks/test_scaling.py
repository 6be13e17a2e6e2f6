"""Slopes and bends of measured growth."""

import pytest

from benchmarks.scaling import Curve

SIZES = (100, 1_000, 10_000, 100_000)


@pytest.mark.parametrize("power", [0, 0.5, 2])
def test_the_slope_of_a_power_is_its_exponent_and_it_bends_nowhere(power):
    curve = Curve("n", "time", SIZES, [3.0 * size**power for size in SIZES])
    assert curve.slope == pytest.approx(power, abs=1e-9)
    assert curve.bend is None


def test_a_constant_that_becomes_proportional_bends_where_it_does():
    assert Curve("n", "time", SIZES, [5.0, 5.0, 50.0, 500.0]).bend == 1_000
