"""Your own images: arrays and folders, labels of every kind, and what is refused with which words."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from models_zoo.errors import DamagedFile, InvalidInput, NotFound, UnsupportedFormat
from training.config import build
from training.data.dataset import ImageTable
from training.datasets import own

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (30, 16, 16), np.uint8)
COLOUR = RNG.integers(0, 256, (30, 16, 16, 3), np.uint8)


def opened(path: Path, home: Path, **settings: object) -> ImageTable:
    return own.load(build(own.Config, {"path": str(path), "side": 16, **settings}), home)


def save(folder: Path, **arrays: object) -> Path:
    path = folder / "mine.npz"
    np.savez(path, **arrays)
    return path


def everything(dataset: ImageTable) -> np.ndarray:
    return dataset.images(np.arange(len(dataset)))


@pytest.mark.parametrize(
    ("images", "shape"),
    [(GREY, (16, 16, 1)), (GREY[..., None], (16, 16, 1)), (COLOUR, (16, 16, 3))],
    ids=["n h w", "n h w 1", "n h w 3"],
)
def test_an_npz_of_bytes_comes_back_as_it_is(tmp_path: Path, images: np.ndarray, shape: tuple[int, ...]) -> None:
    dataset = opened(save(tmp_path, images=images), tmp_path)
    assert dataset.image_shape == shape
    assert np.array_equal(everything(dataset).reshape(images.shape), images)
    assert dataset.provenance.source == "own"
    assert dataset.title == "mine"


def test_a_deflated_npz_is_read_too(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "mine.npz", images=COLOUR)
    assert np.array_equal(everything(opened(tmp_path / "mine.npz", tmp_path)), COLOUR)


def test_floats_from_0_to_1_become_bytes(tmp_path: Path) -> None:
    dataset = opened(save(tmp_path, images=(GREY / 255).astype(np.float32)), tmp_path)
    assert np.array_equal(everything(dataset)[..., 0], GREY)


def test_images_of_another_size_are_brought_to_the_side(tmp_path: Path) -> None:
    flat = np.full((4, 40, 20, 3), 77, np.uint8)
    dataset = opened(save(tmp_path, images=flat), tmp_path, side=32)
    assert everything(dataset).shape == (4, 32, 32, 3)
    assert (everything(dataset) == 77).all()


def test_without_labels_there_are_no_factors(tmp_path: Path) -> None:
    dataset = opened(save(tmp_path, images=GREY), tmp_path)
    assert dataset.factors.names == ()
    assert dataset.labels(np.arange(3)).shape == (3, 0)


def test_labels_of_an_npz_have_their_names_and_kinds(tmp_path: Path) -> None:
    labels = np.stack([np.arange(30) % 3, np.arange(30) % 4 * 90], axis=1)
    path = save(tmp_path, images=GREY, labels=labels, label_names=np.array(["size", "angle"]))
    dataset = opened(path, tmp_path, kinds={"angle": "cyclic"})
    assert [(factor.name, factor.size, factor.kind) for factor in dataset.factors.factors] == [
        ("size", 3, "ordinal"),
        ("angle", 4, "cyclic"),
    ]
    assert dataset.factors.factors[1].values == (0, 90, 180, 270)
    assert np.array_equal(dataset.labels(np.arange(30)), np.stack([np.arange(30) % 3, np.arange(30) % 4], axis=1))


def test_hdf5_is_read_like_npz(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "mine.h5", "w") as file:
        file["images"] = COLOUR
        file["labels"] = np.arange(30) % 2
        file["label_names"] = [b"side"]
    dataset = opened(tmp_path / "mine.h5", tmp_path)
    assert np.array_equal(everything(dataset), COLOUR)
    assert dataset.factors.names == ("side",)
    assert dataset.labels(np.array([3])).tolist() == [[1]]


def test_a_continuous_factor_is_cut_into_equally_filled_classes(tmp_path: Path) -> None:
    values = RNG.normal(size=400)
    path = save(tmp_path, images=np.zeros((400, 16, 16), np.uint8), labels=values, label_names=np.array(["depth"]))
    dataset = opened(path, tmp_path, bins=8)
    (factor,) = dataset.factors.factors
    classes = dataset.labels(np.arange(400))[:, 0]
    assert factor.kind == "continuous"
    assert np.bincount(classes).tolist() == pytest.approx([50] * 8, abs=2)
    assert list(factor.values) == sorted(factor.values)
    lowest, highest = values[classes == 0], values[classes == 7]
    assert lowest.max() < highest.min()
    assert factor.values[0] == pytest.approx(lowest.mean())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    (folder / "b").mkdir(parents=True)
    for number, name in enumerate(["a.png", "b/c.png", "d.png"]):
        Image.fromarray(np.full((20, 24, 3), 60 * number, np.uint8)).save(folder / name)
    return folder


def test_pictures_come_in_the_order_of_their_names(folder: Path, tmp_path: Path) -> None:
    dataset = opened(folder, tmp_path)
    assert everything(dataset)[:, 0, 0, 0].tolist() == [0, 60, 120]
    assert dataset.image_shape == (16, 16, 3)
    assert opened(folder, tmp_path, grey=True).image_shape == (16, 16, 1)


def test_a_csv_finds_its_pictures_by_name_and_may_leave_cells_and_rows_out(folder: Path, tmp_path: Path) -> None:
    (folder / "labels.csv").write_text("file,colour,weight\nd.png,red,2.5\na.png,,NA\n", encoding="utf-8-sig")
    dataset = opened(folder, tmp_path)
    assert [(factor.name, factor.kind, factor.values) for factor in dataset.factors.factors] == [
        ("colour", "categorical", ("red",)),
        ("weight", "ordinal", (2.5,)),
    ]
    assert dataset.labels(np.arange(3)).tolist() == [[-1, -1], [-1, -1], [0, 0]]


def test_a_picture_that_changed_is_converted_again(folder: Path, tmp_path: Path) -> None:
    assert everything(opened(folder, tmp_path))[0].max() == 0
    Image.fromarray(np.full((20, 24, 3), 200, np.uint8)).save(folder / "a.png", compress_level=0)
    assert everything(opened(folder, tmp_path))[0].min() == 200


def test_pickled_arrays_are_never_opened(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return (pytest.fail, ("a pickle was opened",))

    for images in (np.array([Trap(), Trap()], dtype=object), GREY):
        labels = np.array([Trap()] * 30, dtype=object)
        np.savez(tmp_path / "mine.npz", images=images, labels=labels, allow_pickle=True)
        with pytest.raises(InvalidInput, match=r"pickled objects in .*, which are never read"):
            opened(tmp_path / "mine.npz", tmp_path)


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (GREY.astype(np.int32), "images of int32; allowed: uint8 in 0..255, or floats in 0..1"),
        (np.where(np.arange(30)[:, None, None] == 4, 1.5, GREY / 255), "values outside 0..1 in image 4"),
        (np.full((3, 16, 16), np.nan), "values outside 0..1 in image 0"),
        (np.zeros((3, 16, 16, 2), np.uint8), r"shape \(3, 16, 16, 2\); allowed:"),
        (np.zeros((3, 16), np.uint8), r"shape \(3, 16\); allowed:"),
        (np.zeros((1, 16, 16), np.uint8), "n >= 2"),
    ],
    ids=["integers", "above 1", "nan", "two channels", "flat", "one image"],
)
def test_images_that_do_not_fit_are_refused(tmp_path: Path, images: np.ndarray, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        opened(save(tmp_path, images=images), tmp_path)


def test_labels_that_do_not_match_are_refused_with_both_counts(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(InvalidInput, match="29 rows and 30 images"):
        opened(save(tmp_path, images=GREY, labels=np.arange(29)), tmp_path)
    (tmp_path / "rows.csv").write_text("size\n1\n2\n")
    with pytest.raises(InvalidInput, match="2 rows and 3 images"):
        opened(folder, tmp_path, labels=str(tmp_path / "rows.csv"))
    (tmp_path / "rows.csv").write_text("file,size\nz.png,1\n")
    with pytest.raises(InvalidInput, match=r"rows\.csv, line 2, column 1: got a file that is not among the 3 pictures"):
        opened(folder, tmp_path, labels=str(tmp_path / "rows.csv"))


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        ({"nothing": "cyclic"}, "got kind cyclic of nothing; allowed"),
        ({"size": "round"}, "categorical, ordinal, continuous, cyclic"),
    ],
)
def test_a_kind_that_does_not_fit_is_refused(tmp_path: Path, kinds: dict[str, str], words: str) -> None:
    path = save(tmp_path, images=GREY, labels=np.arange(30) % 2, label_names=np.array(["size"]))
    with pytest.raises(InvalidInput, match=words):
        opened(path, tmp_path, kinds=kinds)


def test_words_have_no_order(tmp_path: Path, folder: Path) -> None:
    (folder / "labels.csv").write_text("file,mood\na.png,glad\nd.png,2\n")
    with pytest.raises(InvalidInput, match="label 1 of words with kind ordinal"):
        opened(folder, tmp_path, kinds={"mood": "ordinal"})


def test_damaged_and_unknown_files_are_named(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "mine.npz").write_bytes(b"PK\x03\x04 and then nothing")
    with pytest.raises(DamagedFile, match=r"mine\.npz, which is no whole npz"):
        opened(tmp_path / "mine.npz", tmp_path)
    (tmp_path / "mine.h5").write_bytes(b"\x89HDF")
    with pytest.raises(DamagedFile, match=r"mine\.h5, which is no whole HDF5"):
        opened(tmp_path / "mine.h5", tmp_path)
    (tmp_path / "mine.mat").write_bytes(b"")
    with pytest.raises(UnsupportedFormat, match=r"allowed: \.npz, \.h5, \.hdf5 and folders"):
        opened(tmp_path / "mine.mat", tmp_path)
    (folder / "d.png").write_bytes((folder / "d.png").read_bytes()[:40])
    with pytest.raises(DamagedFile, match=r"d\.png, which is no whole picture"):
        opened(folder, tmp_path)


def test_an_npz_without_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DamagedFile, match="2 arrays; allowed: one of the name 'images'"):
        opened(save(tmp_path, x=GREY, y=GREY), tmp_path)


def test_nothing_there_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="got no path"):
        own.load(own.Config(), tmp_path)
    with pytest.raises(NotFound, match="does not exist"):
        opened(tmp_path / "none.npz", tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotFound, match="with 0 pictures"):
        opened(tmp_path / "empty", tmp_path)
