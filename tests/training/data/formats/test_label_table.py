"""CSVs of labels: read line by line with limits, and what they hold stands in no error."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from models_zoo.errors import AxiscopeError, InvalidInput, NotFound, TooLarge
from training.data.formats import label_table
from training.data.formats.label_table import read_csv

SECRET = "correct-horse-battery"
ROOT = Path(__file__).parents[4]


def table(folder: Path, content: str | bytes) -> Path:
    path = folder / "labels.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (f"{SECRET}\n1\n2\n3\n", "2 images"),
        (f"{SECRET}\n1\n", "1 rows and 2 images"),
        (f"a,b\n1,2\n1,2,{SECRET}\n", r"line 3: got 3 columns; allowed: at most 2"),
        (f"{SECRET},{SECRET}\n1,2\n3,4\n", "line 1, column 2"),
        (f"a,{SECRET}".encode() + b"\n1,\xff\n1,1\n", "line 2, byte 3"),
        (f"a,{SECRET}\n1,\0\n1,1\n", "line 2: got a zero byte"),
        (f"a\n{SECRET}{'x' * 1000}\n1\n", "line 2, column 1: got 1021 characters; allowed: at most 1000"),
        (SECRET + ",a" * 300 + "\n", "line 1: got 301 columns; allowed: at most 256"),
        (f"a\n{SECRET}" * 100_000, "allowed: a row for each image"),
        (SECRET * 20_000, "line 1: got a longer line; allowed: at most 256,000 bytes"),
        (f'a\n"{SECRET}\n' + "b\n" * 200_000, "line"),
    ],
)
def test_what_does_not_fit_is_named_by_its_place_and_never_quoted(tmp_path: Path, content: str, place: str) -> None:
    with pytest.raises(AxiscopeError, match=place) as raised:
        read_csv(table(tmp_path, content), n=2)
    assert SECRET not in str(raised.value)


def test_a_name_that_is_no_picture_is_not_quoted_either(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"line 3, column 2: got a file that is not among the 2 pictures") as raised:
        read_csv(table(tmp_path, f"size,file\n1,a.png\n2,{SECRET}\n"), files=["a.png", "b.png"])
    assert SECRET not in str(raised.value)


def test_devices_pipes_folders_and_large_files_are_refused_at_once(tmp_path: Path, monkeypatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    began = time.monotonic()
    for path in (Path("/dev/zero"), Path("/dev/urandom"), tmp_path / "pipe", tmp_path):
        with pytest.raises(InvalidInput, match="no regular file"):
            read_csv(path, n=2)
    assert time.monotonic() - began < 10
    monkeypatch.setattr(label_table, "MAX_BYTES", 5)
    with pytest.raises(TooLarge, match="6 bytes; allowed: at most 5"):
        read_csv(table(tmp_path, "a\n1\n2\n"), n=2)
    with pytest.raises(NotFound, match=r"label file none\.csv, which does not exist"):
        read_csv(tmp_path / "none.csv")


def test_rows_are_read_one_after_the_other(tmp_path: Path) -> None:
    """200 MiB of rows for two images are refused by a process that may take 200 MiB in all."""
    with (tmp_path / "labels.csv").open("w") as stream:
        stream.write("a,b\n")
        for _ in range(200):
            stream.write("1,2\n" * (1024**2 // 4))
    code = (
        "import re, sys; from pathlib import Path; from training.data.formats.label_table import read_csv\n"
        "def status(): return Path('/proc/self/status').read_text()\n"
        "try: read_csv(Path(sys.argv[1]), n=2)\n"
        "except Exception as error: print(type(error).__name__, re.search(r'VmHWM:\\s+(\\d+)', status())[1])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "labels.csv")],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    name, kibibytes = done.stdout.split()
    assert name == "InvalidInput"
    assert int(kibibytes) < 200 * 1024
