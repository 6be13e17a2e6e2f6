import numpy as np
import pytest

from models_zoo.errors import DamagedFile, InvalidInput
from training.data.formats.npz import open_member


def test_a_stored_member_is_mapped_in_place_and_a_deflated_one_read(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (50, 8, 8, 3), dtype=np.uint8)
    np.savez(tmp_path / "stored.npz", other=np.zeros(3), images=images)
    np.savez_compressed(tmp_path / "deflated.npz", images=images)
    stored, deflated = (open_member(tmp_path / f"{name}.npz", "images") for name in ("stored", "deflated"))
    assert isinstance(stored, np.memmap)
    assert not isinstance(deflated, np.memmap)
    assert np.array_equal(stored, images)
    assert np.array_equal(deflated, images)


def test_a_file_cut_short_is_damaged_and_a_missing_array_is_named(tmp_path):
    np.savez(tmp_path / "a.npz", images=np.zeros((10, 4)))
    with pytest.raises(DamagedFile, match="1 arrays; allowed: one of the name 'labels'"):
        open_member(tmp_path / "a.npz", "labels")
    content = (tmp_path / "a.npz").read_bytes()
    (tmp_path / "a.npz").write_bytes(content[:-60])
    with pytest.raises(DamagedFile, match="no whole npz"):
        open_member(tmp_path / "a.npz", "images")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_pickled_objects_are_never_read(tmp_path, save):
    save(tmp_path / "a.npz", images=np.array([{"a": 1}], dtype=object))
    with pytest.raises(InvalidInput, match="never read"):
        open_member(tmp_path / "a.npz", "images")
