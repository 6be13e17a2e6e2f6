"""FID: the network's shape, its resize, and what it says of weights that are not there or not right.

The published weights are not part of the tests: features are checked for their sizes and for what does not
depend on the numbers in the file.
"""

from pathlib import Path

import numpy as np
import pytest
import torch

from models_zoo.errors import DamagedFile, NotFound
from tests.training.metrics.pictures import Album
from tests.training.metrics.tiny import TinyDataset
from training.evaluation.networks import inception
from training.evaluation.score import EvaluationOptions
from training.metrics import fid


def test_there_is_no_fid_without_the_users_weights():
    answer = fid.score(Album(None).table(), np.random.default_rng(0), fid.Config(), EvaluationOptions())
    assert answer.value is None
    assert "weights" in answer.reason


def test_too_few_images_for_the_layer_is_a_reason():
    table = Album(lambda images: images).table()
    answer = fid.score(table, np.random.default_rng(0), fid.Config(weights="x", layer=2048), EvaluationOptions())
    assert "300 images" in answer.reason


def test_compares_by_the_features_of_the_named_layer():
    table = Album(lambda images: images).table()
    answer = fid.score(table, np.random.default_rng(0), fid.Config(weights="x", layer=64), EvaluationOptions())
    assert answer.value == pytest.approx(0, abs=1e-6)
    assert answer.details["layer"] == 64


@pytest.mark.parametrize("layer", [64, 192, 768, 2048])
def test_each_layer_gives_as_many_features_as_its_name(layer: int, tmp_path: Path):
    torch.manual_seed(0)
    path = tmp_path / "weights.pth"
    torch.save(inception.Inception(layer).state_dict(), path)
    network = inception.load(TinyDataset(), path=str(path), layer=layer)
    assert network(np.zeros((1, 8, 8, 1), dtype=np.uint8)).shape == (1, layer)


def test_the_parameters_are_those_of_inception_without_its_head():
    assert sum(p.numel() for p in inception.Inception(2048).parameters()) == 21_785_568


def test_the_resize_is_tensorflow_ones():
    weights = inception.resize_matrix(4, 8).numpy()
    np.testing.assert_allclose(weights @ [0, 1, 2, 3], [0, 0.5, 1, 1.5, 2, 2.5, 3, 3])


def test_grey_images_are_repeated_to_three_channels():
    seen = []
    network = inception.InceptionFeatures(lambda x: seen.append(x) or torch.zeros(len(x), 2))
    network(np.full((3, 4, 4, 1), 128, dtype=np.uint8))
    assert seen[0].shape == (3, 3, 299, 299)
    assert float(seen[0].abs().max()) < 1e-5


def test_files_that_are_not_the_weights_are_refused(tmp_path: Path):
    with pytest.raises(NotFound, match="does not exist"):
        inception.load(TinyDataset(), path=str(tmp_path / "none.pth"), layer=64)
    broken = tmp_path / "broken.pth"
    broken.write_bytes(b"not tensors")
    with pytest.raises(DamagedFile, match="holds no tensors"):
        inception.load(TinyDataset(), path=str(broken), layer=64)
    torch.save({"other": torch.zeros(1)}, broken)
    with pytest.raises(DamagedFile, match="without Conv2d_1a_3x3"):
        inception.load(TinyDataset(), path=str(broken), layer=64)
