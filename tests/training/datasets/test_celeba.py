import numpy as np
import pytest

from models_zoo.errors import DamagedFile, NotFound
from tests.training.official_files import celeba_files
from training.config import build
from training.datasets import celeba

FACES = {f"{number:06d}.jpg": (number * 30, 100, 200) for number in range(1, 7)}
ATTRIBUTES = ["5_o_Clock_Shadow", "Smiling", "Young"]
VALUES = [[-1, 1, 1], [1, 1, -1], [-1, -1, -1], [1, -1, 1], [-1, 1, -1], [1, 1, 1]]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(celeba, "FILES", tuple(celeba.SourceFile(f.name, (), f.checksum) for f in celeba.FILES))
    celeba_files(tmp_path / "celeba", FACES, ATTRIBUTES, VALUES, [0, 0, 0, 1, 2, 2])
    return tmp_path


def test_faces_carry_their_attributes_as_no_and_yes(folder):
    data = celeba.load(celeba.Config(), folder)
    assert data.factors.names == tuple(ATTRIBUTES)
    assert not data.factors.complete
    np.testing.assert_array_equal(data.labels(np.arange(6)), (np.array(VALUES) + 1) // 2)
    reds = data.images(np.arange(6))[:, 30, 30, 0].astype(int)
    np.testing.assert_allclose(reds, [30, 60, 90, 120, 150, 180], atol=4)


@pytest.mark.parametrize(("split", "reds"), [("train", [30, 60, 90]), ("valid", [120]), ("test", [150, 180])])
def test_the_partition_file_decides_the_split(folder, split, reds):
    data = celeba.load(build(celeba.Config, {"split": split, "crop": None}), folder)
    np.testing.assert_allclose(data.images(np.arange(len(data)))[:, 9, 9, 0].astype(int), reds, atol=4)


def test_a_wrong_count_and_missing_files_are_refused(folder):
    path = folder / "celeba" / celeba.ATTRIBUTES
    path.write_text(path.read_text().replace("6\n", "7\n", 1))
    with pytest.raises(DamagedFile, match="of 6 rows; allowed: 7"):
        celeba.load(celeba.Config(), folder)
    path.unlink()
    with pytest.raises(NotFound, match="by hand"):
        celeba.load(celeba.Config(), folder)


def test_a_partition_of_other_faces_is_refused(folder):
    path = folder / "celeba" / celeba.PARTITION
    path.write_text(path.read_text().replace("000004.jpg 1\n", ""))
    with pytest.raises(DamagedFile, match=r"without 000004\.jpg"):
        celeba.load(celeba.Config(), folder)


@pytest.mark.parametrize(
    ("old", "words"), [("6\n", "with the first line 'six'"), (" 1\n", "line 3: got 2 values; allowed: 3")]
)
def test_a_list_of_another_form_is_refused_with_its_line(folder, old, words):
    path = folder / "celeba" / celeba.ATTRIBUTES
    path.write_text(path.read_text().replace(old, "six\n" if old == "6\n" else "\n", 1))
    with pytest.raises(DamagedFile, match=words):
        celeba.load(celeba.Config(), folder)
