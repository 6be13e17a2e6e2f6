import numpy as np
import pytest

from tests.training.datasets.numbered_pictures import NumberedPictures, small_grid  # noqa: F401
from training.datasets import isaac3d


@pytest.fixture
def plugin():
    return isaac3d


@pytest.fixture
def name():
    return "isaac3d"


COUNT = 737_280
MULTIPLIERS = [245_760, 30_720, 6_144, 1_536, 384, 96, 16, 4, 1]


def test_the_grid_has_the_published_sizes_and_multipliers():
    space = isaac3d.factor_space()
    assert space.n_combinations == COUNT
    assert space.names[:4] == (
        "object_shape",
        "robot_x-move",
        "robot_y-move",
        "camera_height",
    )  # not the README's order
    assert space.sizes == (3, 8, 5, 4, 4, 4, 6, 4, 4)  # panels of the nine published traversals
    steps = np.eye(len(space.sizes), dtype=np.int64)
    assert space.to_index(steps).tolist() == MULTIPLIERS


class TestIsaac3d(NumberedPictures):
    pass
