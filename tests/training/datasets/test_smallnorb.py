import gzip
import struct

import numpy as np
import pytest

from models_zoo.errors import DamagedFile, NotFound, UnsupportedFormat
from tests.training.official_files import norb_matrix
from training.config import build
from training.datasets import smallnorb
from training.datasets.smallnorb import read_matrix

TRAIN_TOYS, TEST_TOYS = (4, 6, 7, 8, 9), (0, 1, 2, 3, 5)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A few rows in no grid order; a photograph's grey level is its row's signature."""
    monkeypatch.setattr(
        smallnorb, "FILES", tuple(smallnorb.SourceFile(file.name, file.urls, file.checksum) for file in smallnorb.FILES)
    )
    (tmp_path / "smallnorb").mkdir()
    rng = np.random.default_rng(0)
    for half, toys in ((smallnorb.TRAIN, TRAIN_TOYS), (smallnorb.TEST, TEST_TOYS)):
        category = rng.permutation(np.arange(5, dtype=np.int32).repeat(4))
        info = np.stack(
            [rng.choice(toys, 20), rng.integers(0, 9, 20), 2 * rng.integers(0, 18, 20), rng.integers(0, 6, 20)], 1
        ).astype(np.int32)
        level = (category * 40 + info[:, 3] * 5 + (half == smallnorb.TEST)).astype(np.uint8)
        pictures = np.zeros((20, 2, 96, 96), np.uint8) + level[:, None, None, None]
        pictures[:, 1] = 255  # the right eye must never be shown
        norb_matrix(tmp_path / "smallnorb" / f"{half}-dat.mat.gz", pictures)
        norb_matrix(tmp_path / "smallnorb" / f"{half}-cat.mat.gz", category)
        norb_matrix(tmp_path / "smallnorb" / f"{half}-info.mat.gz", info)
    return tmp_path


def open_set(folder, **settings):
    return smallnorb.load(build(smallnorb.Config, settings), folder)


def test_images_follow_their_labels_in_grid_order(folder):
    data = open_set(folder)
    rows = np.arange(len(data))
    labels, images = data.labels(rows), data.images(rows)
    assert images.shape == (40, 64, 64, 1)
    assert data.factors.names == ("category", "elevation", "azimuth", "lighting")
    level = images[:, 32, 32, 0].astype(int)
    np.testing.assert_array_equal(level // 40, labels[:, 0])
    np.testing.assert_array_equal(level % 40 // 5, labels[:, 3])
    assert (np.diff(labels[:, 0]) >= 0).all()


def test_the_stored_azimuth_is_halved_and_the_toy_can_be_a_factor(folder):
    data = open_set(folder, instance="factor", split="train")
    labels = data.labels(np.arange(20))
    assert data.factors.sizes[3] == 18
    assert labels[:, 3].max() < 18
    assert data.factors.factors[1].values == tuple(float(toy) for toy in sorted({*TRAIN_TOYS}))
    assert labels[:, 1].max() < data.factors.sizes[1]


def test_missing_and_mismatched_files_are_named(folder):
    (folder / "smallnorb" / f"{smallnorb.TEST}-cat.mat.gz").unlink()
    with pytest.raises(NotFound, match=f"{smallnorb.TEST}-cat.mat.gz"):
        open_set(folder)
    norb_matrix(folder / "smallnorb" / f"{smallnorb.TEST}-cat.mat.gz", np.zeros(7, np.int32))
    with pytest.raises(DamagedFile, match="of 7 rows"):
        open_set(folder)


@pytest.mark.parametrize("array", [np.arange(7, dtype=np.int32), np.arange(24, dtype=np.uint8).reshape(2, 3, 2, 2)])
def test_a_matrix_is_read_back_whatever_its_number_of_dimensions(array, tmp_path):
    norb_matrix(tmp_path / "m.gz", array)
    read = read_matrix(tmp_path / "m.gz")
    assert read.shape == array.shape
    assert np.array_equal(read, array)


def test_numbers_are_little_endian(tmp_path):
    (tmp_path / "m").write_bytes(struct.pack("<ii3i", 0x1E3D4C54, 1, 1, 1, 1) + b"\x01\x00\x00\x00")
    assert read_matrix(tmp_path / "m").tolist() == [1]


def test_the_packed_type_and_other_files_are_refused(tmp_path):
    (tmp_path / "m").write_bytes(struct.pack("<ii3i", 0x1E3D4C52, 1, 1, 1, 1) + b"1234")
    with pytest.raises(UnsupportedFormat, match="0x1e3d4c52"):
        read_matrix(tmp_path / "m")


def test_a_truncated_matrix_is_damaged(tmp_path):
    norb_matrix(tmp_path / "m.gz", np.arange(100, dtype=np.int32))
    content = gzip.decompress((tmp_path / "m.gz").read_bytes())
    (tmp_path / "m").write_bytes(content[:-40])
    with pytest.raises(DamagedFile, match="360 bytes; allowed: 400"):
        read_matrix(tmp_path / "m")
    (tmp_path / "cut.gz").write_bytes((tmp_path / "m.gz").read_bytes()[:-10])
    with pytest.raises(DamagedFile, match="no whole gzip"):
        read_matrix(tmp_path / "cut.gz")
