import gzip

import numpy as np
import pytest

from models_zoo.errors import DamagedFile, UnsupportedFormat
from tests.training.official_files import idx_file
from training.data.formats.idx import read_idx


@pytest.mark.parametrize("name", ["a-ubyte", "a-ubyte.gz"])
def test_sizes_are_big_endian(tmp_path, name):
    array = np.arange(300 * 2, dtype=np.int64).astype(np.uint8).reshape(300, 2)
    idx_file(tmp_path / name, array)
    assert np.array_equal(read_idx(tmp_path / name), array)


def test_other_types_and_short_files_are_refused(tmp_path):
    (tmp_path / "a").write_bytes(b"\0\0\x0d\1\0\0\0\1....")
    with pytest.raises(UnsupportedFormat, match="00000d01"):
        read_idx(tmp_path / "a")
    idx_file(tmp_path / "b", np.zeros((10, 10), np.uint8))
    (tmp_path / "b").write_bytes((tmp_path / "b").read_bytes()[:-1])
    with pytest.raises(DamagedFile, match="99 bytes of data, its header says 100"):
        read_idx(tmp_path / "b")
    (tmp_path / "c.gz").write_bytes(gzip.compress(b"\0\0\x08\1")[:-8])
    with pytest.raises(DamagedFile, match="no whole gzip"):
        read_idx(tmp_path / "c.gz")
