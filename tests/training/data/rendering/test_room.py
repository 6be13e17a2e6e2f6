"""The room against a ray marcher that only knows whether a point is inside a solid."""

import numpy as np
import pytest

from training.data.rendering import room
from training.data.rendering.solids import first_hits

RNG = np.random.default_rng(0)


def is_inside(points: np.ndarray, shape: int, size: float) -> np.ndarray:
    x, y, z = points[..., 0] / size, points[..., 1] / size, points[..., 2] / size
    around = np.hypot(x, y)
    if shape == 0:
        return (np.abs(x) <= 0.1153) & (np.abs(y) <= 0.1153) & (z >= 0) & (z <= 0.2610)
    if shape == 1:
        return (around <= 0.1335) & (z >= 0) & (z <= 0.2979)
    if shape == 2:
        return around**2 + (z - 0.1542) ** 2 <= 0.1542**2
    return around**2 + (z - np.clip(z, 0.1102, 0.4932 - 0.1102)) ** 2 <= 0.1102**2


@pytest.mark.parametrize("shape", range(4))
@pytest.mark.parametrize("orientation", [0, 9])
def test_rays_meet_a_solid_where_marching_along_them_first_enters_it(shape: int, orientation: int) -> None:
    seen = room.view(orientation)
    chosen = (np.arange(30, 110, 3)[:, None] * 128 + np.arange(40, 88, 2)).ravel()
    directions = seen.directions[chosen]
    step = 0.002
    distances = np.arange(0.3, 1.7, step)
    path = seen.origin + distances[None, :, None] * directions[:, None, :]
    within = is_inside(path, shape, 1.1)
    marched = np.where(within.any(axis=1), distances[within.argmax(axis=1)], np.inf)

    hits = first_hits(seen.origin[None], directions, shape, 1.1)
    both = np.isfinite(marched) & np.isfinite(hits.distance)
    assert both.sum() > 20
    # Rays that graze an outline within one step may be met by one of the two only.
    assert (np.isfinite(marched) != np.isfinite(hits.distance)).sum() <= 0.02 * len(chosen)
    assert np.abs(marched[both] - hits.distance[both]).max() <= 2 * step
    assert np.allclose(np.linalg.norm(hits.normal[both], axis=1), 1, atol=1e-4)
    assert ((hits.normal[both] * directions[both]).sum(axis=1) <= 1e-3).all()  # faces the eye


@pytest.mark.parametrize("shape", range(4))
def test_a_point_is_in_shadow_where_its_way_to_the_light_passes_through_the_solid(shape: int) -> None:
    seen = room.view(7)
    chosen = RNG.choice(len(seen.shadowable), 300, replace=False)
    points = seen.shadow_points[chosen]
    points = points[~is_inside(points + np.array([0, 0, 0.001]), shape, 1.0)]  # what the solid hides needs no shadow
    way = points[:, None, :] + np.arange(0.001, 0.8, 0.001)[None, :, None] * seen.light
    shaded = is_inside(way, shape, 1.0).any(axis=1)
    hits = first_hits(points, np.broadcast_to(seen.light, points.shape), shape, 1.0)
    assert (shaded != np.isfinite(hits.distance)).mean() <= 0.02


def test_weights_of_a_pixel_cover_it_once() -> None:
    weights = room.geometry(4, 2, 7)
    assert weights.shape == (4096, 6)
    assert weights.min() >= 0
    assert weights[:, :3].sum(axis=1).max() <= 1
    reachable = weights[:, :3].sum(axis=1) + weights[:, 3:].max(axis=1)
    assert reachable.max() <= 1 + 1e-6  # no colour can overflow a byte


def pictures(*factors: tuple[int, ...]) -> np.ndarray:
    return room.shared().render(np.array(factors)).astype(int)


def test_each_hue_colours_its_own_part_only() -> None:
    base, floor, wall, thing = pictures((0, 0, 0, 4, 1, 7), (5, 0, 0, 4, 1, 7), (0, 5, 0, 4, 1, 7), (0, 0, 5, 4, 1, 7))
    parts = [np.abs(other - base).sum(axis=-1) > 60 for other in (floor, wall, thing)]
    rows = [np.nonzero(part)[0].mean() for part in parts]
    assert rows[1] < rows[2] < rows[0]  # wall above, object in the middle, floor below
    assert (parts[0] & parts[1]).mean() < 0.04
    assert (parts[0] & parts[2]).mean() < 0.04


def test_hue_0_is_red_and_the_ten_hues_differ() -> None:
    assert room.palette()[0].tolist() == [255, 0, 0]
    assert len(np.unique(room.palette(), axis=0)) == 10


def test_the_object_grows_with_scale() -> None:
    for shape in range(4):
        covered = [room.geometry(scale, shape, 7)[:, 2].sum() for scale in range(8)]
        assert np.all(np.diff(covered) > 0)


def test_orientation_0_shows_the_right_hand_corner_and_14_the_left_hand_one() -> None:
    def corner(orientation: int) -> float:
        row = room.geometry(0, 2, orientation)[20 * 64 : 21 * 64, 1]
        return float(np.abs(np.diff(row)).argmax())

    assert corner(0) > 40
    assert corner(14) < 24


def test_mean_colour_is_near_the_official_one() -> None:
    factors = RNG.integers(0, room.SIZES, (3_000, 6))
    mean = room.shared().render(factors).mean(axis=(0, 1, 2)) / 255
    assert mean == pytest.approx([0.494, 0.569, 0.592], abs=0.01)  # of all 480,000 renderings
    assert mean == pytest.approx([0.5026, 0.5788, 0.6034], abs=0.02)  # published, of the official file


def test_pictures_do_not_depend_on_their_neighbours_or_on_what_was_drawn_before() -> None:
    factors = RNG.integers(0, room.SIZES, (40, 6))
    together = room.Room().render(factors)
    one_room = room.shared()
    apart = np.concatenate([one_room.render(factors[k : k + 1]) for k in reversed(range(40))])[::-1]
    assert np.array_equal(together, apart)
