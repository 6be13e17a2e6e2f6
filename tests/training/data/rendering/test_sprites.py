"""Sprites against a point-in-shape test written anew: exact inequalities and a polygon, pixel by pixel."""

import itertools
import math

import numpy as np
import pytest

from training.data.rendering import sprites

RNG = np.random.default_rng(0)


def heart_polygon() -> list[tuple[float, float]]:
    return [
        (
            9.6 * math.sin(t) ** 3,
            -0.6625 * (13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)) - 1.45,
        )
        for t in np.linspace(0, 2 * math.pi, 4000, endpoint=False)
    ]


POLYGON = np.array(heart_polygon())


def in_heart(u: float, v: float) -> bool:
    """Even-odd rule: count the edges that a ray to the right crosses."""
    x, y = POLYGON.T
    x2, y2 = np.roll(x, -1), np.roll(y, -1)
    crosses = (y > v) != (y2 > v)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = x + (v - y) * (x2 - x) / (y2 - y)
    return bool(np.count_nonzero(crosses & (u < at)) % 2)


def brute_force(factors: tuple[int, ...]) -> np.ndarray:
    shape, scale, orientation, column, row = factors
    size = 0.5 + 0.1 * scale
    angle = 0.0 if orientation == 39 else 2 * math.pi * orientation / 39
    centre_x, centre_y = 16 + 32 * column / 31, 16 + 32 * row / 31
    image = np.zeros((64, 64), np.uint8)
    for py, px in itertools.product(range(64), range(64)):
        dx, dy = (px + 0.5 - centre_x) / size, (py + 0.5 - centre_y) / size
        if dx * dx + dy * dy > 300:
            continue
        # The screen's y axis points down: turning back by the angle undoes a counter-clockwise turn.
        u = dx * math.cos(angle) - dy * math.sin(angle)
        v = dx * math.sin(angle) + dy * math.cos(angle)
        if shape == 0:
            hit = max(abs(u), abs(v)) <= 9.6
        elif shape == 1:
            hit = (u / 12.8) ** 2 + (v / 7.2) ** 2 <= 1
        else:
            hit = in_heart(u, v)
        image[py, px] = hit
    return image


def pixels(factors: list[tuple[int, ...]]) -> np.ndarray:
    return sprites.unpack(sprites.render(np.array(factors)))


@pytest.mark.parametrize("shape", range(3))
def test_a_pixel_is_white_where_its_centre_is_in_the_shape(shape: int) -> None:
    drawn = [(shape, *(int(RNG.integers(size)) for size in sprites.SIZES[1:])) for _ in range(6)]
    for factors, image in zip(drawn, pixels(drawn), strict=True):
        # Single precision and the table of the heart may turn a pixel whose centre lies on the outline.
        assert np.count_nonzero(image != brute_force(factors)) <= (2 if shape == 2 else 1), factors


def test_orientation_39_is_orientation_0() -> None:
    first = [(shape, scale, 0, 7, 21) for shape in range(3) for scale in range(6)]
    last = [(shape, scale, 39, 7, 21) for shape, scale, *_ in first]
    assert np.array_equal(pixels(first), pixels(last))


def test_rotation_is_counter_clockwise_on_the_screen() -> None:
    # An ellipse lies flat at orientation 0; turned by about 46 degrees its right end points up.
    (image,) = pixels([(1, 5, 5, 15, 15)])
    rows, columns = np.nonzero(image)
    assert rows[columns > 36].mean() < rows[columns < 28].mean() - 5


def test_the_heart_stands_on_its_tip() -> None:
    (image,) = pixels([(2, 5, 0, 15, 15)])
    widths = image.sum(axis=1)
    filled = widths[widths > 0]
    assert filled[-1] <= 2
    assert filled[:8].max() > 15


def test_pos_x_moves_right_and_pos_y_moves_down() -> None:
    corner, right, below = pixels([(0, 0, 0, 0, 0), (0, 0, 0, 31, 0), (0, 0, 0, 0, 31)])
    assert np.array_equal(np.roll(corner, 32, axis=1), right)
    assert np.array_equal(np.roll(corner, 32, axis=0), below)


def test_no_pixel_touches_the_border() -> None:
    extreme = [(s, 5, o, x, y) for s in range(3) for o in range(40) for x in (0, 31) for y in (0, 31)]
    image = pixels(extreme).any(axis=0)
    assert not image[[0, 1, 62, 63]].any()
    assert not image[:, [0, 1, 62, 63]].any()


def test_packed_rows_unpack_with_the_highest_bit_leftmost() -> None:
    rows = np.zeros((1, 64), np.uint64)
    rows[0, 3] = np.uint64(1) << np.uint64(63)
    rows[0, 4] = 1
    image = sprites.unpack(rows)[0]
    assert image.sum() == 2
    assert image[3, 0] == 1
    assert image[4, 63] == 1


@pytest.mark.slow
def test_the_whole_set_has_the_mean_of_the_official_one_agrees_with_single_images_and_fits_its_memory() -> None:
    everything = sprites.render_all()
    mean = np.bitwise_count(everything).sum() / everything.size / 64
    assert mean == pytest.approx(0.042494423521889584, rel=2e-3)  # published mean of the official file
    assert everything.nbytes <= 0.4e9
    indices = RNG.integers(0, sprites.N_IMAGES, 2_000)
    factors = np.stack(np.unravel_index(indices, sprites.SIZES), axis=1)
    assert np.array_equal(sprites.render(factors), everything[indices])


def test_at_most_718848_images_differ() -> None:
    others = sprites.SIZES[2:]  # of one shape and one scale
    rest = np.stack(np.unravel_index(np.arange(np.prod(others)), others), axis=1)
    rows = sprites.render(np.concatenate([np.full((len(rest), 2), (1, 2)), rest], axis=1))
    block = rows.reshape(*others, 64)
    assert np.array_equal(block[0], block[39])
    assert len(np.unique(rows, axis=0)) <= 39 * 32 * 32
