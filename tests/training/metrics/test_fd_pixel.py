"""FD-pixel and the distance of Gaussians against closed forms."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from tests.training.metrics.pictures import Album
from training.evaluation.estimators.frechet import Gaussian, as_bytes, distance, gaussian, shrunk
from training.evaluation.score import EvaluationOptions, Score
from training.metrics import fd_pixel


def measure(change, **settings: object) -> Score:
    table = Album(change).table()
    return fd_pixel.score(table, np.random.default_rng(0), fd_pixel.Config(**settings), EvaluationOptions())


def blurred(images: np.ndarray) -> np.ndarray:
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    return (padded[:, :-2, 1:-1] + padded[:, 2:, 1:-1] + padded[:, 1:-1, :-2] + padded[:, 1:-1, 2:]) / 4


def test_the_distance_is_that_of_the_matrix_root():
    rng = np.random.default_rng(1)
    a, b = (gaussian(rng.normal(size=(50, 5)) @ rng.normal(size=(5, 5))) for _ in range(2))
    root = sqrtm(a.covariance @ b.covariance).real
    expected = ((a.mean - b.mean) ** 2).sum() + np.trace(a.covariance + b.covariance - 2 * root)
    assert distance(a, b) == pytest.approx(expected)


def test_commuting_gaussians_have_the_closed_form():
    a, b = Gaussian(np.zeros(2), np.diag([4.0, 0.0])), Gaussian(np.ones(2), np.diag([1.0, 9.0]))
    assert distance(a, b) == pytest.approx(2 + (2 - 1) ** 2 + (0 - 3) ** 2)


def test_perfect_reconstructions_are_at_zero_below_the_floor():
    answer = measure(lambda images: images)
    assert answer.value == pytest.approx(0, abs=1e-9)
    assert answer.details["floor"] > 0


def test_a_constant_image_is_at_its_chance_level():
    mean = Album(None).images[300:].mean(axis=0) / 255
    answer = measure(lambda images: np.broadcast_to(mean, images.shape))
    assert answer.value == pytest.approx(answer.chance, rel=0.01)


def test_blur_and_lost_modes_cost_more_than_nothing_and_less_than_all():
    blur = measure(blurred)
    lost = measure(lambda images: images[np.zeros(len(images), dtype=int)])
    assert 0 < blur.value < 0.3 * blur.chance
    assert lost.value > blur.value
    low, high = blur.interval
    assert low <= blur.value <= high


def test_large_images_are_averaged_in_whole_blocks():
    images = np.arange(2 * 10 * 8, dtype=np.uint8).reshape(2, 10, 8, 1)
    small = shrunk(images, 4)
    assert small.shape == (2, 3, 2, 1)
    assert small[0, 0, 0, 0] == images[0, :3, :3, 0].mean()


def test_reconstructions_are_rounded_as_images_are_stored():
    assert as_bytes(np.array([-0.1, 0.5, 1.2], dtype=np.float32)).tolist() == [0, 128, 255]


def test_names_what_it_needs():
    from training.evaluation.table import CodeTable

    answer = fd_pixel.score(
        CodeTable(np.zeros((4, 1))), np.random.default_rng(0), fd_pixel.Config(), EvaluationOptions()
    )
    assert "decoder" in answer.reason
