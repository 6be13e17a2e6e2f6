import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from training.data.formats.conversion import memory_mapped, rows

ROOT = Path(__file__).parents[4]


def filling(value: int):
    def fill(out: np.ndarray) -> None:
        out[:] = value

    return fill


def test_the_array_is_made_once_and_mapped_read_only(tmp_path: Path):
    path = tmp_path / "converted" / "images.npy"
    first = memory_mapped(path, (4, 3), np.uint8, filling(7))
    assert (first == 7).all()
    again = memory_mapped(path, (4, 3), np.uint8, lambda _: pytest.fail("made twice"))
    assert isinstance(again, np.memmap)
    assert not again.flags.writeable
    assert [file.name for file in path.parent.iterdir()] == ["images.npy"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_conversion_that_breaks_off_leaves_nothing_behind(tmp_path: Path, error: type[BaseException]):
    def breaks(out: np.ndarray) -> None:
        out[:2] = 1
        raise error

    with pytest.raises(error):
        memory_mapped(tmp_path / "images.npy", (4, 3), np.uint8, breaks)
    assert list(tmp_path.iterdir()) == []


def test_a_conversion_that_breaks_off_leaves_the_older_array_as_it_was(tmp_path: Path):
    path, source = tmp_path / "images.npy", tmp_path / "source"
    memory_mapped(path, (4,), np.uint8, filling(3))
    source.write_bytes(b"newer")
    os.utime(source, ns=(path.stat().st_mtime_ns + 10**9,) * 2)

    def breaks(_: np.ndarray) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        memory_mapped(path, (4,), np.uint8, breaks, [source])
    assert (np.load(path) == 3).all()


KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np
from training.data.formats.conversion import memory_mapped
memory_mapped(Path(sys.argv[1]), (4,), np.uint8, lambda _: os.kill(os.getpid(), signal.SIGKILL))
"""


def test_what_a_killed_conversion_left_is_removed_by_the_next(tmp_path: Path):
    path = tmp_path / "images.npy"
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    os.utime(left, (0, 0))
    memory_mapped(path, (4,), np.uint8, filling(3))
    assert list(tmp_path.iterdir()) == [path]


def test_a_newer_source_is_converted_again(tmp_path: Path):
    path, source = tmp_path / "images.npy", tmp_path / "source"
    source.write_bytes(b"old")
    memory_mapped(path, (4,), np.uint8, filling(3), [source])
    os.utime(source, ns=(path.stat().st_mtime_ns + 10**9,) * 2)
    assert (memory_mapped(path, (4,), np.uint8, filling(5), [source]) == 5).all()


@pytest.mark.parametrize(("shape", "dtype"), [((5,), np.uint8), ((4,), np.uint16)])
def test_an_array_of_another_form_is_made_again(tmp_path: Path, shape: tuple[int, ...], dtype: type):
    path = tmp_path / "images.npy"
    memory_mapped(path, (4,), np.uint8, filling(3))
    other = memory_mapped(path, shape, dtype, filling(9))
    assert other.shape == shape
    assert other.dtype == dtype
    assert (other == 9).all()


def test_rows_cover_everything_once():
    covered = np.zeros(1_000, int)
    for part in rows(1_000, "test", step=300):
        covered[part] += 1
    assert (covered == 1).all()
