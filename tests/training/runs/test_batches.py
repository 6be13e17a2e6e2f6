import numpy as np
import pytest
import torch

from models_zoo.errors import InvalidInput
from training.runs.batches import ADVERSARY_STREAM, Batches, to_tensor


def test_an_epoch_shows_every_row_once():
    batches = Batches(100, 16, seed=3)
    stream = np.concatenate([batches.indices(step) for step in range(25)])
    for epoch in range(4):
        assert sorted(stream[epoch * 100 : (epoch + 1) * 100]) == list(range(100))


def test_a_batch_depends_on_seed_and_step_alone():
    forward = [Batches(50, 8, seed=1).indices(step) for step in range(20)]
    batches = Batches(50, 8, seed=1)
    for step in reversed(range(20)):
        assert np.array_equal(batches.indices(step), forward[step])
    assert not np.array_equal(Batches(50, 8, seed=2).indices(0), forward[0])


def test_another_stream_of_the_same_seed_shuffles_otherwise():
    first, second = Batches(1000, 64, seed=1), Batches(1000, 64, seed=1, stream=ADVERSARY_STREAM)
    common = [len(np.intersect1d(first.indices(step), second.indices(step))) for step in range(15)]
    assert np.mean(common) == pytest.approx(64 * 64 / 1000, abs=1.5)


def test_a_batch_larger_than_the_split_runs_through_several_epochs():
    rows = np.array([7, 8, 9])
    assert sorted(Batches(rows, 6, seed=0).indices(0)) == [7, 7, 8, 8, 9, 9]


def test_the_torch_border_scales_to_one_and_puts_channels_first():
    images = np.zeros((2, 4, 6, 3), np.uint8)
    images[1, 2, 5] = (255, 51, 0)
    tensor = to_tensor(images, torch.device("cpu"))
    assert tensor.shape == (2, 3, 4, 6)
    assert tensor.dtype == torch.float32
    assert tensor[1, :, 2, 5].tolist() == [1.0, torch.tensor(0.2).item(), 0.0]
    assert tensor.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(
    "images", [np.full((2, 4, 4, 1), 1.5), np.zeros((4, 4, 1), np.uint8), np.zeros((2, 4, 4, 1), int)]
)
def test_images_that_are_not_bytes_are_refused(images):
    with pytest.raises(InvalidInput, match=r"allowed: uint8 in \[0, 255\]"):
        to_tensor(images, torch.device("cpu"))
