"""First hits of rays on the four solids of 3D Shapes, which stand on the floor at the origin.

Axes: x to the right of the room, y towards its back wall, z up. Origins are (n, 3) or (1, 3), directions
(n, 3), float32, not necessarily of unit length; distances are in multiples of the direction.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SHAPES = ("cube", "cylinder", "sphere", "capsule")

CUBE_HALF_WIDTH, CUBE_HEIGHT = 0.1153, 0.2610
CYLINDER_RADIUS, CYLINDER_HEIGHT = 0.1335, 0.2979
SPHERE_RADIUS = 0.1542
CAPSULE_RADIUS, CAPSULE_HEIGHT = 0.1102, 0.4932

NEAREST = 1e-4
PARALLEL = np.float32(1e-7)

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass
class Hits:
    """First hit of every ray: distance (n,), infinite where there is none, and outward unit normal (n, 3)."""

    origins: Floats
    directions: Floats
    distance: Floats
    normal: Floats

    def offer(self, distance: Floats, valid: Mask, normal: NDArray[np.floating]) -> None:
        """Take the hits that are valid, before the eye and nearer than what was known."""
        nearer = valid & (distance > NEAREST) & (distance < self.distance)
        self.distance[nearer] = distance[nearer]
        self.normal[nearer] = np.broadcast_to(normal, self.normal.shape)[nearer]

    def along(self, distance: Floats) -> tuple[Floats, Floats, Floats]:
        """Return coordinates x, y, z of the rays at a distance each."""
        x, y, z = (self.origins + distance[:, None] * self.directions).T
        return x, y, z


def _safe(divisor: Floats) -> Floats:
    return np.where(np.abs(divisor) < PARALLEL, PARALLEL, divisor)


def _near_root(a: Floats, half_b: Floats, c: Floats) -> tuple[Floats, Mask]:
    """Return the smaller root of a t^2 + 2 half_b t + c, and where it is real."""
    discriminant = half_b * half_b - a * c
    return (-half_b - np.sqrt(np.maximum(discriminant, 0))) / a, discriminant >= 0


def _ball(hits: Hits, radius: float, height: float) -> None:
    """Add the hits on a ball whose centre stands at ``height``."""
    from_centre = hits.origins - np.array([0, 0, height], np.float32)
    a = np.square(hits.directions).sum(axis=1)
    half_b = (from_centre * hits.directions).sum(axis=1)
    distance, real = _near_root(a, half_b, np.square(from_centre).sum(axis=1) - np.float32(radius**2))
    normal = (from_centre + distance[:, None] * hits.directions) / np.float32(radius)
    hits.offer(distance, real, normal)


def _tube(hits: Hits, radius: float, bottom: float, top: float) -> None:
    """Add the hits on the side of an upright cylinder."""
    level, direction = hits.origins[:, :2], hits.directions[:, :2]
    a = _safe(np.square(direction).sum(axis=1))
    half_b = (level * direction).sum(axis=1)
    distance, real = _near_root(a, half_b, np.square(level).sum(axis=1) - np.float32(radius**2))
    x, y, z = hits.along(distance)
    hits.offer(distance, real & (z >= bottom) & (z <= top), np.stack([x, y, 0 * z], axis=1) / np.float32(radius))


def _disc(hits: Hits, radius: float, height: float, up: float) -> None:
    """Add the hits on a horizontal disc that faces up (1) or down (-1)."""
    distance = (np.float32(height) - hits.origins[:, 2]) / _safe(hits.directions[:, 2])
    x, y, _ = hits.along(distance)
    hits.offer(distance, x * x + y * y <= np.float32(radius**2), np.array([0, 0, up], np.float32))


def _box(hits: Hits, half_width: float, height: float) -> None:
    """Add the hits on the six faces of an upright box."""
    half = np.array([half_width, half_width, height / 2], np.float32)
    centre = np.array([0, 0, height / 2], np.float32)
    for axis in range(3):
        others = [other for other in range(3) if other != axis]
        for side in (-1.0, 1.0):
            plane = centre[axis] + np.float32(side) * half[axis]
            distance = (plane - hits.origins[:, axis]) / _safe(hits.directions[:, axis])
            point = np.stack(hits.along(distance), axis=1)[:, others]
            normal = np.zeros(3, np.float32)
            normal[axis] = side
            hits.offer(distance, (np.abs(point - centre[others]) <= half[others]).all(axis=1), normal)


def first_hits(origins: Floats, directions: Floats, shape: int, size: float) -> Hits:
    """Return the first hits on the solid of index ``shape``, ``size`` times as large as at size 1."""
    n = len(directions)
    hits = Hits(origins, directions, np.full(n, np.inf, np.float32), np.zeros((n, 3), np.float32))
    if shape == 0:
        _box(hits, CUBE_HALF_WIDTH * size, CUBE_HEIGHT * size)
    elif shape == 1:
        _tube(hits, CYLINDER_RADIUS * size, 0, CYLINDER_HEIGHT * size)
        _disc(hits, CYLINDER_RADIUS * size, CYLINDER_HEIGHT * size, 1)
        _disc(hits, CYLINDER_RADIUS * size, 0, -1)
    elif shape == 2:
        _ball(hits, SPHERE_RADIUS * size, SPHERE_RADIUS * size)
    else:
        radius, height = CAPSULE_RADIUS * size, CAPSULE_HEIGHT * size
        _tube(hits, radius, radius, height - radius)
        _ball(hits, radius, radius)
        _ball(hits, radius, height - radius)
    return hits
