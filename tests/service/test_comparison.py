"""Comparison of figures: equal, within the tolerance, different."""

import numpy as np

from backend.scores.comparison import TOLERANCE, compare, compare_arrays


def test_numbers_are_equal_within_the_tolerance_or_different():
    assert compare("latents", "x", 0.5, 0.5).state == "equal"
    assert compare("latents", "x", 0.5, 0.5 + TOLERANCE / 2).state == "within"
    assert compare("latents", "x", 0.5, 0.5 + 2 * TOLERANCE).state == "different"
    assert compare("latents", "x", 1e6, 1e6 + 0.5).state == "within"
    assert compare("latents", "x", True, 1).state == "equal"
    assert compare("latents", "x", None, 0.0).state == "different"
    worst = compare("latents", "x", {"a": [1.0, 2.0], "b": 3.0}, {"a": [1.0, 2.5], "b": 3.1})
    assert (worst.stored, worst.recomputed, worst.numbers, worst.note) == (2.0, 2.5, 3, "a/1")
    assert compare("latents", "x", [1.0], [1.0, 2.0]).state == "different"
    assert compare("latents", "x", {"a": 1.0}, {}).recomputed == "missing"


def test_arrays_are_compared_with_shape_type_and_the_place_of_the_largest_difference():
    left = np.zeros((3, 2), np.float32)
    right = left.copy()
    right[2, 1] = 1
    found = compare_arrays("sample", "mean", left, right, 1e-4)
    assert (found.state, found.note, found.numbers) == ("different", "at 2, 1", 6)
    assert compare_arrays("sample", "mean", left, left[:2], 1e-4).state == "different"
    assert compare_arrays("sample", "mean", left, np.full_like(left, np.nan), 1e-4).state == "different"
