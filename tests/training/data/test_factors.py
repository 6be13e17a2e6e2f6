"""The arithmetic of factors, by properties that hold for any grid."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_zoo.errors import InvalidInput
from training.data.factors import Factor, FactorSpace, check_image_indices

grids = st.lists(st.integers(1, 9), min_size=1, max_size=6)


def space_of(sizes: list[int]) -> FactorSpace:
    return FactorSpace(tuple(Factor(f"f{k}", tuple(range(size)), "ordinal") for k, size in enumerate(sizes)))


@given(grids, st.data())
def test_index_to_factors_and_back(sizes: list[int], data: st.DataObject) -> None:
    space = space_of(sizes)
    indices = data.draw(st.lists(st.integers(0, space.n_combinations - 1), max_size=20))
    factors = space.from_index(indices)
    assert factors.shape == (len(indices), len(sizes))
    assert space.to_index(factors).tolist() == indices


@given(grids, st.data())
def test_the_index_is_the_mixed_radix_number_with_the_last_factor_fastest(
    sizes: list[int], data: st.DataObject
) -> None:
    factors = [data.draw(st.integers(0, size - 1)) for size in sizes]
    by_hand = 0
    for digit, size in zip(factors, sizes, strict=True):
        by_hand = by_hand * size + digit
    assert space_of(sizes).to_index(np.array([factors])).tolist() == [by_hand]


@given(grids)
def test_all_indices_give_all_combinations_once(sizes: list[int]) -> None:
    space = space_of(sizes)
    n = min(space.n_combinations, 2_000)
    factors = space.from_index(range(n))
    assert len(np.unique(factors, axis=0)) == n
    assert space.n_combinations == math.prod(sizes)


@given(grids, st.integers(0, 2**32))
def test_samples_are_valid(sizes: list[int], seed: int) -> None:
    space = space_of(sizes)
    samples = space.sample(50, np.random.default_rng(seed))
    assert np.array_equal(space.check(samples), samples)


def test_samples_are_uniform() -> None:
    samples = space_of([3, 5]).sample(30_000, np.random.default_rng(0))
    counts = np.bincount(samples[:, 1], minlength=5)
    assert counts.tolist() == pytest.approx([6_000] * 5, rel=0.05)


def test_the_same_seed_gives_the_same_samples() -> None:
    space = space_of([3, 5, 7])
    first, second = (space.sample(20, np.random.default_rng(4)) for _ in range(2))
    assert np.array_equal(first, second)


def test_a_class_outside_its_factor_is_named_with_its_row() -> None:
    with pytest.raises(InvalidInput, match=r"row 1: got f1 = 5; allowed: 0 to 4") as caught:
        space_of([3, 5]).check(np.array([[0, 0], [2, 5]]))
    assert caught.value.field == "/1/1"


@pytest.mark.parametrize("bad", [np.zeros((2, 3), int), np.zeros(2, int), np.zeros((2, 2))])
def test_factors_of_the_wrong_form_are_refused(bad: np.ndarray) -> None:
    with pytest.raises(InvalidInput, match="allowed:"):
        space_of([3, 5]).check(bad)


@pytest.mark.parametrize("bad", [np.array([-1]), np.array([15]), np.array([[1]]), np.array([1.0]), np.array([True])])
def test_image_indices_of_the_wrong_form_are_refused(bad: np.ndarray) -> None:
    with pytest.raises(InvalidInput, match="allowed:"):
        check_image_indices(bad, 15)


def test_no_indices_are_allowed() -> None:
    assert check_image_indices([], 3).shape == (0,)


@given(st.integers(0, 2**32 - 1))
def test_the_nearest_image_is_the_one_a_slow_search_finds(seed: int) -> None:
    kinds = ("categorical", "ordinal", "cyclic", "continuous")
    space = FactorSpace(tuple(Factor(kind, tuple(range(5)), kind) for kind in kinds), complete=False)
    rng = np.random.default_rng(seed)
    classes, wanted = rng.integers(-1, 5, (30, 4)), rng.integers(0, 5, 4)

    def apart(row: np.ndarray) -> float:
        total = 0.0
        for kind, here, there in zip(kinds, row.tolist(), wanted.tolist(), strict=True):
            if here < 0:
                total += 1
            elif kind == "categorical":
                total += here != there
            elif kind == "cyclic":
                total += min((here - there) % 5, (there - here) % 5) / 2
            else:
                total += abs(here - there) / 4
        return total

    found = space.nearest(classes, wanted)
    assert apart(classes[found]) == pytest.approx(min(map(apart, classes)))
    assert space.nearest(np.vstack([classes, wanted]), wanted) in {found, 30}


def test_the_nearest_image_to_a_class_that_is_not_there_is_refused() -> None:
    with pytest.raises(InvalidInput, match="f1 = 7"):
        space_of([3, 4]).nearest(np.zeros((2, 2), int), np.array([0, 7]))
