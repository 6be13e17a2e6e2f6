import numpy as np
import pytest

from models_zoo.errors import DamagedFile, NotFound
from training.datasets import mpi3d
from training.registry import DATASETS

SMALL = (2, 2, 2, 3, 3, 40, 40)
COUNT = int(np.prod(SMALL))
NAMES = ["mpi3d_toy", "mpi3d_realistic", "mpi3d_real", "mpi3d_complex"]


@pytest.mark.parametrize("name", NAMES)
def test_the_flat_file_is_a_grid_with_the_first_factor_slowest(tmp_path, monkeypatch, name):
    plugin = DATASETS.load(name)
    monkeypatch.setitem(mpi3d.SIZES_BY_COUNT, COUNT, SMALL[:2])
    monkeypatch.setattr(mpi3d, "SIDE", 1)
    images = np.arange(COUNT * 3, dtype=np.int64).astype(np.uint8).reshape(COUNT, 1, 1, 3)
    np.savez(tmp_path / plugin.FILES[0].name, images=images)
    opened = plugin.load(plugin.Config(), tmp_path)
    assert (opened.name, opened.factors.sizes) == (name, SMALL)
    factors = np.array([[1, 0, 1, 2, 0, 39, 7], [0, 1, 0, 0, 2, 0, 0]])
    indices = opened.factors.to_index(factors)
    assert indices[0] == 7 + 40 * (39 + 40 * (0 + 3 * (2 + 3 * (1 + 2 * (0 + 2 * 1)))))
    assert np.array_equal(opened.images(indices), images[indices])
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".npy"] == []  # mapped, not copied


@pytest.mark.parametrize("name", NAMES)
def test_the_number_of_images_determines_the_grid(tmp_path, name):
    plugin = DATASETS.load(name)
    complex_objects = name == "mpi3d_complex"
    sizes, count = ((4, 4), 460_800) if complex_objects else ((6, 6), 1_036_800)
    space = mpi3d.factor_space(count, complex_objects=complex_objects)
    assert space.sizes == (*sizes, 2, 3, 3, 40, 40)
    assert space.factors[1].values[0] == ("coffee-cup" if complex_objects else "cone")
    np.savez(tmp_path / plugin.FILES[0].name, images=np.zeros((5, 64, 64, 3), np.uint8))
    with pytest.raises(DamagedFile, match="got 5 images; allowed: 1,036,800 or 460,800"):
        plugin.load(plugin.Config(), tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_file_is_named_with_what_to_do(tmp_path, name):
    plugin = DATASETS.load(name)
    with pytest.raises(NotFound, match=plugin.FILES[0].name) as caught:
        plugin.load(plugin.Config(), tmp_path)
    assert plugin.HOW in caught.value.message


def test_real_and_complex_sets_of_one_size_differ_in_their_shapes():
    assert mpi3d.factor_space(1_036_800, complex_objects=False).sizes == (6, 6, 2, 3, 3, 40, 40)
    assert mpi3d.factor_space(460_800, complex_objects=True).sizes == (4, 4, 2, 3, 3, 40, 40)
    assert mpi3d.factor_space(460_800, complex_objects=True).factors[1].values[0] == "coffee-cup"
    with pytest.raises(DamagedFile, match="got 1,000 images"):
        mpi3d.factor_space(1_000, complex_objects=False)
