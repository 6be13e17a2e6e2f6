"""Arrays of requests and answers: npy without pickles, nested lists, checks of shape and range."""

import io
import math
import re

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue
from pydantic_core import to_json

from models_zoo.errors import InvalidInput, TooLarge

MAX_LATENT = 1e6
MAGIC = b"\x93NUMPY\x01\x00"
PLAIN_HEADER = re.compile(
    rb"\{'descr': '([<|][fiu][1248])', 'fortran_order': False, 'shape': \(([\d, ]{0,80})\), \}\s*"
)
Floats = NDArray[np.float32]
Numbers = NDArray[np.integer | np.floating]


def from_bytes(pixels: NDArray[np.uint8]) -> Floats:
    """Convert uint8 pixels of any shape to float32 in [0, 1]."""
    return np.divide(pixels, 255, dtype=np.float32)


def _read_plain(body: bytes) -> Numbers | None:
    """Read the most common kind of npy file, five times faster than NumPy does; return None for all others."""
    if body[:8] != MAGIC:
        return None
    start = 10 + int.from_bytes(body[8:10], "little")
    found = PLAIN_HEADER.fullmatch(body[10:start])
    if found is None:
        return None
    shape = [int(size) for size in found[2].split(b",") if size.strip()]
    dtype = np.dtype(found[1].decode())
    if math.prod(shape) * dtype.itemsize != len(body) - start:
        return None
    return np.frombuffer(body, dtype, offset=start).reshape(shape)


def read_npy(body: bytes) -> Numbers:
    """Read an npy file; object arrays and pickles are refused.

    Raises
    ------
    InvalidInput
        If it is not one complete numeric array.
    """
    plain = _read_plain(body)
    if plain is not None:
        return plain
    try:
        array = np.load(io.BytesIO(body), allow_pickle=False)
    except Exception as error:  # noqa: BLE001 - numpy raises many kinds for bad files
        raise InvalidInput(
            f"got a body that is no readable npy array: {str(error)[:200]}; allowed: arrays that numpy.save wrote; "
            "send one",
            field="body",
        ) from None
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu":
        raise InvalidInput(
            "got an npy body of another type; allowed: integers and floats; send one of them", field="body"
        )
    return array


def write_npy(array: Numbers) -> bytes:
    """Return the npy file of an array."""
    shape = ", ".join(str(size) for size in array.shape) + ("," if array.ndim == 1 else "")
    header = f"{{'descr': '{array.dtype.str}', 'fortran_order': False, 'shape': ({shape}), }}"
    padded = header.ljust(-(-(len(header) + 11) // 64) * 64 - 11) + "\n"
    return b"".join((MAGIC, len(padded).to_bytes(2, "little"), padded.encode(), np.ascontiguousarray(array).data))


def images_json(images: Floats) -> bytes:
    """Return images (..., height, width, channels) as JSON with six decimals, one at a time to save memory."""
    if images.ndim > 3:
        return b"[" + b",".join(images_json(image) for image in images) + b"]"
    return to_json(np.round(images.astype(np.float64), 6).tolist())


def short_floats(array: NDArray[np.floating], digits: int = 6) -> list[JsonValue]:
    """Return nested lists of the numbers, rounded to ``digits`` significant digits."""
    short = np.array([float(f"{value:.{digits}g}") for value in array.ravel()]).reshape(array.shape)
    nested: list[JsonValue] = short.tolist()
    return nested


def from_lists(value: object, field: str) -> Numbers:
    """Convert nested lists to a numeric array.

    Raises
    ------
    InvalidInput
        If the lists are ragged, or have values that are not numbers.
    """
    try:
        array = np.array(value)
    except (ValueError, OverflowError, RecursionError):
        raise InvalidInput("got ragged nested lists; allowed: rows of the same length", field=field) from None
    if array.dtype.kind not in "fiu" and array.size:
        raise InvalidInput("got nested lists with other values than numbers; allowed: numbers", field=field)
    return array


def refuse_first(array: Numbers, bad: NDArray[np.bool_], field: str, allowed: str) -> None:
    """Refuse an array of which ``bad`` marks any value.

    Raises
    ------
    InvalidInput
        With the pointer of the first marked value.
    """
    if bad.any():
        place = "/".join([field, *map(str, np.argwhere(bad)[0])])
        raise InvalidInput(f"got {array[bad][0]} at {place}; allowed: {allowed}", field=place)


def check_finite(array: Numbers, field: str) -> None:
    """Raise `InvalidInput` for NaN and infinities."""
    refuse_first(array, ~np.isfinite(array), field, "finite numbers")


def check_count(n: int, limit: int, field: str) -> None:
    """Raise `InvalidInput` for an empty batch and `TooLarge` for more than ``limit``."""
    if n < 1:
        raise InvalidInput(f"got an empty list; allowed: 1 to {limit}", field=field)
    if n > limit:
        raise TooLarge(f"got {n} in one request; allowed: {limit}; send several requests", field=field, allowed=limit)


def check_latents(array: Numbers, latents: int, limit: int, field: str = "/latents") -> Floats:
    """Check an array of latent points, and return it as float32 (n, latents).

    Raises
    ------
    InvalidInput
        For a wrong shape, a value that is not finite, or one beyond +-1e6.
    """
    if array.ndim != 2 or array.shape[1] != latents:
        raise InvalidInput(
            f"got latents of shape {array.shape}; allowed: (n, {latents})",
            field=field,
            allowed=f"(n, {latents})",
        )
    check_count(len(array), limit, field)
    check_finite(array, field)
    refuse_first(array, np.abs(array) > MAX_LATENT, field, "-1e6 to 1e6")
    return np.ascontiguousarray(array, np.float32)


def check_images(array: Numbers, shape: tuple[int, int, int], limit: int, field: str = "/images") -> Floats:
    """Check an array of images, and return it as float32 (n, height, width, channels) in [0, 1].

    ``uint8`` is read as [0, 255]; a missing channel axis of a one-channel model is added.

    Raises
    ------
    InvalidInput
        For a wrong shape, a value that is not finite or outside [0, 1].
    """
    if array.ndim == 3 and shape[2] == 1:
        array = array[..., None]
    if array.shape[1:] != shape:
        height, width, channels = shape
        raise InvalidInput(
            f"got images of shape {array.shape}; allowed: (n, {height}, {width}, {channels})",
            field=field,
            allowed=f"(n, {height}, {width}, {channels})",
        )
    check_count(len(array), limit, field)
    if array.dtype == np.uint8:
        return from_bytes(array.astype(np.uint8, copy=False))
    check_finite(array, field)
    refuse_first(array, (array < 0) | (array > 1), field, "0 to 1")
    return np.ascontiguousarray(array, np.float32)
