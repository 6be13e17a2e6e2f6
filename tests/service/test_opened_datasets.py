"""Opened data sets: foreign files are read by a child process, and what is kept is bounded."""

import io
import os
import time
import zipfile
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from backend.catalog.opened_datasets import MIN_BYTES, Datasets, held_bytes
from backend.limited_process import Limits
from models_zoo.errors import AxiscopeError, InvalidInput, NotFound, Unavailable
from tests.demo_zoo import write_zoo
from tests.service.attacked_service import running
from training.data.formats.conversion import ROWS_PER_STEP
from training.datasets import own

MEBIBYTE = 1024**2


def pictures(folder: Path, n: int = 6, side: int = 16) -> Path:
    folder.mkdir(parents=True)
    for number in range(n):
        Image.fromarray(np.full((side, side), 20 * number % 256, np.uint8)).save(folder / f"{number:05}.png")
    return folder


def write_bomb(path: Path, mebibytes: int) -> None:
    """Write an npz of a few megabytes whose images, all zero, take ``mebibytes``: the same compressed part again."""
    head, zeros = io.BytesIO(), bytes(MEBIBYTE)
    header = {"descr": "|u1", "fortran_order": False, "shape": (mebibytes * 256, 64, 64, 1)}
    np.lib.format.write_array_header_1_0(head, header)
    deflate = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    first, part = (deflate.compress(data) + deflate.flush(zlib.Z_FULL_FLUSH) for data in (head.getvalue(), zeros))
    checksum = zlib.crc32(head.getvalue())
    for _ in range(mebibytes):
        checksum = zlib.crc32(zeros, checksum)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("images.npy", first + part * mebibytes + deflate.flush())
        (stored,) = archive.filelist
        stored.compress_type, stored.CRC = zipfile.ZIP_DEFLATED, checksum
        stored.file_size = len(head.getvalue()) + mebibytes * MEBIBYTE
        archive.fp.seek(0)
        archive.fp.write(stored.FileHeader())
        archive.fp.seek(archive.start_dir)


@pytest.fixture
def datasets(tmp_path):
    opened = Datasets(tmp_path / "data", 4 * MEBIBYTE, wait_seconds=60)
    yield opened
    opened.close()


def test_a_folder_is_read_and_converted_by_a_child_and_only_mapped_here(datasets, tmp_path, monkeypatch):
    folder = pictures(tmp_path / "faces")
    (folder / "labels.csv").write_text("size\n" + "1\n2\n" * 3)
    for name in ("open_folder", "open_array_file"):
        monkeypatch.setattr(own, name, lambda *_, **__: pytest.fail("read in the process of the service"))
    opened = datasets.open("own", {"path": str(folder), "side": 16})
    assert opened.images(np.array([1]))[0, 0, 0, 0] == 20
    assert opened.labels(np.arange(6))[:, 0].tolist() == [0, 1] * 3
    assert opened.factors.factors[0].values == (1.0, 2.0)
    assert held_bytes(opened) == MIN_BYTES, "images and classes are mapped"
    assert datasets.open("own", {"path": str(folder), "side": 16}) is opened


@pytest.mark.parametrize("kind", ["npz", "deflated", "h5", "floats"])
def test_arrays_in_every_form_are_mapped_here(datasets, tmp_path, kind):
    images = np.random.default_rng(0).integers(0, 256, (10, 16, 16, 3), np.uint8)
    path = tmp_path / ("a.h5" if kind == "h5" else "a.npz")
    if kind == "h5":
        with h5py.File(path, "w") as file:
            file["images"] = images
    else:
        save = np.savez_compressed if kind == "deflated" else np.savez
        save(path, images=(images / 255).astype(np.float32) if kind == "floats" else images)
    opened = datasets.open("own", {"path": str(path), "side": 16})
    np.testing.assert_array_equal(opened.images(np.arange(10)), images)
    assert held_bytes(opened) == MIN_BYTES


def test_the_least_recently_used_set_is_forgotten(tmp_path):
    """2 MiB hold two sets of 1 MiB, the least that a set counts."""
    settings = [{"path": str(pictures(tmp_path / f"{k}")), "side": 16} for k in range(3)]
    datasets = Datasets(tmp_path / "data", 2 * MIN_BYTES, wait_seconds=60)
    try:
        first, second = (datasets.open("own", each) for each in settings[:2])
        assert (len(datasets), datasets.bytes) == (2, 2 * MIN_BYTES)
        assert datasets.open("own", settings[0]) is first
        datasets.open("own", settings[2])
        assert len(datasets) == 2
        assert datasets.open("own", settings[0]) is first
        assert datasets.open("own", settings[1]) is not second
    finally:
        datasets.close()


def test_what_a_set_draws_later_counts_too(datasets):
    drawn = datasets.open("dsprites")
    before = held_bytes(drawn)
    source = next(cell.cell_contents for cell in drawn.read.__closure__ if hasattr(cell.cell_contents, "fill_store"))
    source.store = np.zeros(5 * MEBIBYTE, np.uint8)
    assert held_bytes(drawn) >= before + 4 * MEBIBYTE
    assert len(datasets) == 1
    datasets.open("shapes3d")
    assert not datasets.is_open("dsprites"), "the larger one, and the older one, goes"


def test_a_refusal_comes_back_as_it_was_said(datasets, tmp_path):
    folder = pictures(tmp_path / "faces")
    (folder / "labels.csv").write_text("file,size\nnothing.png,1\n")
    with pytest.raises(InvalidInput, match=r"labels\.csv, line 2, column 1: got a file that is not among"):
        datasets.open("own", {"path": str(folder)})
    with pytest.raises(NotFound, match="got gone; allowed"):
        datasets.open("own", {"path": str(tmp_path / "gone")})


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A folder whose conversion takes three steps, of which the child reports each."""
    return pictures(tmp_path_factory.mktemp("many") / "pictures", 3 * ROWS_PER_STEP, side=200)


def test_a_long_conversion_answers_with_its_progress_and_continues(many, tmp_path):
    opened = Datasets(tmp_path / "data", wait_seconds=0.01)
    told, deadline = [], time.monotonic() + 240
    try:
        while time.monotonic() < deadline:
            try:
                found = opened.open("own", {"path": str(many), "side": 128})
                break
            except Unavailable as error:
                told.append(error.message)
    finally:
        opened.close()
    assert len(found) == 3 * ROWS_PER_STEP
    assert any("% are done" in each for each in told)


def test_the_end_of_the_service_ends_the_child(many, tmp_path):
    opened = Datasets(tmp_path / "data", wait_seconds=0.01)
    deadline, message = time.monotonic() + 60, ""
    while "% are done" not in message and time.monotonic() < deadline:
        with pytest.raises(Unavailable) as refused:
            opened.open("own", {"path": str(many), "side": 512})
        message = refused.value.message
    assert "% are done" in message
    opened.close()
    opened._children.shutdown(wait=True)
    assert not list((tmp_path / "data").rglob("*.json"))


def test_a_child_that_takes_too_much_is_ended_and_nothing_stands_in_for_it(tmp_path):
    write_bomb(tmp_path / "bomb.npz", 288)
    limits = Limits(256 * MEBIBYTE, 60, 60)
    opened = Datasets(tmp_path / "data", wait_seconds=60, limits=limits)
    try:
        with pytest.raises(AxiscopeError, match=r"0\.25 GiB"):
            opened.open("own", {"path": str(tmp_path / "bomb.npz")})
    finally:
        opened.close()
    assert len(opened) == 0


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    write_zoo(home / "zoo")
    data = home / "data"
    large = data / "large"
    large.mkdir(parents=True)
    (data / "huge").mkdir()
    for folder, mode, side in ((large, "L", 8000), (data / "huge", "1", 20_000)):
        Image.new(mode, (side, side)).save(folder / "0.png", compress_level=1)  # a few kilobytes
        for number in range(1, 3):
            os.link(folder / "0.png", folder / f"{number}.png")
    write_bomb(data / "bomb.npz", 2112)
    (data / "pipes").mkdir()
    for number in range(3):
        os.mkfifo(data / "pipes" / f"{number}.png")
    with running(home) as started:
        yield started


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "status"), [("large", 200), ("huge", 422), ("bomb.npz", 422), ("pipes", 422)], ids=str
)
def test_pictures_of_any_size_do_not_fill_the_service_and_others_are_served(service, path, status):
    spec = {"dataset": "own", "dataset_settings": {"path": path}, "objective": "vae", "steps": 1}
    deadline = time.monotonic() + 200
    with service.serving_others(64 * MEBIBYTE):
        while True:
            found, answer, headers = service.send("POST", "/api/v1/jobs/estimate", {"kind": "train", "spec": spec})
            if found != 503 or time.monotonic() > deadline:
                break
            time.sleep(0.2)
    assert found == status, answer
    if status != 200:
        assert headers["content-type"] == "application/problem+json"
        assert str(service.home) not in str(answer)
