"""Latent responses against closed forms, and against loops over all pairs of a traversal."""

from dataclasses import dataclass

import numpy as np
import pytest

from training.data.factors import Factor, FactorSpace
from training.evaluation.score import EvaluationOptions
from training.evaluation.table import CodeTable
from training.metrics.latent_response import Config, concentration, pairs, respond, response, score, traversal

SIZES = (3, 4, 5)
FACTORS = FactorSpace(
    tuple(Factor(name, tuple(range(size)), "ordinal") for name, size in zip("abc", SIZES, strict=True))
)


@dataclass
class Coded:
    """Pictures that are the factors themselves; encoder and decoder are matrices, and some latents are dead."""

    into: np.ndarray
    back: np.ndarray

    factors = FACTORS
    title = "factors"

    @property
    def dataset(self) -> "Coded":
        return self

    def images(self, indices: np.ndarray) -> np.ndarray:
        return FACTORS.from_index(indices).astype(float)

    def encode(self, images: np.ndarray) -> np.ndarray:
        return images @ self.into

    def decode(self, latents: np.ndarray) -> np.ndarray:
        return latents @ self.back


def linear(into: np.ndarray) -> Coded:
    """Return an encoder and the decoder that inverts it on its images."""
    return Coded(into, np.linalg.pinv(into))


def measured(pictures: Coded, **settings: object):
    table = CodeTable(np.zeros((2, pictures.into.shape[1])), pictures=pictures)
    return score(table, np.random.default_rng(0), Config(**settings), EvaluationOptions())


def spread(size: int) -> float:
    """Root mean square difference of two different values of a factor with values 0 to size - 1."""
    values = np.arange(size)
    squares = np.subtract.outer(values, values) ** 2
    return float(np.sqrt(squares.sum() / (size * (size - 1))))


ROTATION = np.linalg.qr(np.random.default_rng(1).standard_normal((3, 3)))[0]


def test_one_latent_for_each_factor_scores_1_and_a_latent_answers_by_the_spread_of_its_factor():
    found = measured(linear(np.eye(3)))
    assert found.value == pytest.approx(1)
    np.testing.assert_allclose(found.details["matrix"], np.diag([spread(size) for size in SIZES]), atol=1e-9)
    assert found.interval == pytest.approx((1, 1))
    assert found.chance == pytest.approx(1 / 3)


def test_dead_latents_and_a_second_code_of_a_factor_change_no_score():
    twice = np.hstack([np.eye(3), np.zeros((3, 2))])
    assert measured(linear(twice)).value == pytest.approx(1)
    both = linear(np.hstack([np.eye(3), np.eye(3)]))
    assert measured(both).value == pytest.approx(1)


def test_a_rotated_code_answers_to_each_factor_by_the_square_of_its_share():
    """Encoder after decoder is the identity: the response is that of the exchange itself."""
    found = measured(linear(ROTATION))
    expected = np.array([[abs(ROTATION[k, j]) * spread(SIZES[k]) for k in range(3)] for j in range(3)])
    np.testing.assert_allclose(found.details["matrix"], expected, atol=1e-9)
    assert found.value == pytest.approx(expected.max(axis=1).sum() / expected.sum())


def test_a_latent_that_the_decoder_does_not_read_is_silent():
    deaf = linear(np.eye(3))
    deaf.back[1] = 0
    matrix = measured(deaf).details["matrix"]
    assert matrix[1].max() == 0
    assert matrix[0].max() > 0


def test_responses_are_those_of_loops_over_all_pairs():
    rng = np.random.default_rng(2)
    pictures = Coded(rng.standard_normal((3, 4)), rng.standard_normal((4, 3)))
    codes = pictures.encode(pictures.images(traversal(pictures, 2, rng)))
    everything = pairs(5, 1000, rng)
    found = response(pictures, codes, everything)
    for latent in range(4):
        squares = []
        for a in range(5):
            for b in range(5):
                if a != b:
                    changed = codes[a].copy()
                    changed[latent] = codes[b, latent]
                    before = pictures.encode(pictures.decode(codes[a]))
                    squares.append((pictures.encode(pictures.decode(changed)) - before)[latent] ** 2)
        assert found[latent] == pytest.approx(np.sqrt(np.mean(squares)))


def test_pairs_are_different_numbers_each_pair_once():
    rng = np.random.default_rng(3)
    drawn = pairs(6, 12, rng)
    assert len({tuple(pair) for pair in drawn.tolist()}) == 12
    assert sorted(map(tuple, pairs(3, 99, rng).tolist())) == [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)]


def test_a_traversal_has_each_value_of_its_factor_once_and_one_value_of_the_others():
    values = FACTORS.from_index(traversal(linear(np.eye(3)), 1, np.random.default_rng(4)))
    assert values[:, 1].tolist() == [0, 1, 2, 3]
    assert len(np.unique(np.delete(values, 1, axis=1), axis=0)) == 1


def test_latents_are_decoded_in_batches_in_their_order():
    pictures = linear(np.eye(3))
    latents = np.random.default_rng(5).standard_normal((600, 3))
    np.testing.assert_allclose(respond(pictures, latents), latents, atol=1e-12)


def test_the_score_of_a_known_matrix():
    assert concentration(np.array([[3.0, 1.0], [1.0, 0.0]])) == pytest.approx(0.8)
    assert concentration(np.ones((4, 6))) == pytest.approx(1 / 4)
    assert concentration(np.zeros((2, 2))) == 0


def test_without_images_of_all_combinations_there_is_a_reason(monkeypatch):
    monkeypatch.setattr(Coded, "factors", FactorSpace(FACTORS.factors, complete=False))
    assert "all combinations" in measured(linear(np.eye(3))).reason
