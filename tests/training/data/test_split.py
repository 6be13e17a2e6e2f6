"""Split of a data set by the seed of a run."""

import numpy as np
import pytest

from models_zoo.errors import InvalidInput
from training.data.split import split


def test_the_split_is_drawn_by_the_seed_and_covers_everything():
    train, held_out = split(1000, 0.3, seed=1)
    assert (len(train), len(held_out)) == (700, 300)
    assert np.array_equal(np.sort(np.concatenate([train, held_out])), np.arange(1000))
    assert np.array_equal(split(1000, 0.3, seed=1)[1], held_out)
    assert not np.array_equal(split(1000, 0.3, seed=2)[1], held_out)
    assert np.array_equal(split(1000, 0.0, seed=1)[0], np.arange(1000))


def test_a_number_of_images_is_drawn_before_the_share_is_held_out():
    train, held_out = split(1000, 0.1, seed=3, images=200)
    assert (len(train), len(held_out)) == (180, 20)
    used = np.concatenate([train, held_out])
    assert len(np.unique(used)) == 200
    assert used.max() > 200  # drawn from the whole set, not its first images
    assert np.array_equal(split(1000, 0.1, seed=3, images=1000)[0], split(1000, 0.1, seed=3)[0])


def test_more_images_than_there_are_are_refused():
    with pytest.raises(InvalidInput, match="images: got 1,001; allowed: up to 1,000"):
        split(1000, 0.0, seed=0, images=1001)
