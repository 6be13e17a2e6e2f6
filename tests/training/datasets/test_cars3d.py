import numpy as np
import pytest

from models_zoo.errors import DamagedFile, NotFound
from tests.training.official_files import cars_archive
from training.config import build
from training.datasets import cars3d

NAMES = ["car_010_mesh", "car_002_mesh", "car_001_mesh"]


def picture_of(number):
    """im (128, 128, 3, 24, 4): red tells the object, green the azimuth, blue the elevation."""
    im = np.zeros((128, 128, 3, 24, 4), np.uint8)
    im[:, :, 0] = 10 + number * 50
    im[:, :, 1] = (np.arange(24) * 10)[:, None]
    im[:, :, 2] = np.arange(4) * 60
    return im


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(cars3d, "N_OBJECTS", 3)
    monkeypatch.setattr(cars3d, "factor_space", lambda n=3, make=cars3d.factor_space: make(n))
    (tmp_path / "cars3d").mkdir()
    pictures = {name: picture_of(number) for number, name in enumerate(NAMES)}
    cars_archive(tmp_path / "cars3d" / cars3d.ARCHIVE, NAMES, pictures, sorted(NAMES))
    return tmp_path


@pytest.mark.parametrize("side", [64, 128])
def test_factors_are_elevation_azimuth_and_object_in_the_order_of_the_list(folder, side):
    data = cars3d.load(build(cars3d.Config, {"side": side}), folder)
    rows = np.arange(len(data))
    labels = data.labels(rows)
    colour = data.images(rows)[:, side // 2, side // 2].astype(int)
    np.testing.assert_array_equal(colour[:, 0], 10 + labels[:, 2] * 50)
    np.testing.assert_array_equal(colour[:, 1], labels[:, 1] * 10)
    np.testing.assert_array_equal(colour[:, 2], labels[:, 0] * 60)
    assert len(data) == 4 * 24 * 3


def test_a_broken_archive_and_a_missing_one_are_named(folder):
    path = folder / "cars3d" / cars3d.ARCHIVE
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(DamagedFile, match="no whole archive"):
        cars3d.load(cars3d.Config(), folder)
    path.unlink()
    with pytest.raises(NotFound, match="axiscope data fetch cars3d"):
        cars3d.load(cars3d.Config(), folder)


def test_an_object_that_the_list_names_but_the_archive_lacks_is_named(folder):
    path = folder / "cars3d" / cars3d.ARCHIVE
    cars_archive(path, [*NAMES, "car_099_mesh"], {name: picture_of(0) for name in NAMES}, NAMES)
    with pytest.raises(DamagedFile, match=r"without car_099_mesh\.mat"):
        cars3d.load(cars3d.Config(), folder)
