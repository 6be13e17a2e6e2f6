"""Pictures to arrays of one size: Pillow, antialiased."""

import warnings
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


def open_picture(path: Path, mode: str) -> Image.Image:
    """Decode a picture file into ``mode``, its size checked before a pixel is unpacked.

    Raises
    ------
    FileNotFoundError
    TooLarge
        For more than `MAX_PIXELS` or `MAX_BYTES`.
    InvalidInput
        If it is no regular file.
    DamagedFile
        If the file is no whole picture.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with open_regular(path, MAX_BYTES) as stream, Image.open(stream, formats=FORMATS) as opened:
                width, height = opened.size
                if width * height > MAX_PIXELS:
                    raise TooLarge(
                        f"{path.name} has {width} x {height} pixels; allowed: at most {MAX_PIXELS:,}; make it smaller",
                        allowed=MAX_PIXELS,
                    )
                return opened.convert(mode)
    except FileNotFoundError:
        raise
    except Image.DecompressionBombError:
        raise TooLarge(
            f"{path.name} has too many pixels; allowed: at most {MAX_PIXELS:,}; make it smaller", allowed=MAX_PIXELS
        ) from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        raise DamagedFile(f"{path.name} is no whole picture: replace it by {', '.join(FORMATS)}") from None


def picture_size(path: Path) -> tuple[int, int]:
    """Return width and height as the header of a picture file states them; no pixel is unpacked.

    Raises
    ------
    TooLarge, InvalidInput, DamagedFile
        If it is too large a file, no regular file, or no picture.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with open_regular(path, MAX_BYTES) as stream, Image.open(stream, formats=FORMATS) as opened:
                return opened.size
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        raise DamagedFile(f"{path.name} is no whole picture: replace it by {', '.join(FORMATS)}") from None


def read_picture(path: Path, side: int, channels: int, crop: int | None = None) -> Images:
    """Read a picture file as (side, side, channels).

    Parameters
    ----------
    path : Path
    side : int
        Side of the result, pixels.
    channels : {1, 3}
    crop : int, optional
        Side of a centred square that is cut out first.

    Raises
    ------
    DamagedFile
        If the file is no whole picture.
    """
    picture = open_picture(path, "L" if channels == 1 else "RGB")
    if crop is not None:
        left, top = (picture.width - crop) // 2, (picture.height - crop) // 2
        picture = picture.crop((left, top, left + crop, top + crop))
    picture = picture.resize((side, side), Image.Resampling.LANCZOS) if picture.size != (side, side) else picture
    return np.asarray(picture, np.uint8).reshape(side, side, channels)
