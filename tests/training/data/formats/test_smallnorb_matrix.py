import gzip
import struct

import numpy as np
import pytest

from models_zoo.errors import DamagedFile, UnsupportedFormat
from tests.training.official_files import norb_matrix
from training.data.formats.smallnorb import read_matrix


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
    with pytest.raises(DamagedFile, match="360 bytes of data, its header says 400"):
        read_matrix(tmp_path / "m")
    (tmp_path / "cut.gz").write_bytes((tmp_path / "m.gz").read_bytes()[:-10])
    with pytest.raises(DamagedFile, match="no whole gzip"):
        read_matrix(tmp_path / "cut.gz")
