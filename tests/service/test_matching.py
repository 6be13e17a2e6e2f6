"""Matching the latents of models: the assignment against all permutations, and models that are known to match."""

from itertools import permutations
from types import SimpleNamespace

import numpy as np
import pytest

from backend.models import samples
from backend.models.matching import assign, cross_correlation
from models_zoo.errors import DamagedFile


def best_sum(similarity):
    """Return the largest sum of absolute similarities over all one-to-one assignments."""
    wide = np.abs(similarity if similarity.shape[0] <= similarity.shape[1] else similarity.T)
    rows = np.arange(len(wide))
    return max(wide[rows, list(columns)].sum() for columns in permutations(range(wide.shape[1]), len(wide)))


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1), (6, 6), (6, 4), (4, 6), (7, 3)])
@pytest.mark.parametrize("seed", range(4))
def test_no_permutation_beats_the_assignment(shape, seed):
    rng = np.random.default_rng(seed)
    similarity = rng.normal(size=shape) if seed % 2 else rng.integers(-3, 3, size=shape).astype(float)
    matches = assign(similarity)
    pairs = [(match.latent, match.matched) for match in matches if match.matched is not None]
    assert [match.latent for match in matches] == list(range(shape[0]))
    assert len(pairs) == len({column for _, column in pairs}) == min(shape)
    assert sum(match.correlation for match in matches) == pytest.approx(best_sum(similarity))
    signed = [match.sign * match.correlation for match in matches if match.matched is not None]
    assert signed == [similarity[pair] for pair in pairs]


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


@pytest.mark.parametrize("name", ["mean", "logvar"])
def test_a_sample_with_numbers_that_are_not_finite_is_a_damaged_file(tmp_path, name):
    arrays = {"indices": np.arange(3), "mean": np.zeros((3, 2)), "logvar": np.zeros((3, 2)), "labels": np.zeros((3, 1))}
    arrays[name][1, 1] = np.nan
    np.savez(tmp_path / "sample.npz", **arrays)
    with pytest.raises(DamagedFile, match="not finite"):
        samples.read(SimpleNamespace(id="model", folder=tmp_path))


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
