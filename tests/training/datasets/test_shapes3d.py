from pathlib import Path

import numpy as np
import pytest

from models_zoo.errors import InvalidInput
from training.datasets import shapes3d
from training.image_table import ImageTable


@pytest.fixture
def dataset(tmp_path: Path) -> ImageTable:
    return shapes3d.load(shapes3d.Config(), tmp_path)


def test_images_are_colour_bytes(dataset: ImageTable) -> None:
    images = dataset.images(np.array([0, 479_999]))
    assert images.shape == (2, *dataset.image_shape) == (2, 64, 64, 3)
    assert images.dtype == np.uint8
    assert images.max() > 200


def test_a_rendering_never_passes_for_the_original(dataset: ImageTable) -> None:
    assert dataset.title == "3D Shapes (procedural)"


def test_the_grid_is_the_official_one(dataset: ImageTable) -> None:
    assert dataset.factors.names == ("floor_hue", "wall_hue", "object_hue", "scale", "shape", "orientation")
    assert len(dataset) == 480_000
    assert dataset.factors.factors[0].values == (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
    assert dataset.factors.factors[5].values[0] == -30
    assert dataset.labels(np.array([479_999, 15])).tolist() == [[9, 9, 9, 7, 3, 14], [0, 0, 0, 0, 1, 0]]


def test_an_index_outside_is_refused(dataset: ImageTable) -> None:
    with pytest.raises(InvalidInput, match="480000 came; allowed is 0 to 479999"):
        dataset.images(np.array([480_000]))
