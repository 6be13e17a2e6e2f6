import numpy as np
import pytest

from models_zoo.errors import DamagedFile, NotFound
from training.datasets import mpi3d_complex
from training.formats import mpi3d

SIZES = (2, 2, 2, 3, 3, 40, 40)


def test_the_flat_file_is_a_grid_with_the_first_factor_slowest(tmp_path, monkeypatch):
    monkeypatch.setitem(mpi3d.SIZES_BY_COUNT, 115_200, (2, 2))
    monkeypatch.setattr(mpi3d, "SIDE", 1)
    images = np.arange(115_200 * 3, dtype=np.int64).astype(np.uint8).reshape(115_200, 1, 1, 3)
    np.savez(tmp_path / mpi3d_complex.FILES[0].name, images=images)
    data = mpi3d_complex.load(mpi3d_complex.Config(), tmp_path)
    assert data.factors.sizes == SIZES
    factors = np.array([[1, 0, 1, 2, 0, 39, 7], [0, 1, 0, 0, 2, 0, 0]])
    indices = data.factors.to_index(factors)
    assert indices[0] == 7 + 40 * (39 + 40 * (0 + 3 * (2 + 3 * (1 + 2 * (0 + 2 * 1)))))
    assert np.array_equal(data.images(indices), images[indices])


def test_a_missing_file_says_what_to_put_where(tmp_path):
    with pytest.raises(NotFound, match=mpi3d_complex.FILES[0].name):
        mpi3d_complex.load(mpi3d_complex.Config(), tmp_path)


def test_the_number_of_images_tells_the_grid(tmp_path):
    sizes, count = (4, 4), 460_800
    assert mpi3d.factor_space(count, complex_objects=True).sizes == (*sizes, 2, 3, 3, 40, 40)
    np.savez(tmp_path / mpi3d_complex.FILES[0].name, images=np.zeros((5, 64, 64, 3), np.uint8))
    with pytest.raises(DamagedFile, match="5 images came; MPI3D has 1,036,800 or 460,800"):
        mpi3d_complex.load(mpi3d_complex.Config(), tmp_path)
