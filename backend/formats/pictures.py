"""Pictures that people send, PNG or JPEG, as arrays; a bomb is refused before it is unpacked."""

import base64
import binascii
import io
import warnings

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from models_zoo.errors import InvalidInput, TooLarge, UnsupportedFormat

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
MODES = {1: "L", 3: "RGB"}


def from_base64(text: str, field: str) -> bytes:
    """Bytes of a base64 string or a ``data:`` URL.

    Raises
    ------
    InvalidInput
        If it is not base64.
    """
    _, comma, tail = text.partition(",")
    try:
        return base64.b64decode(tail if text.startswith("data:") and comma else text, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput("the string is not base64; send a PNG file as base64", field=field) from None


def open_picture(data: bytes, most_pixels: int, field: str) -> Image.Image:
    """Picture of ``data``, its size checked before a pixel is unpacked.

    Raises
    ------
    TooLarge
        For more than ``most_pixels`` pixels.
    UnsupportedFormat
        If it is no picture of a known format.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError:
        raise TooLarge(f"the picture is too large; the limit is {most_pixels} pixels", field=field) from None
    except Exception:  # noqa: BLE001 - Pillow raises many kinds for bad files
        message = f"this is no picture that can be read here; allowed are {', '.join(FORMATS)}"
        raise UnsupportedFormat(message, field=field, allowed=list(FORMATS)) from None
    width, height = picture.size
    if width * height > most_pixels:
        message = f"a picture of {width} x {height} pixels came; the limit is {most_pixels} pixels: make it smaller"
        raise TooLarge(message, field=field, allowed=most_pixels)
    return picture


def to_array(data: bytes, shape: tuple[int, int, int], fit: str, most_pixels: int, field: str) -> NDArray[np.uint8]:
    """uint8 (height, width, channels) of an encoded picture.

    Parameters
    ----------
    data : bytes
        PNG, JPEG, WebP, BMP or GIF file.
    shape : tuple of int
        Height, width, channels of the model.
    fit : {"exact", "cover", "stretch"}
        What to do with another size: refuse, cut to the middle, stretch.
    most_pixels : int
        Limit of the picture's size.
    field : str
        Pointer for errors.

    Raises
    ------
    InvalidInput
        For another size with ``fit="exact"``, or a file that breaks off.
    """
    height, width, channels = shape
    picture = open_picture(data, most_pixels, field)
    if fit == "exact" and picture.size != (width, height):
        message = (
            f"a picture of {picture.size[0]} x {picture.size[1]} pixels came; this model takes {width} x {height}: "
            "resize it, or send fit=cover or fit=stretch"
        )
        raise InvalidInput(message, field=field, allowed=[width, height])
    try:
        picture = picture.convert(MODES.get(channels, "RGB"))
        if fit == "cover":
            picture = ImageOps.fit(picture, (width, height), Image.Resampling.BOX)
        elif fit == "stretch":
            picture = picture.resize((width, height), Image.Resampling.BOX)
    except Exception:  # noqa: BLE001 - Pillow raises many kinds for files that break off
        raise InvalidInput("the picture is damaged: it breaks off or its data are wrong", field=field) from None
    return np.asarray(picture, np.uint8).reshape(shape)
