"""Downloads over a line that breaks, from mirrors that lie."""

import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from models_zoo.errors import DamagedFile, NotFound, Unavailable
from tests.training.data.unreliable_server import Log, serving
from training.data.download import fetch
from training.data.sources import SourceFile, digest_of

CONTENT = np.random.default_rng(0).bytes(35_000)
SHA256 = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"


@pytest.fixture
def server() -> Iterator[tuple[str, Log]]:
    with serving(CONTENT) as served:
        yield served


def source(address: str, *kinds: str, checksum: str = SHA256, size: int | None = len(CONTENT)) -> SourceFile:
    return SourceFile("set.bin", tuple(f"{address}/{kind}/set.bin" for kind in kinds), checksum, size)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_whole_file_arrives_under_its_name(server: tuple[str, Log], tmp_path: Path) -> None:
    path = fetch(source(server[0], "sound"), tmp_path / "new")
    assert path == tmp_path / "new" / "set.bin"
    assert path.read_bytes() == CONTENT
    assert names(tmp_path / "new") == {"set.bin"}


def test_a_broken_line_is_taken_up_where_it_broke(server: tuple[str, Log], tmp_path: Path) -> None:
    address, log = server
    path = fetch(source(address, "breaks"), tmp_path)
    assert path.read_bytes() == CONTENT
    assert [asked for _, asked in log.requests] == [None, "bytes=10000-", "bytes=20000-", "bytes=30000-"]
    assert log.sent == len(CONTENT)  # not a byte twice


def test_what_arrived_outlives_the_attempt_and_the_next_call_goes_on(tmp_path: Path) -> None:
    with serving(CONTENT, break_after=3_000) as (address, log):
        wanted = source(address, "breaks")
        with pytest.raises(Unavailable, match="kept"):
            fetch(wanted, tmp_path)
        arrived = (tmp_path / "set.bin.part").stat().st_size
        assert 0 < arrived < len(CONTENT)
        assert not (tmp_path / "set.bin").exists()
        log.requests.clear()
        fetch(source(address, "sound"), tmp_path)
        assert log.requests == [("sound", f"bytes={arrived}-")]
        assert log.sent == len(CONTENT)
    assert (tmp_path / "set.bin").read_bytes() == CONTENT


def test_a_server_without_ranges_is_asked_from_the_start(server: tuple[str, Log], tmp_path: Path) -> None:
    address, log = server
    assert fetch(source(address, "breaks-no-ranges"), tmp_path).read_bytes() == CONTENT
    assert len(log.requests) == 2


@pytest.mark.parametrize("first", ["gone", "ill", "corrupt", "short"])
def test_the_next_mirror_helps(server: tuple[str, Log], tmp_path: Path, first: str) -> None:
    address, log = server
    assert fetch(source(address, first, "sound"), tmp_path).read_bytes() == CONTENT
    assert log.requests[-1][0] == "sound"
    assert names(tmp_path) == {"set.bin"}


def test_redirects_are_followed(server: tuple[str, Log], tmp_path: Path) -> None:
    assert fetch(source(server[0], "moved"), tmp_path).read_bytes() == CONTENT


def test_corrupt_files_never_get_the_name_and_both_checksums_are_named(server: tuple[str, Log], tmp_path: Path) -> None:
    with pytest.raises(DamagedFile) as caught:
        fetch(source(server[0], "corrupt", "corrupt"), tmp_path)
    assert SHA256 in caught.value.message
    assert caught.value.message.count("sha256:") >= 3  # what was published, and what came twice
    assert names(tmp_path) == set()


def test_the_rest_of_another_version_is_fetched_again_whole(server: tuple[str, Log], tmp_path: Path) -> None:
    (tmp_path / "set.bin.part").write_bytes(b"of an older file" * 100)
    path = fetch(source(server[0], "sound"), tmp_path)
    assert path.read_bytes() == CONTENT


def test_a_complete_part_only_needs_its_name(server: tuple[str, Log], tmp_path: Path) -> None:
    (tmp_path / "set.bin.part").write_bytes(CONTENT)
    assert fetch(source(server[0], "sound"), tmp_path).read_bytes() == CONTENT
    assert server[1].sent == 0


def test_a_sound_file_is_not_fetched_again(server: tuple[str, Log], tmp_path: Path) -> None:
    (tmp_path / "set.bin").write_bytes(CONTENT)
    fetch(source(server[0], "sound"), tmp_path)
    assert server[1].requests == []


def test_a_file_that_differs_is_replaced(server: tuple[str, Log], tmp_path: Path) -> None:
    (tmp_path / "set.bin").write_bytes(CONTENT[:-1])
    assert fetch(source(server[0], "sound"), tmp_path).read_bytes() == CONTENT


def test_a_server_that_is_down_is_named(tmp_path: Path) -> None:
    with serving(CONTENT) as (address, _):
        pass
    with pytest.raises(Unavailable, match=r"got no set\.bin \(http://127"):
        fetch(source(address, "sound"), tmp_path)


def test_a_file_without_an_address_is_refused_with_its_folder(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=str(tmp_path)):
        fetch(SourceFile("by_hand.zip"), tmp_path)


def test_progress_grows_to_the_size(server: tuple[str, Log], tmp_path: Path) -> None:
    calls: list[tuple[int, int | None]] = []
    fetch(source(server[0], "breaks"), tmp_path, lambda done, total: calls.append((done, total)))
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)
    assert calls[-1] == (len(CONTENT), len(CONTENT))
    assert {total for _, total in calls} == {len(CONTENT)}


def test_the_git_checksum_is_that_of_git(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    told = subprocess.run(["git", "hash-object", str(path)], capture_output=True, text=True, check=True)
    assert digest_of(path, "git") == told.stdout.strip()


@pytest.mark.parametrize("kind", ["md5", "sha256"])
def test_checksums_are_those_of_the_standard_library(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    assert digest_of(path, kind) == hashlib.new(kind, CONTENT).hexdigest()
