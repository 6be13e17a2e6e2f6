import errno
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from models_zoo import files
from models_zoo.files import new_directory, sha256_of, write_atomic

ROOT = Path(__file__).parents[2]


def test_a_write_replaces_the_whole_file(tmp_path):
    path = tmp_path / "deep" / "file.bin"
    write_atomic(path, b"old and longer")
    write_atomic(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]


def test_a_full_disk_leaves_the_old_file_and_no_litter(tmp_path, monkeypatch):
    path = tmp_path / "file.bin"
    write_atomic(path, b"old")

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_directory_appears_only_when_its_block_ends_well(tmp_path):
    def half_written():
        with new_directory(tmp_path / "entry") as folder:
            (folder / "part").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half_written()
    assert not list(tmp_path.iterdir())


def test_a_directory_replaces_the_one_before_whole(tmp_path):
    for content in ("one", "two"):
        with new_directory(tmp_path / "entry") as folder:
            (folder / content).write_text(content)
    assert [path.name for path in (tmp_path / "entry").iterdir()] == ["two"]
    assert [path.name for path in tmp_path.iterdir()] == ["entry"]


@pytest.mark.parametrize("exchange", [True, False], ids=["exchanged", "renamed twice"])
def test_writers_of_one_directory_at_once_all_succeed(tmp_path, monkeypatch, exchange):
    if not exchange:
        monkeypatch.setattr(files, "_exchange", lambda one, other: False)
    target, errors, missing = tmp_path / "entry", [], []
    with new_directory(target) as folder:
        (folder / "content").write_text("0")

    def write(writer):
        try:
            for turn in range(30):
                with new_directory(target) as folder:
                    (folder / "content").write_text(f"{writer} {turn}")
        except Exception as error:  # noqa: BLE001 - compared below
            errors.append(error)

    def read():
        while any(writer.is_alive() for writer in writers):
            if not target.exists():
                missing.append(time.monotonic())

    writers = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    reader = threading.Thread(target=read)
    for thread in (*writers, reader):
        thread.start()
    for thread in (*writers, reader):
        thread.join()
    assert errors == []
    assert list(tmp_path.iterdir()) == [target]
    if exchange:
        assert missing == []


def test_a_link_to_a_directory_is_replaced_and_what_it_names_is_kept(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "entry").symlink_to(tmp_path / "elsewhere")
    with new_directory(tmp_path / "entry") as folder:
        (folder / "content").write_text("new")
    assert (tmp_path / "entry" / "content").read_text() == "new"
    assert {path.name for path in tmp_path.iterdir()} == {"entry", "elsewhere"}


KILLED = """
import os, signal, sys
from pathlib import Path
from models_zoo import files
from models_zoo.files import new_directory
with new_directory(Path(sys.argv[1])) as folder:
    (folder / "part").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_writer_left_goes_with_the_next_one_and_what_is_being_written_stays(tmp_path):
    target = tmp_path / "entry"
    done = subprocess.run([sys.executable, "-c", KILLED, str(target)], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    with new_directory(target):
        pass
    assert left.exists(), "it is younger than a minute: its writer may be about to take the lock"
    with new_directory(target) as being_written:
        for folder in (left, being_written):
            os.utime(folder, (0, 0))
        with new_directory(target):
            pass
        assert not left.exists()
        assert being_written.exists()
    assert list(tmp_path.iterdir()) == [target]


def test_sha256_is_that_of_the_standard(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")
    assert sha256_of(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
