"""Share of seeds that hold a latent: known codes, and how often chance passes for a latent that is real."""

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from backend.models.stability import LEVEL, PairedCodes, at_least, compare_seed, rotation, share_interval, whitened

TRIALS = 40


def held_by_chance(make) -> np.ndarray:
    """Return which latents (TRIALS, 5) of random codes a second model holds."""
    found = []
    for seed in range(TRIALS):
        rng = np.random.default_rng(seed)
        reference = rng.standard_normal((300, 5))
        found.append(compare_seed(PairedCodes(reference, make(reference, rng)), rng)[1])
    return np.array(found)


def test_independent_codes_are_held_no_more_often_than_the_level():
    held = held_by_chance(lambda reference, rng: rng.standard_normal(reference.shape))
    assert binomtest(int(held.sum()), held.size, LEVEL, alternative="greater").pvalue > 0.001


def test_the_same_subspace_with_turned_axes_is_held_no_more_often_than_the_level():
    held = held_by_chance(lambda reference, rng: whitened(reference) @ rotation(5, rng))
    assert binomtest(int(held.sum()), held.size, LEVEL, alternative="greater").pvalue > 0.001


def test_latents_that_both_models_have_are_held_whatever_their_order_and_sign():
    held = held_by_chance(
        lambda z, rng: np.column_stack(
            [-z[:, 2], rng.standard_normal((300, 3)), z[:, 0] + 0.2 * rng.standard_normal(300)]
        )
    )
    assert held[:, [0, 2]].all()
    assert held[:, [1, 3, 4]].mean() < 0.15


@pytest.mark.parametrize("trials", [1, 2, 5, 12])
def test_the_probability_of_as_many_holders_is_scipys(trials):
    found = [at_least(count, trials, LEVEL) for count in range(trials + 1)]
    assert found == pytest.approx(binom.sf(np.arange(trials + 1) - 1, trials, LEVEL))
    # A latent passes for real with the probability of the smallest count that is enough: never above the level.
    assert max((p for p in found if p <= LEVEL), default=0) <= LEVEL


@pytest.mark.parametrize(("count", "trials"), [(0, 4), (3, 4), (4, 4), (7, 20)])
def test_the_interval_is_scipys_wilson_interval(count, trials):
    expected = binomtest(count, trials).proportion_ci(method="wilson")
    assert share_interval(count, trials) == pytest.approx((expected.low, expected.high))


def test_rotations_are_orthogonal_and_have_no_direction():
    rng = np.random.default_rng(0)
    turns = np.array([rotation(3, rng) for _ in range(2000)])
    np.testing.assert_allclose(turns[0] @ turns[0].T, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(turns.mean(axis=0), 0, atol=0.06)
    np.testing.assert_allclose((turns**2).mean(axis=0), 1 / 3, atol=0.04)


def test_a_model_and_its_mixture_over_http(client):
    answer = client.get("/api/v1/compare/stability?m=demo-room,demo-room-mixed").json()
    assert answer["models"] == ["demo-room-mixed"]
    assert answer["level"] == LEVEL
    for latent in answer["latents"]:
        assert latent["share"] == len(latent["held_by"])
        assert latent["active"] or not latent["held_by"]
        assert latent["real"] == bool(latent["held_by"])
    again = client.get("/api/v1/compare/stability?m=demo-room,demo-room-mixed").json()
    assert again == answer


@pytest.mark.parametrize(
    ("m", "status"),
    [("demo-disc", 422), ("demo-disc,demo-disc", 422), ("demo-disc,demo-room", 422), ("demo-disc,nobody", 404)],
)
def test_refusals_name_the_field(client, m, status):
    answer = client.get(f"/api/v1/compare/stability?m={m}")
    assert answer.status_code == status
    if status == 422:
        assert answer.json()["errors"][0]["pointer"] == "query/m"
