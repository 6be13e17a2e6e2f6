"""smallNORB's binary matrices ("mat", not Matlab's): little-endian magic, ndim, at least three sizes, data."""

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models_zoo.errors import DamagedFile, UnsupportedFormat

TYPES = {0x1E3D4C55: "u1", 0x1E3D4C54: "<i4", 0x1E3D4C56: "<i2", 0x1E3D4C51: "<f4", 0x1E3D4C53: "<f8"}
MIN_STORED_SIZES = 3


def read_matrix(path: Path) -> NDArray[Any]:
    """Read a smallNORB matrix, plain or gzipped by its name.

    Raises
    ------
    UnsupportedFormat
        If the magic number is none of the known ones (the packed type is not read).
    DamagedFile
        If the file is truncated.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rb") as stream:
            content = stream.read()
    except (EOFError, gzip.BadGzipFile) as error:
        raise DamagedFile(f"{path.name} is no whole gzip file ({error}): fetch it again") from None
    if len(content) < 8:
        raise DamagedFile(f"{path.name} has {len(content)} bytes: fetch it again")
    magic, n_dimensions = struct.unpack("<ii", content[:8])
    if magic not in TYPES:
        raise UnsupportedFormat(f"{path.name} begins with {magic:#x}; allowed are {', '.join(map(hex, TYPES))}")
    stored = max(MIN_STORED_SIZES, n_dimensions)
    start = 8 + 4 * stored
    shape = struct.unpack(f"<{stored}i", content[8:start])[:n_dimensions]
    dtype = np.dtype(TYPES[magic])
    expected = int(np.prod(shape)) * dtype.itemsize
    if len(content) - start < expected:
        raise DamagedFile(f"{path.name} holds {len(content) - start:,} bytes of data, its header says {expected:,}")
    return np.frombuffer(content, dtype, count=int(np.prod(shape)), offset=start).reshape(shape)
