"""FD-factor and the network behind it."""

from pathlib import Path

import numpy as np
import pytest

from tests.training.metrics.pictures import Album
from tests.training.metrics.tiny import TinyDataset
from training.evaluation.networks import factor
from training.evaluation.score import EvaluationOptions
from training.metrics import fd_factor

FACTORS = {"factors": np.zeros((600, 1), dtype=np.int64), "factor_names": ("a",), "factor_sizes": (1,)}


def test_compares_by_the_features_of_the_network_that_pictures_give():
    perfect = Album(lambda images: images).table(**FACTORS)
    dark = Album(lambda images: images * 0.5).table(**FACTORS)
    run = [
        fd_factor.score(table, np.random.default_rng(0), fd_factor.Config(), EvaluationOptions())
        for table in (perfect, dark)
    ]
    assert run[0].value == pytest.approx(0, abs=1e-6)
    assert run[1].value > 10 * run[1].details["floor"]


def test_says_what_it_needs():
    for table, said in ((Album(None).table(), "labels"), (fd_factor.CodeTable(np.zeros((4, 1))), "decoder")):
        answer = fd_factor.score(table, np.random.default_rng(0), fd_factor.Config(), EvaluationOptions())
        assert said in answer.reason


def test_the_network_learns_the_factors_once_and_comes_back_from_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("AXISCOPE_HOME", str(tmp_path))
    dataset = TinyDataset()
    first = factor.load(dataset, steps=50, seed=0)
    assert first.accuracy["row"] > 0.9
    images = dataset.images(np.arange(20))
    features = first(images)
    assert features.shape == (20, 64)
    monkeypatch.setattr(factor, "_train", None)
    again = factor.load(dataset, steps=50, seed=0)
    np.testing.assert_allclose(again(images), features, rtol=1e-6)
    assert again.accuracy == first.accuracy


def test_seed_steps_and_pixels_make_another_network():
    dataset = TinyDataset()
    keys = {factor._key(dataset, steps, seed) for steps in (1, 2) for seed in (0, 1)}
    dataset.images = lambda indices: np.zeros((len(indices), 4, 4, 1), dtype=np.uint8)
    assert len(keys | {factor._key(dataset, 1, 0)}) == 5
