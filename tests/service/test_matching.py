"""Matching the latents of models: the assignment against scipy, and models that are known to match."""

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from backend.models.assignment import assign_rows
from backend.models.matching import assign, cross_correlation


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1), (6, 6), (10, 6), (6, 10), (40, 40)])
@pytest.mark.parametrize("seed", range(4))
def test_the_assignment_costs_as_little_as_scipys(shape, seed):
    rng = np.random.default_rng(seed)
    cost = rng.normal(size=shape) if seed % 2 else rng.integers(-3, 3, size=shape).astype(float)
    rows, columns = linear_sum_assignment(cost)
    ours = assign_rows(cost)
    given = ours >= 0
    assert given.sum() == min(shape)
    assert len(set(ours[given].tolist())) == min(shape)
    assert cost[np.flatnonzero(given), ours[given]].sum() == pytest.approx(cost[rows, columns].sum())


def test_cross_correlation_is_numpys():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(200, 3)), rng.normal(size=(200, 2))
    a[:, 2] = 1.0
    expected = np.corrcoef(a[:, :2].T, b.T)[:2, 2:]
    found = cross_correlation(a, b)
    assert found[:2] == pytest.approx(expected)
    assert found[2].tolist() == [0, 0]


def test_a_permuted_and_flipped_copy_is_matched_back():
    rng = np.random.default_rng(1)
    codes = rng.normal(size=(500, 4))
    order, signs = [2, 0, 3, 1], [1, -1, 1, -1]
    matches = assign(cross_correlation(codes, codes[:, order] * signs))
    for match in matches:
        place = order.index(match.latent)
        assert match.matched == place
        assert match.sign == signs[place]
        assert match.correlation == pytest.approx(1)


def test_models_are_matched_over_http(client):
    answer = client.get("/api/v1/compare/match?m=demo-room,demo-room-mixed").json()
    assert answer["reference"] == "demo-room"
    latents = answer["matches"][0]["latents"]
    assert [each["matched"] for each in latents[:3]] == [0, 1, 2]
    assert len(latents) == 8


@pytest.mark.parametrize(
    ("m", "status"), [("demo-disc", 422), ("demo-disc,nobody", 404), ("demo-disc,demo-truncated", 409)]
)
def test_bad_comparisons_are_refused(client, m, status):
    assert client.get(f"/api/v1/compare/match?m={m}").status_code == status
