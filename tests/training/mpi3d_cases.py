"""What holds for each of the four MPI3D plugins, on files of the official format."""

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from models_zoo.errors import DamagedFile, NotFound
from training.data.formats import mpi3d

SMALL = (2, 2, 2, 3, 3, 40, 40)
COUNT = int(np.prod(SMALL))


def check_order(plugin: ModuleType, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The flat file is a grid with the first factor slowest; it is mapped where it lies, not copied."""
    monkeypatch.setitem(mpi3d.SIZES_BY_COUNT, COUNT, SMALL[:2])
    monkeypatch.setattr(mpi3d, "SIDE", 1)
    images = np.arange(COUNT * 3, dtype=np.int64).astype(np.uint8).reshape(COUNT, 1, 1, 3)
    np.savez(data / plugin.FILES[0].name, images=images)
    opened = plugin.load(plugin.Config(), data)
    assert opened.factors.sizes == SMALL
    factors = np.array([[1, 0, 1, 2, 0, 39, 7], [0, 1, 0, 0, 2, 0, 0]])
    indices = opened.factors.to_index(factors)
    assert indices[0] == 7 + 40 * (39 + 40 * (0 + 3 * (2 + 3 * (1 + 2 * (0 + 2 * 1)))))
    assert np.array_equal(opened.images(indices), images[indices])
    assert [path.name for path in data.iterdir() if path.suffix == ".npy"] == []


def check_grid(plugin: ModuleType, data: Path, sizes: tuple[int, int], count: int) -> None:
    """The number of images tells the grid; a number of no published grid is refused."""
    complex_objects = plugin.__name__.endswith("complex")
    space = mpi3d.factor_space(count, complex_objects=complex_objects)
    assert space.sizes == (*sizes, 2, 3, 3, 40, 40)
    assert space.factors[1].values[0] == ("coffee-cup" if complex_objects else "cone")
    np.savez(data / plugin.FILES[0].name, images=np.zeros((5, 64, 64, 3), np.uint8))
    with pytest.raises(DamagedFile, match="5 images came; MPI3D has 1,036,800 or 460,800"):
        plugin.load(plugin.Config(), data)


def check_missing(plugin: ModuleType, data: Path) -> None:
    """A missing file is named with what to do."""
    with pytest.raises(NotFound, match=plugin.FILES[0].name) as caught:
        plugin.load(plugin.Config(), data)
    assert plugin.HOW in caught.value.message
