import h5py
import numpy as np
import pytest

from models_zoo.errors import DamagedFile
from tests.training.official_files import dsprites_npz
from training.data.formats.dsprites import HDF5, NPZ, ProceduralSprites, generators, open_official, open_sprites, pack
from training.data.rendering import sprites

COUNT = 50


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 2, (COUNT, 64, 64), dtype=np.uint8)


def test_packing_and_reading_back_is_the_identity(images, tmp_path):
    (tmp_path / "dsprites").mkdir()
    dsprites_npz(tmp_path / "dsprites" / NPZ, images)
    source = open_official(tmp_path, COUNT)
    picked = np.array([49, 0, 7, 7])
    assert np.array_equal(source.bits(picked), images[picked])
    assert pack(images).nbytes == COUNT * 512


def test_the_pickled_metadata_of_the_npz_is_never_opened(images, tmp_path):
    dsprites_npz(tmp_path / NPZ, images)
    assert open_official(tmp_path, COUNT) is not None


def test_the_hdf5_with_its_odd_chunks_gives_the_same_images(images, tmp_path):
    (tmp_path / "dsprites").mkdir()
    with h5py.File(tmp_path / "dsprites" / HDF5, "w") as file:
        file.create_dataset("imgs", data=images, chunks=(25, 2, 4), compression="gzip")
        file.create_dataset("latents/classes", data=np.zeros((COUNT, 6), np.int64))
    source = open_official(tmp_path, COUNT)
    assert np.array_equal(source.bits(np.arange(COUNT)), images)


def test_another_checksum_is_named_with_both_sides_and_the_set_is_not_called_official(images, tmp_path):
    dsprites_npz(tmp_path / NPZ, images)
    provenance = open_official(tmp_path, COUNT).provenance
    assert provenance.source == "unverified"
    assert "published is git:d98996d3f8ee1550e06b9d4ed78d0beb478910d5" in provenance.description


def test_a_truncated_file_is_a_damaged_file(images, tmp_path):
    dsprites_npz(tmp_path / NPZ, images)
    content = (tmp_path / NPZ).read_bytes()
    (tmp_path / NPZ).write_bytes(content[: len(content) // 2])
    with pytest.raises(DamagedFile, match="no whole dSprites npz"):
        open_official(tmp_path, COUNT)
    assert not (tmp_path / "packed.npy").exists()


def test_a_file_of_another_shape_is_refused_with_both_shapes(images, tmp_path):
    dsprites_npz(tmp_path / NPZ, images[:10])
    with pytest.raises(DamagedFile, match=r"\(10, 64, 64\); allowed: uint8 \(50, 64, 64\)"):
        open_official(tmp_path, COUNT)


def test_without_a_file_the_sprites_are_drawn(tmp_path):
    assert open_sprites(tmp_path).provenance.source == "procedural"


def test_images_stay_the_same_when_the_packed_store_takes_over(monkeypatch) -> None:
    # the whole set, which takes 5 CPU s, is drawn and compared with single images in rendering/test_sprites.py
    source = ProceduralSprites()
    indices = np.random.default_rng(1).integers(0, sprites.N_IMAGES, 500)
    rows = np.zeros((sprites.N_IMAGES, sprites.SIDE), np.uint64)
    rows[indices] = sprites.render(source.space.from_index(indices))
    monkeypatch.setattr(sprites, "render_all", lambda: rows)
    drawn = source.bits(indices)
    assert source.store is None
    source.drawn = sprites.N_IMAGES
    assert np.array_equal(source.bits(indices), drawn)
    assert source.store is not None


INDICES = np.array([3, 0, 3, 737_279, 2**40])


def drawn(seed: int, indices: np.ndarray) -> np.ndarray:
    return np.array([np.append(rng.random(7), rng.integers(0, 256, 5, np.uint8)) for rng in generators(seed, indices)])


def test_each_image_has_the_stream_of_a_philox_generator_with_seed_and_index_as_key():
    expected = []
    for index in INDICES:
        rng = np.random.Generator(np.random.Philox(key=[11, int(index)]))
        expected.append(np.append(rng.random(7), rng.integers(0, 256, 5, np.uint8)))
    assert np.array_equal(drawn(11, INDICES), np.array(expected))


def test_a_stream_does_not_depend_on_what_was_drawn_before():
    half_used = [rng.integers(0, 256, 3, np.uint8) for rng in generators(5, INDICES)]
    again = [rng.integers(0, 256, 3, np.uint8) for rng in generators(5, INDICES[::-1])][::-1]
    assert np.array_equal(half_used, again)


def test_seeds_and_images_differ():
    assert len(np.unique(drawn(1, np.arange(100)), axis=0)) == 100
    assert not np.array_equal(drawn(1, INDICES), drawn(2, INDICES))
