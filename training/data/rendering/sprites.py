"""Rendering of the sprites of dSprites: three shapes on a black ground of 64 x 64 binary pixels.

The geometry was fitted to the preview picture of the official repository and checked on pictures that
took no part in the fit (docs/datasets.md has the figures). In the local frame of a sprite (pixels at
scale 1, origin at its position, u to the right, v down, before rotation) a point is inside

- the square    where |u|, |v| <= 9.6
- the ellipse   where (u / 12.8)^2 + (v / 7.2)^2 <= 1
- the heart     between the two branches of u = 9.6 sin^3 t,
                v = -0.6625 (13 cos t - 5 cos 2t - 2 cos 3t - cos 4t) - 1.45

Positions lie at 16 + 32 i / 31 pixels, rotation is counter-clockwise on the screen, and a pixel is white
where its centre is inside; nothing is smoothed. A packed row is one uint64 whose highest bit is the
leftmost pixel.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

SIDE = 64
SIZES = (3, 6, 40, 32, 32)
SHAPES = ("square", "ellipse", "heart")
SCALES = np.linspace(0.5, 1, 6)
ORIENTATIONS = np.linspace(0, 2 * np.pi, 40)
POSITIONS = np.linspace(0, 1, 32)
N_IMAGES = int(np.prod(SIZES))

SQUARE_HALF_SIDE = 9.6
ELLIPSE_AXES = (12.8, 7.2)
HEART_WIDTH, HEART_HEIGHT, HEART_SHIFT = 9.6, 0.6625, -1.45

WINDOW = 32
TABLE_STEPS = 2048

Bits = NDArray[np.uint8]
Rows = NDArray[np.uint64]
Floats = NDArray[np.float32]

CENTRES = 16 + 32 * POSITIONS
WINDOW_STARTS = np.minimum(np.floor(CENTRES).astype(np.int64) - WINDOW // 2, SIDE - WINDOW)
# Distance of each pixel centre of a sprite's window from the sprite, per position: (32, WINDOW).
OFFSETS = (WINDOW_STARTS[:, None] + np.arange(WINDOW) + 0.5 - CENTRES[:, None]).astype(np.float32)


@cache
def _heart_branches() -> tuple[Floats, Floats]:
    """Return upper and lower v of the heart at |u|; every vertical line meets it in one piece.

    One entry beyond the widest point is empty, so that all larger |u| can be clipped to it.
    """
    t = np.linspace(0, np.pi, 20_001)
    u = HEART_WIDTH * np.sin(t) ** 3
    wave = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    v = -HEART_HEIGHT * wave + HEART_SHIFT
    widest = int(u.argmax())
    grid = np.linspace(0, HEART_WIDTH, TABLE_STEPS)
    upper = np.interp(grid, u[: widest + 1], v[: widest + 1])
    lower = np.interp(grid, u[widest:][::-1], v[widest:][::-1])
    return np.append(upper, 99).astype(np.float32), np.append(lower, -99).astype(np.float32)


def inside(shape: int, u: Floats, v: Floats) -> NDArray[np.bool_]:
    """Return whether the local points (u, v) are in the shape with that index; arrays of one shape in and out."""
    hit: NDArray[np.bool_]
    if shape == 0:
        hit = np.maximum(np.abs(u), np.abs(v)) <= SQUARE_HALF_SIDE
    elif shape == 1:
        across, down = (np.float32(1 / axis) for axis in ELLIPSE_AXES)
        hit = np.square(u * across) + np.square(v * down) <= 1
    else:
        upper, lower = _heart_branches()
        step = np.float32((TABLE_STEPS - 1) / HEART_WIDTH)
        entry = np.minimum(np.abs(u) * step + np.float32(0.5), TABLE_STEPS).astype(np.int32)
        hit = (v >= upper[entry]) & (v <= lower[entry])
    return hit


def _rotation(scale: NDArray[np.int64], orientation: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return cosine and sine over scale; the last orientation is the first again, to the bit."""
    angle = np.where(orientation == len(ORIENTATIONS) - 1, 0, ORIENTATIONS[orientation])
    size = SCALES[scale]
    return (np.cos(angle) / size).astype(np.float32), (np.sin(angle) / size).astype(np.float32)


def _pack_windows(windows: NDArray[np.bool_], starts: NDArray[np.int64]) -> Rows:
    """Move rows of WINDOW pixels (..., WINDOW) to their column: uint64 (...); `starts` broadcasts."""
    words = np.packbits(windows, axis=-1).view(">u4")[..., 0].astype(np.uint64)
    words <<= (SIDE - WINDOW - starts).astype(np.uint64)
    return words


def render(factors: NDArray[np.int64]) -> Rows:
    """Draw the given sprites only, with no cache.

    Parameters
    ----------
    factors : int64 array of shape (n, 5)
        Classes of shape, scale, orientation, posX, posY.

    Returns
    -------
    uint64 array of shape (n, 64)
        Packed rows, top first.
    """
    shape, scale, orientation, column, row = factors.T
    cosine, sine = (part[:, None, None] for part in _rotation(scale, orientation))
    x, y = OFFSETS[column][:, None, :], OFFSETS[row][:, :, None]
    u, v = cosine * x - sine * y, sine * x + cosine * y
    windows = np.empty(u.shape, np.bool_)
    for index in range(len(SHAPES)):
        chosen = shape == index
        if chosen.any():
            windows[chosen] = inside(index, u[chosen], v[chosen])
    rows = np.zeros((len(factors), SIDE), np.uint64)
    words = _pack_windows(windows, WINDOW_STARTS[column][:, None])
    np.put_along_axis(rows, WINDOW_STARTS[row][:, None] + np.arange(WINDOW), words, axis=1)
    return rows


def _render_positions(shape: int, scale: int, orientation: int) -> Rows:
    """Draw one sprite at all positions: uint64 (posX 32, posY 32, row 64)."""
    (cosine,), (sine,) = _rotation(np.array([scale]), np.array([orientation]))
    offsets = OFFSETS.ravel()
    x, y = offsets[None, :], offsets[:, None]
    windows = inside(shape, cosine * x - sine * y, sine * x + cosine * y)
    n = len(POSITIONS)
    words = _pack_windows(windows.reshape(n, WINDOW, n, WINDOW), WINDOW_STARTS)  # posY, window row, posX
    rows = np.zeros((n, n, SIDE), np.uint64)
    for position, start in enumerate(WINDOW_STARTS):
        rows[:, position, start : start + WINDOW] = words[position].T
    return rows


def render_all() -> Rows:
    """Draw the whole set: uint64 (737280, 64), 377 MB, a few seconds."""
    n_shapes, n_scales, n_orientations = SIZES[:3]
    rows = np.empty((*SIZES, SIDE), np.uint64)
    for shape in range(n_shapes):
        for scale in range(n_scales):
            for orientation in range(n_orientations):
                rows[shape, scale, orientation] = _render_positions(shape, scale, orientation)
    return rows.reshape(N_IMAGES, SIDE)


def unpack(rows: Rows) -> Bits:
    """Unpack rows (n, 64) to pixels (n, 64, 64), uint8 of 0 and 1."""
    return np.unpackbits(rows.astype(">u8").view(np.uint8).reshape(len(rows), SIDE, SIDE // 8), axis=2)
