"""What the tests of Falcor3D and Isaac3D share: folders of numbered pictures."""

import numpy as np
import pytest

from models_zoo.errors import DamagedFile, NotFound
from tests.training.official_files import numbered_pngs
from training.config import build
from training.data.factors import Factor, FactorSpace


@pytest.fixture
def small_grid(plugin, monkeypatch):
    """The data set with a grid of 2 x 3, so that six pictures are all of it."""
    space = FactorSpace((Factor("a", (0, 1), "ordinal"), Factor("b", (0, 1, 2), "ordinal")))
    monkeypatch.setattr(plugin, "factor_space", lambda: space)


@pytest.mark.usefixtures("small_grid")
class NumberedPictures:
    """Tests of a plugin that reads `000000.png ...`; the module that inherits them gives the fixture `plugin`."""

    @pytest.mark.parametrize("side", [64, 128])
    def test_pictures_are_found_in_any_folder_and_read_by_number(self, plugin, name, tmp_path, side):
        numbered_pngs(tmp_path / name / "inner" / "images", 6, lambda number: (number * 40, 0, 255 - number))
        data = plugin.load(build(plugin.Config, {"side": side}), tmp_path)
        images = data.images(np.array([5, 0, 3]))
        assert images.shape == (3, side, side, 3)
        assert images[:, 9, 9].tolist() == [[200, 0, 250], [0, 0, 255], [120, 0, 252]]
        assert data.title.endswith("(unverified)")

    def test_missing_and_incomplete_pictures_are_named_in_the_error(self, plugin, name, tmp_path):
        with pytest.raises(NotFound, match="by hand"):
            plugin.load(plugin.Config(), tmp_path)
        numbered_pngs(tmp_path / name / "images", 3, lambda number: (0, 0, 0))
        with pytest.raises(DamagedFile, match="with 3 numbered pictures"):
            plugin.load(plugin.Config(), tmp_path)
