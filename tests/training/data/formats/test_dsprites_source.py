import numpy as np
import pytest

from training.data.formats.dsprites import ProceduralSprites
from training.data.rendering import sprites


@pytest.mark.slow
def test_images_stay_the_same_when_the_packed_store_takes_over() -> None:
    source = ProceduralSprites()
    indices = np.random.default_rng(1).integers(0, sprites.N_IMAGES, 500)
    drawn = source.bits(indices)
    assert source.store is None
    source.drawn = sprites.N_IMAGES
    assert np.array_equal(source.bits(indices), drawn)
    assert source.store is not None
