from pathlib import Path

import numpy as np
import pytest

from models_zoo.errors import InvalidInput
from training.data.dataset import ImageTable
from training.datasets import dsprites


@pytest.fixture
def dataset(tmp_path: Path) -> ImageTable:
    return dsprites.load(dsprites.Config(), tmp_path)


def test_images_are_bytes_of_0_and_255(dataset: ImageTable) -> None:
    images = dataset.images(np.array([0, 123_456, len(dataset) - 1]))
    assert images.shape == (3, *dataset.image_shape) == (3, 64, 64, 1)
    assert images.dtype == np.uint8
    assert set(np.unique(images)) == {0, 255}


def test_a_rendering_never_passes_for_the_original(dataset: ImageTable) -> None:
    assert dataset.title == "dSprites (procedural)"
    assert dataset.provenance.source == "procedural"


def test_the_grid_is_the_official_one_without_colour(dataset: ImageTable) -> None:
    assert dataset.factors.names == ("shape", "scale", "orientation", "posX", "posY")
    assert dataset.factors.sizes == (3, 6, 40, 32, 32)
    assert len(dataset) == dataset.factors.n_combinations == 737_280
    assert dataset.factors.factors[2].kind == "cyclic"
    assert dataset.factors.factors[1].values == (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


def test_labels_are_the_mixed_radix_digits_of_the_index(dataset: ImageTable) -> None:
    index = ((((2 * 6) + 3) * 40 + 17) * 32 + 5) * 32 + 30
    assert dataset.labels(np.array([index])).tolist() == [[2, 3, 17, 5, 30]]


@pytest.mark.parametrize("bad", [[-1], [737_280], [[0, 1]], [0.5]])
def test_bad_indices_are_refused_with_the_allowed_range(dataset: ImageTable, bad: list[object]) -> None:
    with pytest.raises(InvalidInput, match="allowed:"):
        dataset.images(np.array(bad))


def test_no_indices_give_no_images(dataset: ImageTable) -> None:
    assert dataset.images(np.array([], np.int64)).shape == (0, 64, 64, 1)
