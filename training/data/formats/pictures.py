"""Pictures to arrays of one size: Pillow, antialiased."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from models_zoo.errors import DamagedFile, TooLarge
from models_zoo.files import open_regular
from training.data.dataset import Images

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP")
MAX_BYTES = 512 * 1024**2
MAX_PIXELS = 64 * 1024**2


def resized(image: NDArray[np.uint8], side: int) -> Images:
    """Resize an image (height, width, channels) to (side, side, channels) by Lanczos, antialiased."""
    if image.shape[:2] == (side, side):
        return image
    flat = image[..., 0] if image.shape[-1] == 1 else image
    small = Image.fromarray(flat).resize((side, side), Image.Resampling.LANCZOS)
    return np.asarray(small, np.uint8).reshape(side, side, -1)


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Open a picture file for the length of a block; no pixel is unpacked before the block does it.

    Raises
    ------
    FileNotFoundError
    TooLarge
        For more than `MAX_BYTES`, or for more pixels than Pillow unpacks.
    InvalidInput
        If it is no regular file.
    DamagedFile
        If the file is no whole picture.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with open_regular(path, MAX_BYTES) as stream, Image.open(stream, formats=FORMATS) as opened:
                yield opened
    except FileNotFoundError:
        raise
    except Image.DecompressionBombError:
        raise TooLarge(
            f"got {path.name} with too many pixels; allowed: at most {MAX_PIXELS:,}; make it smaller",
            allowed=MAX_PIXELS,
        ) from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        raise DamagedFile(
            f"got {path.name}, which is no whole picture; allowed: {', '.join(FORMATS)}; replace it by one"
        ) from None


def open_picture(path: Path, mode: str) -> Image.Image:
    """Decode a picture file of at most `MAX_PIXELS` into ``mode``; raises as `_opened` does."""
    with _opened(path) as opened:
        width, height = opened.size
        if width * height > MAX_PIXELS:
            raise TooLarge(
                f"got {path.name} of {width} x {height} pixels; allowed: at most {MAX_PIXELS:,}; make it smaller",
                allowed=MAX_PIXELS,
            )
        return opened.convert(mode)


def picture_size(path: Path) -> tuple[int, int]:
    """Return width and height as the header of a picture file states them; raises as `_opened` does."""
    with _opened(path) as opened:
        return opened.size


def read_picture(path: Path, side: int, channels: int) -> Images:
    """Read a picture file as (side, side, channels) of 1 or 3 channels."""
    picture = open_picture(path, "L" if channels == 1 else "RGB")
    picture = picture.resize((side, side), Image.Resampling.LANCZOS) if picture.size != (side, side) else picture
    return np.asarray(picture, np.uint8).reshape(side, side, channels)
