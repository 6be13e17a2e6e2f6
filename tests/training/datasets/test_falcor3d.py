import numpy as np
import pytest

from tests.training.datasets.numbered_pictures import NumberedPictures, small_grid  # noqa: F401
from training.datasets import falcor3d


@pytest.fixture
def plugin():
    return falcor3d


@pytest.fixture
def name():
    return "falcor3d"


COUNT = 233_280
MULTIPLIERS = [46_656, 7_776, 1_296, 216, 36, 6, 1]


def test_the_grid_has_the_published_sizes_and_multipliers():
    space = falcor3d.factor_space()
    assert space.n_combinations == COUNT
    steps = np.eye(len(space.sizes), dtype=np.int64)
    assert space.to_index(steps).tolist() == MULTIPLIERS


class TestFalcor3d(NumberedPictures):
    pass
