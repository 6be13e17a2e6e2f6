import numpy as np

from training.datasets import dsprites, noisy_dsprites

PICKED = np.array([5, 737_279, 123_456])


def test_sprites_stay_white_and_the_ground_is_uniform_noise(tmp_path):
    images = noisy_dsprites.load(noisy_dsprites.Config(), tmp_path).images(PICKED)
    white = dsprites.load(dsprites.Config(), tmp_path).images(PICKED)[..., 0] > 0
    assert (images[white] == 255).all()
    ground = images[~white].astype(float)
    assert abs(ground.mean() - 127.5) < 2
    assert abs(ground.std() - 256 / np.sqrt(12)) < 2
    channels = np.corrcoef(ground.T)
    assert np.abs(channels - np.eye(3)).max() < 0.05


def test_an_image_keeps_its_noise_whatever_else_is_read(tmp_path):
    data = noisy_dsprites.load(noisy_dsprites.Config(), tmp_path)
    assert np.array_equal(data.images(PICKED)[1:2], data.images(PICKED[1:2]))
    assert not np.array_equal(*data.images(np.array([0, 1])))
