"""Rendering of the room of 3D Shapes: one solid before two walls, under one lamp.

Camera, room, sizes and shading were fitted to pictures of the official notebook (docs/datasets.md has the
figures). The unit of length is the distance from camera to object; the camera orbits the object.

A picture is linear in its three colours: floor, wall and object. So geometry and shading are computed once
for each of the 8 x 4 x 15 combinations of scale, shape and orientation, as six weights per pixel:
floor, wall, object, and a constant red, green and blue (sky and highlights). A picture is then one
product of (4096, 6) by (6, 3).
"""

import colorsys
import threading
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from training.data.rendering.solids import Floats, first_hits

SIDE = 64
SUPERSAMPLING = 2
SIZES = (10, 10, 10, 8, 4, 15)
HUES = np.linspace(0, 0.9, 10)
SCALES = np.linspace(0.75, 1.25, 8)
ORIENTATIONS = np.linspace(-30, 30, 15)

FIELD_OF_VIEW = 0.3828  # tangent of half the angle
CAMERA_HEIGHT, CAMERA_PITCH = 0.3253, 0.0549  # pitch: downwards, rad
HALF_WIDTH, BACK_WALL, WALL_HEIGHT = 1.0121, 1.0761, 0.5811
DRAWN_SIZES = np.linspace(0.737, 1.263, 8)  # as fitted; the labels are .75 to 1.25
LIGHT_RIGHT, LIGHT_AHEAD = -0.256, 0.170  # slope of the light against the vertical, fixed to the camera
SHADOW = 0.33
SKY = np.array([153, 226, 249], np.float32) / 255
N_GEOMETRIES = (8, 4, 15)
N_WEIGHTS = 6

Pictures = NDArray[np.uint8]


@dataclass(frozen=True)
class View:
    """Rays of one orientation, and the empty room in their directions."""

    origin: Floats
    directions: Floats
    right: Floats
    forward: Floats
    light: Floats
    forward_down: Floats
    empty: Floats
    shadowable: NDArray[np.intp]
    shadow_points: Floats
    coverable: NDArray[np.intp]


@cache
def _screen() -> tuple[Floats, Floats]:
    """Return the screen coordinates of all rays, -1 to 1, x to the right and y down."""
    n = SIDE * SUPERSAMPLING
    axis = ((np.arange(n) + 0.5) / (n / 2) - 1).astype(np.float32)
    y, x = np.meshgrid(axis, axis, indexing="ij")
    return x.ravel(), y.ravel()


def _floor_shade(right: Floats, ahead: Floats) -> Floats:
    """Return the brightness of the floor: it falls off to the right and towards the back wall."""
    far = np.clip((ahead - 0.55) / 0.55, 0, 1)
    fall = 0.55 * np.maximum(right + 0.05, 0) ** 1.3 + 0.28 * far * far * (3 - 2 * far)
    shade: Floats = np.clip(1.03 - fall, 0.3, 1)
    return shade


def _distances(origin: Floats, directions: Floats) -> tuple[Floats, Floats, Floats]:
    """Return distances to the floor, the side walls and the back wall; infinite where a ray never meets them."""
    x, y, z = directions.T
    with np.errstate(divide="ignore", invalid="ignore"):
        floor = np.where(z < 0, -origin[2] / z, np.inf)
        side = (np.where(x > 0, HALF_WIDTH, -HALF_WIDTH) - origin[0]) / x
        back = np.where(y > 0, (BACK_WALL - origin[1]) / y, np.inf)
    return floor, np.where(side > 0, side, np.inf), np.where(back > 0, back, np.inf)


@cache
def view(orientation: int) -> View:
    """Return rays of the camera at that orientation, and the weights of the room without its object."""
    angle = np.radians(ORIENTATIONS[orientation])
    forward = np.array([-np.sin(angle), np.cos(angle), 0])
    right = np.array([np.cos(angle), np.sin(angle), 0])
    up = np.array([0, 0, 1])
    forward_down = forward * np.cos(CAMERA_PITCH) - up * np.sin(CAMERA_PITCH)
    screen_up = up * np.cos(CAMERA_PITCH) + forward * np.sin(CAMERA_PITCH)
    x, y = _screen()
    origin = (CAMERA_HEIGHT * up - forward).astype(np.float32)
    directions = (forward_down + FIELD_OF_VIEW * (x[:, None] * right - y[:, None] * screen_up)).astype(np.float32)

    to_floor, to_side, to_back = _distances(origin, directions)
    to_wall = np.minimum(to_side, to_back)
    floor = to_floor < to_wall
    wall = ~floor & (origin[2] + to_wall * directions[:, 2] <= WALL_HEIGHT)
    facing = np.where(to_side < to_back, np.abs(forward[0]), forward[1])  # wall normal . towards the camera
    points = origin + directions * np.where(floor, to_floor, 0)[:, None].astype(np.float32)
    to_right, ahead = points @ right, points @ forward

    empty = np.zeros((len(directions), N_WEIGHTS), np.float32)
    empty[:, 0] = floor * _floor_shade(to_right, ahead)
    empty[:, 1] = wall * np.clip(0.49 + 0.55 * facing, 0, 1)
    empty[:, 3:] = (~floor & ~wall)[:, None] * SKY
    shadowable = np.flatnonzero(floor & (np.abs(to_right) < 0.6) & (np.abs(ahead) < 0.6))
    light = LIGHT_RIGHT * right + LIGHT_AHEAD * forward + up
    return View(
        origin=origin,
        directions=directions,
        right=right.astype(np.float32),
        forward=forward.astype(np.float32),
        light=light.astype(np.float32),
        forward_down=forward_down.astype(np.float32),
        empty=empty,
        shadowable=shadowable,
        shadow_points=points[shadowable],
        coverable=np.flatnonzero((np.abs(x) < 0.62) & (y < 0.95)),
    )


def geometry(scale: int, shape: int, orientation: int) -> Floats:
    """Return weights (4096, 6) of one combination: floor, wall, object, constant red, green, blue."""
    seen = view(orientation)
    size = float(DRAWN_SIZES[scale])
    weights = seen.empty.copy()

    towards_light = np.broadcast_to(seen.light, seen.shadow_points.shape)
    shaded = np.isfinite(first_hits(seen.shadow_points, towards_light, shape, size).distance)
    weights[seen.shadowable[shaded], 0] = SHADOW

    hits = first_hits(seen.origin[None], seen.directions[seen.coverable], shape, size)
    met = np.isfinite(hits.distance)
    normal = hits.normal[met]
    halfway = seen.light / np.linalg.norm(seen.light) - seen.forward_down
    halfway /= np.linalg.norm(halfway)
    highlight = 0.14 * np.clip(normal @ halfway, 0, 1) ** 12
    diffuse = 0.67 - 0.05 * (normal @ seen.right) - 0.27 * (normal @ seen.forward) + 0.15 * normal[:, 2]
    covered = seen.coverable[met]
    weights[covered] = 0
    weights[covered, 2] = np.clip(diffuse, 0, 1 - highlight)
    weights[covered, 3:] = highlight[:, None]
    fine = weights.reshape(SIDE, SUPERSAMPLING, SIDE, SUPERSAMPLING, N_WEIGHTS)
    pixels: Floats = fine.mean(axis=(1, 3)).reshape(SIDE * SIDE, N_WEIGHTS)
    return pixels


@cache
def palette() -> Floats:
    """Return red, green and blue of the ten hues at full saturation, 0 to 255: (10, 3)."""
    return 255 * np.array([colorsys.hsv_to_rgb(hue, 1, 1) for hue in HUES], np.float32)


class Room:
    """Renderer of the room; it keeps the geometries that it has computed, 47 MB for all 480."""

    def __init__(self) -> None:
        self._weights = np.empty((*N_GEOMETRIES, SIDE * SIDE, N_WEIGHTS), np.float32)
        self._known = np.zeros(N_GEOMETRIES, np.bool_)
        self._lock = threading.Lock()

    def _prepare(self, geometries: NDArray[np.int64]) -> None:
        missing = geometries[~self._known[tuple(geometries.T)]]
        if not len(missing):
            return
        with self._lock:
            for scale, shape, orientation in np.unique(missing, axis=0):
                if not self._known[scale, shape, orientation]:
                    self._weights[scale, shape, orientation] = geometry(scale, shape, orientation)
                    self._known[scale, shape, orientation] = True

    def render(self, factors: NDArray[np.int64]) -> Pictures:
        """Draw pictures, uint8 (n, 64, 64, 3).

        Parameters
        ----------
        factors : int64 array of shape (n, 6)
            Classes of floor hue, wall hue, object hue, scale, shape, orientation.
        """
        n = len(factors)
        self._prepare(factors[:, 3:])
        colours = np.empty((n, N_WEIGHTS, 3), np.float32)
        colours[:, :3] = palette()[factors[:, :3]]
        colours[:, 3:] = 255 * np.eye(3, dtype=np.float32)
        pictures = np.empty((n, SIDE * SIDE, 3), np.uint8)
        product = np.empty((SIDE * SIDE, 3), np.float32)  # one picture at a time stays in the second-level cache
        for picture, combination, colour in zip(pictures, factors[:, 3:].tolist(), colours, strict=True):
            np.dot(self._weights[tuple(combination)], colour, out=product)
            np.add(product, np.float32(0.5), out=picture, casting="unsafe")
        return pictures.reshape(n, SIDE, SIDE, 3)


@cache
def shared() -> Room:
    """Return the renderer of this process, which all its data sets use: its geometries are kept until the end."""
    return Room()
