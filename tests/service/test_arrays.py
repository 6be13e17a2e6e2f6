"""Arrays from and to the outside: our npy reader and writer against numpy's."""

import io

import numpy as np
import pytest

from backend.formats.arrays import read_npy, write_npy
from models_zoo.errors import InvalidInput

ARRAYS = {
    "one number a row": np.arange(3, dtype=np.float32),
    "scalar": np.array(7.5),
    "images": np.random.default_rng(0).random((2, 4, 5, 3)).astype(np.float32),
    "empty": np.zeros((0, 6)),
    "bytes": np.arange(12, dtype=np.uint8).reshape(3, 4),
    "big endian": np.arange(4, dtype=">f4"),
    "fortran order": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "strided": np.arange(20.0).reshape(4, 5)[::2, 1:],
}


@pytest.mark.parametrize("name", ARRAYS)
def test_what_numpy_writes_is_read(name):
    stream = io.BytesIO()
    np.save(stream, ARRAYS[name])
    assert np.array_equal(read_npy(stream.getvalue()), ARRAYS[name])


@pytest.mark.parametrize("name", ARRAYS)
def test_numpy_reads_what_is_written(name):
    written = write_npy(ARRAYS[name])
    found = np.load(io.BytesIO(written))
    assert np.array_equal(found, ARRAYS[name])
    assert written.index(b"\n") % 64 == 63


@pytest.mark.parametrize("cut", [1, 9, 60, 130])
def test_a_file_that_breaks_off_is_refused(cut):
    whole = write_npy(np.zeros((4, 4)))
    with pytest.raises(InvalidInput):
        read_npy(whole[:cut])


def test_a_header_that_promises_more_than_comes_is_refused():
    whole = write_npy(np.zeros((4, 4)))
    with pytest.raises(InvalidInput):
        read_npy(whole.replace(b"(4, 4)", b"(9, 9)"))
