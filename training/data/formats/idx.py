"""MNIST's IDX format: big-endian, ``00 00 TYPE NDIM``, NDIM sizes as uint32, then the data."""

import gzip
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models_zoo.errors import DamagedFile, UnsupportedFormat

UNSIGNED_BYTE = 0x08


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes, plain or gzipped by its name.

    Raises
    ------
    UnsupportedFormat
        If it is no IDX file of unsigned bytes.
    DamagedFile
        If the data are shorter or longer than the header says.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rb") as stream:
            content = stream.read()
    except (EOFError, gzip.BadGzipFile) as error:
        raise DamagedFile(f"{path.name} is no whole gzip file ({error}): fetch it again") from None
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != UNSIGNED_BYTE:
        raise UnsupportedFormat(f"{path.name} begins with {content[:4].hex()}; an IDX file of bytes with 000008")
    n_dimensions = content[3]
    start = 4 + 4 * n_dimensions
    sizes = struct.unpack(f">{n_dimensions}I", content[4:start])
    expected = int(np.prod(sizes))
    if len(content) - start != expected:
        raise DamagedFile(f"{path.name} holds {len(content) - start:,} bytes of data, its header says {expected:,}")
    return np.frombuffer(content, np.uint8, offset=start).reshape(sizes)
