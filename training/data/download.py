"""Downloads: resumed where they stopped, from the next mirror on failure, verified before they are used."""

from collections.abc import Callable
from pathlib import Path

import httpx

from models_zoo.errors import DamagedFile, NotFound, Unavailable
from models_zoo.files import sync_directory
from training.data.sources import SourceFile, digest_of

TRIES = 4
TIMEOUT_SECONDS = 30.0
Progress = Callable[[int, int | None], None]
"""Called with bytes on disk and bytes in all (None where the server states no length)."""


def fetch(source: SourceFile, folder: Path, progress: Progress = lambda _done, _total: None) -> Path:
    """Download one file into ``folder`` unless it is there and verified.

    What has arrived stays as ``NAME.part`` when the connection breaks; the next try or call requests the rest.
    The file gets its name only after its checksum matched.

    Raises
    ------
    NotFound
        If it has no address and must be downloaded by hand.
    Unavailable
        If no mirror answered; what arrived is kept.
    DamagedFile
        If every mirror sent something with another checksum; both sides are named and nothing is kept.
    """
    path = folder / source.name
    if path.exists() and _problem(path, source) is None:
        return path
    if not source.urls:
        raise NotFound(
            f"got {source.name}, which no program can fetch; allowed: files with an address; put it in {folder}"
        )
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{source.name}.part"
    reasons: list[str] = []
    unreachable = 0
    for url in source.urls:
        try:
            problem = _download_verified(url, part, source, progress)
        except httpx.HTTPError as error:
            unreachable += 1
            reasons.append(f"{url}: {error or type(error).__name__}")
            continue
        if problem is None:
            part.replace(path)
            sync_directory(folder)
            return path
        part.unlink()
        reasons.append(f"{url}: {problem}")
    message = f"got no {source.name} ({'; '.join(reasons)}); allowed: the published file"
    if unreachable:
        raise Unavailable(f"{message}; try again later: what arrived is kept")
    raise DamagedFile(f"{message}; fetch it from another address and put it in {folder}")


def _download_verified(url: str, part: Path, source: SourceFile, progress: Progress) -> str | None:
    """Complete ``part`` from one address; return its problem, or None.

    A wrong file that began with bytes of an earlier try, perhaps of another mirror, is fetched once more whole.
    """
    began_earlier = part.exists()
    _complete(url, part, progress)
    problem = _problem(part, source)
    if problem is not None and began_earlier:
        part.unlink()
        _complete(url, part, progress)
        problem = _problem(part, source)
    return problem


def _problem(path: Path, source: SourceFile) -> str | None:
    size = path.stat().st_size
    if source.size is not None and size != source.size:
        return f"got {size:,} bytes; published: {source.size:,}"
    if source.checksum and not source.earlier_edition:
        kind, _, expected = source.checksum.partition(":")
        found = digest_of(path, kind)
        if found != expected:
            return f"got checksum {kind}:{found}; published: {source.checksum}"
    return None


def _complete(url: str, part: Path, progress: Progress) -> None:
    for attempt in range(1, TRIES + 1):
        try:
            _resume_download(url, part, progress)
        except (httpx.TransportError, httpx.StreamError):
            if attempt == TRIES:
                raise
        else:
            return


def _resume_download(url: str, part: Path, progress: Progress) -> None:
    start = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={start}-", "Accept-Encoding": "identity"} if start else {"Accept-Encoding": "identity"}
    with httpx.stream("GET", url, headers=headers, follow_redirects=True, timeout=TIMEOUT_SECONDS) as answer:
        if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE and start:
            return  # everything is here already; the checksum decides
        answer.raise_for_status()
        if answer.status_code != httpx.codes.PARTIAL_CONTENT:
            start = 0
        length = answer.headers.get("Content-Length")
        total = start + int(length) if length else None
        with part.open("ab" if start else "wb") as stream:
            # as it arrives: what is gathered into larger blocks is lost with the connection
            for block in answer.iter_raw():
                stream.write(block)
                start += len(block)
                progress(start, total)
        if total is not None and start < total:
            raise httpx.ReadError(f"the connection broke after {start:,} of {total:,} bytes")
