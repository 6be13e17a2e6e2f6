"""`axiscope data`: list, fetch and check, with a real server and a data folder of their own."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from models_zoo.errors import AxiscopeError, DamagedFile, NotFound
from tests.training.data.unreliable_server import serving
from training.cli import app
from training.data.sources import SourceFile
from training.datasets import mnist, mpi3d
from training.registry import DATASETS


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AXISCOPE_HOME", str(tmp_path))
    return tmp_path / "data"


def run(*words: str) -> tuple[str, str]:
    answer = CliRunner().invoke(app, ["data", *words], catch_exceptions=False)
    assert answer.exit_code == 0, answer.output
    return answer.stdout, answer.stderr


def document(*words: str) -> dict:
    return json.loads(run(*words, "--json")[0])


def test_list_names_every_data_set_and_what_to_do_about_it(data: Path) -> None:
    listed = {entry["name"]: entry for entry in json.loads(run("list", "--json")[0])}
    assert tuple(listed) == DATASETS.names()
    assert listed["dsprites"]["title"] == "dSprites (procedural)"
    assert listed["dsprites"]["n_images"] == 737_280
    assert not listed["celeba"]["available"]
    assert str(data / "celeba") in listed["celeba"]["problem"]
    assert listed["shapes3d"]["files"][0]["urls"]
    for name, entry in listed.items():
        assert entry["available"] or (name in entry["problem"].lower() or name == "own"), entry


def test_the_list_fits_a_terminal_and_shows_the_local_files() -> None:
    lines = run("list")[0].splitlines()
    assert max(map(len, lines[: len(DATASETS.names()) + 1])) <= 80
    told = {line.split()[0]: line.rstrip() for line in lines if line.strip()}
    assert told["dsprites"].endswith("procedural")
    assert told["mnist"].endswith("no: fetch")
    assert told["celeba"].endswith("no: by hand")


def test_list_opens_no_files_of_a_data_set(data: Path) -> None:
    (data / "shapes3d").mkdir(parents=True)
    (data / "shapes3d" / "3dshapes.h5").write_bytes(b"far from whole")
    (data / "mnist").mkdir()
    (data / "mnist" / "train-images-idx3-ubyte.gz.part").write_bytes(b"arrived")
    listed = {entry["name"]: entry for entry in json.loads(run("list", "--json")[0])}
    assert listed["shapes3d"]["files"][0]["state"] == "incomplete"
    assert listed["shapes3d"]["bytes_on_disk"] == 14
    assert listed["mnist"]["files"][0] | {"urls": []} == {
        "name": "train-images-idx3-ubyte.gz",
        "state": "incomplete",
        "bytes": 7,
        "official_bytes": None,
        "urls": [],
        "checksum": "md5:f68b3c2dcbeaaa9fbdd348bbdeb94873",
    }


def test_fetch_gets_every_file_and_check_finds_them_sound(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = np.random.default_rng(0).bytes(30_000)
    checksum = f"md5:{hashlib.md5(content).hexdigest()}"
    with serving(content) as (address, _):
        files = tuple(SourceFile(f"{n}.gz", (f"{address}/breaks/{n}",), checksum) for n in ("a", "b"))
        monkeypatch.setattr(mnist, "FILES", files)
        answer = document("fetch", "mnist")
    assert [(Path(file["path"]), file["bytes"], file["verdict"]) for file in answer["files"]] == [
        (data / "mnist" / "a.gz", 30_000, "verified"),
        (data / "mnist" / "b.gz", 30_000, "verified"),
    ]
    assert (data / "mnist" / "b.gz").read_bytes() == content


def test_a_set_for_which_one_file_is_enough_fetches_one(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from training.datasets import dsprites

    with serving(b"abc" * 5_000) as (address, log):
        checksum = f"sha256:{hashlib.sha256(b'abc' * 5_000).hexdigest()}"
        monkeypatch.setattr(
            dsprites, "FILES", tuple(SourceFile(n, (f"{address}/sound/{n}",), checksum) for n in ("x.npz", "x.hdf5"))
        )
        assert len(document("fetch", "dsprites")["files"]) == 1
        assert len(log.requests) == 1


@pytest.mark.parametrize("name", ["celeba", "falcor3d", "isaac3d", "mpi3d_complex", "color_dsprites", "own"])
def test_a_set_that_cannot_be_fetched_is_refused_with_files_and_folder(data: Path, name: str) -> None:
    with pytest.raises(NotFound) as caught:
        run("fetch", name)
    assert DATASETS.load(name).HOW in caught.value.message
    assert str(data / name) in caught.value.message


def test_check_of_a_drawn_set_opens_it() -> None:
    state = document("check", "dsprites")
    assert state["available"]
    assert set(state["verdicts"].values()) == {"missing"}
    assert state["provenance"]["source"] == "procedural"


def test_check_names_the_form_that_is_there_and_not_the_one_that_is_not(data: Path) -> None:
    (data / "mnist").mkdir(parents=True)
    for prefix in ("train", "t10k"):
        (data / "mnist" / f"{prefix}-images-idx3-ubyte").write_bytes(bytes([0, 0, 8, 3, *b"\0\0\0\2" * 3]) + bytes(8))
        (data / "mnist" / f"{prefix}-labels-idx1-ubyte").write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 2, 4, 9]))
    answer = CliRunner().invoke(app, ["data", "check", "mnist"])
    assert isinstance(answer.exception, DamagedFile)
    assert "differs    train-images-idx3-ubyte\n" in answer.stdout
    assert "missing" not in answer.stdout


def test_check_of_a_file_cut_short_names_it(data: Path) -> None:
    (data / "shapes3d").mkdir(parents=True)
    (data / "shapes3d" / "3dshapes.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(1_000))
    with pytest.raises(
        DamagedFile, match=r"got 3dshapes\.h5; allowed: the published files; `axiscope data fetch shapes3d"
    ):
        run("check", "shapes3d")


def test_check_of_an_absent_set_names_how_to_get_it() -> None:
    with pytest.raises(NotFound, match="axiscope data fetch smallnorb"):
        run("check", "smallnorb")


def test_a_checksum_of_an_earlier_edition_is_reported_and_not_refused(data: Path) -> None:
    images = np.zeros((3, 64, 64, 3), np.uint8)
    (data / "mpi3d_toy").mkdir(parents=True)
    np.savez(data / "mpi3d_toy" / "mpi3d_toy.npz", images=images)
    assert mpi3d.VARIANTS["toy"].FILES[0].earlier_edition
    with pytest.raises(AxiscopeError, match="got 3 images") as caught:  # the grid is refused, not the checksum
        run("check", "mpi3d_toy")
    assert isinstance(caught.value, NotFound | DamagedFile)


def test_an_unknown_name_proposes_the_nearest() -> None:
    with pytest.raises(NotFound, match="did you mean 'dsprites'"):
        run("fetch", "dsprite")
