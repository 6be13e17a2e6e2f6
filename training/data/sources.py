"""Official files of a data set: their places, checksums and addresses."""

import contextlib
import gzip
import hashlib
import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from models_zoo.errors import DamagedFile, MissingFiles
from models_zoo.files import write_atomic
from training.data.dataset import Provenance

BLOCK = 1 << 20
CHECKSUMS_FILE = ".checksums.json"
Verification = Literal["verified", "differs", "unknown", "missing", "incomplete"]


@dataclass(frozen=True)
class SourceFile:
    """One official file.

    Parameters
    ----------
    name : str
        File name inside the data set's folder.
    urls : tuple of str
        Addresses, mirrors after the first; empty where it must be downloaded by hand.
    checksum : str
        ``"sha256:..."``, ``"md5:..."`` or ``"git:..."`` (a git blob's SHA-1); empty where none was published.
    size : int, optional
        Bytes, where known.
    earlier_edition : bool
        Whether the checksum is of an edition that was corrected since: a mismatch is reported, not refused.
    """

    name: str
    urls: tuple[str, ...] = ()
    checksum: str = ""
    size: int | None = None
    earlier_edition: bool = False


def digest_of(path: Path, kind: str) -> str:
    """Return a file's hexadecimal digest: ``sha256``, ``md5`` or ``git`` (SHA-1 over ``blob SIZE NUL`` + content)."""
    digest = hashlib.new("sha1" if kind == "git" else kind, usedforsecurity=False)
    if kind == "git":
        digest.update(f"blob {path.stat().st_size}\0".encode())
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def verify_file(path: Path, source: SourceFile) -> Verification:
    """Compare a file with what was published; a digest is computed once per state of the file."""
    if not path.is_file():
        return "missing"
    stat = path.stat()
    if source.size is not None and stat.st_size < source.size:
        return "incomplete"
    if not source.checksum:
        return "unknown"
    kind, _, expected = source.checksum.partition(":")
    state = f"{path.name} {stat.st_size} {stat.st_mtime_ns} {kind}"
    book = path.parent / CHECKSUMS_FILE
    try:
        known: dict[str, str] = json.loads(book.read_bytes())
    except (OSError, ValueError):
        known = {}
    if state not in known:
        known[state] = digest_of(path, kind)
        with contextlib.suppress(OSError):  # a read-only data folder only costs the digest again
            write_atomic(book, json.dumps(known).encode())
    return "verified" if known[state] == expected else "differs"


def locate(data_directory: Path, dataset: str, name: str) -> Path | None:
    """Find an official file in the data set's folder or in the data directory itself."""
    for path in (data_directory / dataset / name, data_directory / name):
        if path.is_file():
            return path
    return None


def read_unpacked(path: Path) -> bytes:
    """Read a whole file; one whose name ends in `.gz` is unpacked.

    Raises
    ------
    DamagedFile
        If it is no whole gzip file.
    """
    content = path.read_bytes()
    try:
        return gzip.decompress(content) if path.suffix == ".gz" else content
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DamagedFile(
            f"got {path.name}, which is no whole gzip file ({error}); allowed: the published file; fetch it again"
        ) from None


def require(data_directory: Path, dataset: str, sources: tuple[SourceFile, ...], how: str) -> list[Path]:
    """Find every file.

    Raises
    ------
    MissingFiles
        Naming the files that are missing, where they belong and how to get them.
    DamagedFile
        If a file is shorter than the official one.
    """
    found = [locate(data_directory, dataset, source.name) for source in sources]
    missing = [source.name for source, path in zip(sources, found, strict=True) if path is None]
    if missing:
        raise MissingFiles(
            f"got no {', '.join(missing)} in {data_directory / dataset}; allowed: those that {dataset} needs; {how}",
            field="/dataset",
        )
    paths = [path for path in found if path is not None]
    for path, source in zip(paths, sources, strict=True):
        if source.size is not None and path.stat().st_size < source.size:
            raise DamagedFile(
                f"got {path} of {path.stat().st_size:,} bytes; allowed: {source.size:,}; `axiscope data fetch "
                f"{dataset}` resumes the download"
            )
    return paths


def official(
    paths: list[Path], sources: tuple[SourceFile, ...], *, licence: str, url: str, citation: str
) -> Provenance:
    """Return the provenance of files on disk: ``official`` only where every published checksum matched.

    A mismatch is named with both checksums.
    """
    remarks, verified = [], True
    for path, source in zip(paths, sources, strict=True):
        verdict = verify_file(path, source)
        if verdict == "verified":
            remarks.append(f"{path.name} ({source.checksum[: source.checksum.index(':') + 13]}…)")
            continue
        verified = False
        if verdict == "unknown":
            remarks.append(f"{path.name} (no checksum was published)")
        else:
            kind = source.checksum.partition(":")[0]
            remarks.append(f"{path.name}: {kind} is {digest_of(path, kind)}, published is {source.checksum}")
    kind_of_source: Literal["official", "unverified"] = "official" if verified else "unverified"
    return Provenance(kind_of_source, "; ".join(remarks), licence, url, citation)
