import numpy as np
import pytest
from PIL import Image

from models_zoo.errors import DamagedFile, NotFound
from training.config import build
from training.datasets import dsprites, scream_dsprites

PICKED = np.array([5, 400_000])


def test_without_the_painting_the_background_is_named_a_stand_in(tmp_path):
    data = scream_dsprites.load(scream_dsprites.Config(), tmp_path)
    assert data.title == "Scream-dSprites (stand-in)"
    assert "not the painting" in data.provenance.description
    assert np.array_equal(data.images(PICKED)[1:], data.images(PICKED[1:]))


def test_the_sprite_inverts_a_crop_mixed_with_one_tint(tmp_path):
    Image.new("RGB", (700, 700), (200, 100, 50)).save(tmp_path / "scream.jpg", quality=100)
    data = scream_dsprites.load(scream_dsprites.Config(), tmp_path)
    assert data.title == "Scream-dSprites (procedural)"
    white = dsprites.load(dsprites.Config(), tmp_path).images(PICKED)[..., 0] > 0
    for image, inside in zip(data.images(PICKED).astype(int), white, strict=True):
        ground, sprite = image[~inside].mean(0), image[inside].mean(0)
        assert np.ptp(image[~inside], axis=0).max() <= 3
        np.testing.assert_allclose(ground + sprite, 255, atol=3)
        lowest = np.array([200, 100, 50]) / 2
        assert ((ground >= lowest - 3) & (ground <= lowest + 130.5)).all()


def test_a_portrait_keeps_its_aspect_within_350_by_274(tmp_path):
    path = tmp_path / "portrait.png"
    Image.new("RGB", (800, 1000), "white").save(path)
    assert scream_dsprites.load_painting(path).shape == (274, 219, 3)


def test_a_painting_that_is_not_there_or_no_picture_is_refused(tmp_path):
    with pytest.raises(NotFound, match=r"got painting .* does not exist"):
        scream_dsprites.load(build(scream_dsprites.Config, {"painting": str(tmp_path / "none.jpg")}), tmp_path)
    (tmp_path / "text.jpg").write_text("no picture")
    with pytest.raises(DamagedFile, match="no whole picture"):
        scream_dsprites.load(build(scream_dsprites.Config, {"painting": str(tmp_path / "text.jpg")}), tmp_path)
