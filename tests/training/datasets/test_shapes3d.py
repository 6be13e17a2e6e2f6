from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from models_zoo.errors import DamagedFile, InvalidInput
from training.data.dataset import ImageTable
from training.data.factors import Factor, FactorSpace
from training.data.rendering import room
from training.datasets import shapes3d


@pytest.fixture
def dataset(tmp_path: Path) -> ImageTable:
    return shapes3d.load(shapes3d.Config(), tmp_path)


def test_images_are_colour_bytes(dataset: ImageTable) -> None:
    images = dataset.images(np.array([0, 479_999]))
    assert images.shape == (2, *dataset.image_shape) == (2, 64, 64, 3)
    assert images.dtype == np.uint8
    assert images.max() > 200


def test_two_opened_sets_compute_a_geometry_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room.shared.cache_clear()
    computed: list[tuple[int, ...]] = []
    geometry = room.geometry
    monkeypatch.setattr(room, "geometry", lambda *given: (computed.append(given), geometry(*given))[1])
    for _ in range(2):
        shapes3d.load(shapes3d.Config(), tmp_path).images(np.array([0, 479_999]))
    assert sorted(computed) == [(0, 0, 0), (7, 3, 14)]


def test_a_rendering_never_passes_for_the_original(dataset: ImageTable) -> None:
    assert dataset.title == "3D Shapes (procedural)"


def test_the_grid_is_the_official_one(dataset: ImageTable) -> None:
    assert dataset.factors.names == ("floor_hue", "wall_hue", "object_hue", "scale", "shape", "orientation")
    assert len(dataset) == 480_000
    assert dataset.factors.factors[0].values == (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
    assert dataset.factors.factors[5].values[0] == -30
    assert dataset.labels(np.array([479_999, 15])).tolist() == [[9, 9, 9, 7, 3, 14], [0, 0, 0, 0, 1, 0]]


def test_an_index_outside_is_refused(dataset: ImageTable) -> None:
    with pytest.raises(InvalidInput, match="got image index 480000; allowed: 0 to 479999"):
        dataset.images(np.array([480_000]))


SMALL = FactorSpace(
    (Factor("floor_hue", (0, 0.5), "cyclic"), Factor("shape", ("cube", "sphere", "capsule"), "categorical"))
)
PICTURES = np.random.default_rng(0).integers(0, 256, (6, 64, 64, 3), np.uint8)


@pytest.fixture
def official(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file like the official one, of six images: gzipped chunks, labels beside them."""
    monkeypatch.setattr(shapes3d, "factor_space", lambda: SMALL)
    monkeypatch.setattr(shapes3d, "FILES", (replace(shapes3d.FILES[0], size=None),))
    (tmp_path / "shapes3d").mkdir()
    path = tmp_path / "shapes3d" / "3dshapes.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("images", data=PICTURES, chunks=(3, 16, 16, 3), compression="gzip")
        file.create_dataset("labels", data=np.zeros((6, 6)))
    return path


def test_the_official_file_is_converted_once_and_comes_before_the_rendering(official: Path) -> None:
    data = official.parent.parent
    dataset = shapes3d.load(shapes3d.Config(), data)
    assert np.array_equal(dataset.images(np.array([5, 0, 3])), PICTURES[[5, 0, 3]])
    assert dataset.labels(np.array([5])).tolist() == [[1, 2]]
    assert dataset.title == "3D Shapes (unverified)"
    assert "published is sha256:0a0f6ed98baff276" in dataset.provenance.description
    converted = official.parent / "converted" / "images.npy"
    before = converted.stat().st_mtime_ns
    shapes3d.load(shapes3d.Config(), data)
    assert converted.stat().st_mtime_ns == before


def test_an_official_file_cut_short_is_named_and_leaves_no_half_conversion(official: Path) -> None:
    official.write_bytes(official.read_bytes()[:3_000])
    with pytest.raises(DamagedFile, match=r"3dshapes\.h5, which is no whole 3D Shapes file"):
        shapes3d.load(shapes3d.Config(), official.parent.parent)
    assert not list(official.parent.rglob("*.npy*"))


def test_an_official_file_of_another_shape_or_type_is_refused_with_both(official: Path) -> None:
    for images in (PICTURES[:4], PICTURES.astype(np.float32)):
        with h5py.File(official, "w") as file:
            file.create_dataset("images", data=images)
        with pytest.raises(DamagedFile, match=r"allowed: uint8 \(6, 64, 64, 3\)"):
            shapes3d.load(shapes3d.Config(), official.parent.parent)
