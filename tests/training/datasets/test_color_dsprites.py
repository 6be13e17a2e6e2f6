import numpy as np
import pytest

from models_zoo.errors import InvalidInput
from training.config import build
from training.datasets import color_dsprites, dsprites

PICKED = np.array([5, 737_279, 123_456, 300_000])


def test_a_sprite_has_one_colour_between_half_and_full_on_black(tmp_path):
    images = color_dsprites.load(color_dsprites.Config(), tmp_path).images(PICKED)
    white = dsprites.load(dsprites.Config(), tmp_path).images(PICKED)[..., 0] > 0
    for image, inside in zip(images, white, strict=True):
        assert (image[~inside] == 0).all()
        assert len(np.unique(image[inside], axis=0)) == 1
        assert (image[inside] >= 127).all()


def test_an_image_keeps_its_colour_whatever_else_is_read(tmp_path):
    data = color_dsprites.load(color_dsprites.Config(), tmp_path)
    assert np.array_equal(data.images(PICKED)[2:3], data.images(PICKED[2:3]))
    other = color_dsprites.load(build(color_dsprites.Config, {"seed": 1}), tmp_path)
    assert not np.array_equal(data.images(PICKED), other.images(PICKED))


def test_colours_are_uniform_between_half_and_one(tmp_path):
    data = color_dsprites.load(color_dsprites.Config(), tmp_path)
    levels = data.images(np.arange(0, 737_280, 737)).max((1, 2)).reshape(-1) / 255
    shares, _ = np.histogram(levels, bins=5, range=(0.498, 1.0))
    expected = len(levels) / 5
    chi_square = ((shares - expected) ** 2 / expected).sum()
    assert chi_square < 23.5  # 99.99 % point of chi-square with 4 degrees of freedom


def test_colour_is_no_factor_and_the_title_names_the_origin_of_the_pixels(tmp_path):
    data = color_dsprites.load(color_dsprites.Config(), tmp_path)
    assert data.factors.sizes == (3, 6, 40, 32, 32)
    assert data.title == "Color-dSprites (procedural)"
    with pytest.raises(InvalidInput, match="seed"):
        build(color_dsprites.Config, {"seed": -1})
