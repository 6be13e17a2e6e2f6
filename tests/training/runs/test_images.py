"""Images of the batches: those kept on the device equal those read on the host, bit for bit."""

import numpy as np
import pytest
import torch

from training.data.dataset import ImageTable, Provenance
from training.data.factors import FactorSpace
from training.runs.batches import Batches
from training.runs.images import DeviceImages, HostImages, bytes_per_image, fill_store, open_images

CPU = torch.device("cpu")


def table(levels, shape=(6, 5, 3), n=37):
    images = np.random.default_rng(0).choice(np.array(levels, np.uint8), (n, *shape))
    provenance = Provenance("own", "drawn", "none")
    return ImageTable.of_array("drawn", "Drawn", images, FactorSpace((), complete=False), provenance)


@pytest.mark.parametrize(("levels", "bits"), [((0, 255), True), (range(256), False)])
def test_images_on_the_device_equal_those_of_the_host_over_several_epochs(levels, bits):
    dataset = table(levels)
    store = fill_store(dataset, CPU, bits=bits)
    assert store.shape == (37, bytes_per_image(dataset.image_shape, bits=bits)) == (37, 12 if bits else 90)
    on_device, on_host = DeviceImages(store, dataset.image_shape, bits=bits), HostImages(dataset, CPU)
    runs = [Batches(37, 16, seed) for seed in (0, 1)]
    for step in (0, 1, 2, 3, 8, 2):
        found, expected = (source.read([(runs[0], step), (runs[1], step + 1)]) for source in (on_device, on_host))
        assert found.shape == (2, 16, 3, 6, 5)
        assert torch.equal(found, expected)
        assert found[0].is_contiguous(memory_format=torch.channels_last)


def test_grey_images_do_not_fit_into_bits():
    assert fill_store(table((0, 255, 7)), CPU, bits=True) is None


def test_a_run_on_the_cpu_reads_from_the_data_set():
    assert isinstance(open_images(table((0, 255)), CPU), HostImages)
