import numpy as np
import pytest

from models_zoo.errors import DamagedFile, NotFound
from tests.training.official_files import numbered_pngs
from training.config import build
from training.datasets import falcor3d
from training.factors import Factor, FactorSpace

COUNT = 233_280
MULTIPLIERS = [46_656, 7_776, 1_296, 216, 36, 6, 1]


def test_the_grid_has_the_published_sizes_and_multipliers():
    space = falcor3d.factor_space()
    assert space.n_combinations == COUNT
    steps = np.eye(len(space.sizes), dtype=np.int64)
    assert space.to_index(steps).tolist() == MULTIPLIERS


@pytest.mark.parametrize("side", [64, 128])
def test_pictures_are_found_in_any_folder_and_read_by_number(tmp_path, monkeypatch, side):
    small = FactorSpace((Factor("a", (0, 1), "ordinal"), Factor("b", (0, 1, 2), "ordinal")))
    monkeypatch.setattr(falcor3d, "factor_space", lambda: small)
    numbered_pngs(tmp_path / "falcor3d" / "inner" / "images", 6, lambda number: (number * 40, 0, 255 - number))
    data = falcor3d.load(build(falcor3d.Config, {"side": side}), tmp_path)
    images = data.images(np.array([5, 0, 3]))
    assert images.shape == (3, side, side, 3)
    assert images[:, 9, 9].tolist() == [[200, 0, 250], [0, 0, 255], [120, 0, 252]]
    assert data.title.endswith("(unverified)")


def test_missing_and_incomplete_pictures_are_told(tmp_path, monkeypatch):
    with pytest.raises(NotFound, match="by hand"):
        falcor3d.load(falcor3d.Config(), tmp_path)
    numbered_pngs(tmp_path / "falcor3d" / "images", 3, lambda number: (0, 0, 0))
    small = FactorSpace((Factor("a", (0, 1), "ordinal"), Factor("b", (0, 1, 2), "ordinal")))
    monkeypatch.setattr(falcor3d, "factor_space", lambda: small)
    with pytest.raises(DamagedFile, match="holds 3 numbered pictures"):
        falcor3d.load(falcor3d.Config(), tmp_path)
