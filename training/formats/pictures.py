"""Pictures to arrays of one size: Pillow, antialiased."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from models_zoo.errors import DamagedFile
from training.dataset import Images


def resized(image: NDArray[np.uint8], side: int) -> Images:
    """Image (height, width, channels) as (side, side, channels), Lanczos, antialiased."""
    if image.shape[:2] == (side, side):
        return image
    flat = image[..., 0] if image.shape[-1] == 1 else image
    small = Image.fromarray(flat).resize((side, side), Image.Resampling.LANCZOS)
    return np.asarray(small, np.uint8).reshape(side, side, -1)


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
    try:
        with Image.open(path) as opened:
            picture = opened.convert("L" if channels == 1 else "RGB")
    except (UnidentifiedImageError, OSError) as error:
        raise DamagedFile(f"{path} is no whole picture ({error}): replace it") from None
    if crop is not None:
        left, top = (picture.width - crop) // 2, (picture.height - crop) // 2
        picture = picture.crop((left, top, left + crop, top + crop))
    picture = picture.resize((side, side), Image.Resampling.LANCZOS) if picture.size != (side, side) else picture
    return np.asarray(picture, np.uint8).reshape(side, side, channels)
