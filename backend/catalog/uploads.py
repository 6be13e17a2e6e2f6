"""Uploaded sets of images: one folder each below ``AXISCOPE_HOME/data/own/uploads``, complete or absent."""

import json
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from backend.catalog.unpacking import LABELS, UnpackRequest
from backend.limited_process import LimitedProcess, Limits
from backend.schemas.data import Upload, UploadLimits, UploadList
from backend.settings import Settings
from models_zoo.errors import Conflict, InvalidInput, NotFound, TooLarge, Unavailable
from models_zoo.files import new_directory, write_atomic
from models_zoo.manifest import MODEL_ID
from training.datasets.own import UPLOADS

SUMMARY = ".upload.json"
INCOMING = ".incoming-"
MODULE = "backend.catalog.unpacking"
MAX_AT_A_TIME = 2
ABANDONED_SECONDS = 24 * 3600.0
MEMORY_BYTES = 1024**3
SECONDS = 900


def check_name(name: str) -> str:
    """Return ``name``; raise `InvalidInput` unless it is valid as a folder and as part of an address."""
    if not MODEL_ID.fullmatch(name):
        raise InvalidInput(
            f"got the name {name[:80]!r}; allowed: 1 to 80 lower-case letters, digits, '.', '_' or '-', the first a "
            "letter or digit",
            field="/name",
        )
    return name


class Uploads:
    """All uploaded sets of images.

    Parameters
    ----------
    settings : Settings
        Home and limits.
    """

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.home / "data" / UPLOADS
        self._settings = settings
        self._running = threading.Semaphore(MAX_AT_A_TIME)
        self._processes: set[LimitedProcess] = set()
        self._names: set[str] = set()
        self._lock = threading.Lock()

    def listing(self) -> UploadList:
        """Return all uploaded sets by name, and the limits of an upload."""
        settings = self._settings
        limits = UploadLimits(
            bytes=settings.upload_bytes,
            unpacked_bytes=settings.upload_unpacked_bytes,
            files=settings.upload_files,
            image_pixels=settings.image_pixels,
            total_bytes=settings.upload_total_bytes,
        )
        folders = sorted(self._folder.iterdir()) if self._folder.is_dir() else []
        found = [_document(folder) for folder in folders if not folder.name.startswith(".") and folder.is_dir()]
        return UploadList(items=found, bytes=sum(each.bytes for each in found), limits=limits)

    def path(self, name: str) -> Path:
        """Return the folder of an uploaded set; raise `NotFound` where there is none."""
        folder = self._folder / name
        if not MODEL_ID.fullmatch(name) or not folder.is_dir():
            names = [each.name for each in self.listing().items]
            raise NotFound(f"got uploaded set {name[:80]!r}; allowed: {', '.join(names) or 'none'}", allowed=names)
        return folder

    @contextmanager
    def incoming(self) -> Iterator[Path]:
        """Make a folder for the files of one upload; it is removed at the end.

        Raises
        ------
        Unavailable
            If `MAX_AT_A_TIME` others arrive at the time.
        TooLarge
            If the uploaded sets fill the space for them.
        """
        if not self._running.acquire(blocking=False):
            raise Unavailable(
                f"got one more upload while {MAX_AT_A_TIME} arrive; allowed: {MAX_AT_A_TIME} at a time; retry later"
            )
        try:
            used, limit = self.listing().bytes, self._settings.upload_total_bytes
            if used >= limit:
                raise TooLarge(
                    f"got uploaded sets of {used:,} bytes; allowed: {limit:,} together (AXISCOPE_UPLOAD_TOTAL_BYTES); "
                    "delete one"
                )
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self._folder, prefix=INCOMING) as folder:
                yield Path(folder)
        finally:
            self._running.release()

    def add(self, name: str, archive: Path, labels: Path | None) -> Upload:
        """Unpack and check an archive in a child process, and store it under ``name`` if all of it is valid.

        Raises
        ------
        InvalidInput, TooLarge, UnsupportedFormat, NotFound
            Naming the invalid member of the archive, or line of the labels; nothing is stored.
        Conflict
            If there is a set of that name.
        """
        with self._lock:
            if (self._folder / check_name(name)).exists():
                raise Conflict(
                    f"got the name {name!r}, which exists; allowed: a new name; delete that set, or rename this one"
                )
            if name in self._names:
                raise Conflict(f"got the name {name!r} of another upload; allowed: a new name; choose another name")
            self._names.add(name)
        settings = self._settings
        limits = Limits(MEMORY_BYTES, SECONDS, SECONDS, settings.upload_unpacked_bytes)
        process = LimitedProcess(MODULE, limits, "the images")
        self._processes.add(process)
        try:
            with new_directory(self._folder / name) as folder:
                request: UnpackRequest = {
                    "archive": str(archive),
                    "labels": None if labels is None else str(labels),
                    "out": str(folder),
                    "files": settings.upload_files,
                    "bytes": settings.upload_unpacked_bytes,
                    "pixels": settings.image_pixels,
                }
                found = process.run(request)
                summary = {key: found[key] for key in ("pictures", "labels", "bytes")}
                summary["created_at"] = datetime.now(UTC).isoformat()
                write_atomic(folder / SUMMARY, json.dumps(summary).encode())
        except NotFound as error:
            raise InvalidInput(error.message, field="/pictures") from None
        finally:
            self._processes.discard(process)
            self._names.discard(name)
        return _document(self._folder / name)

    def delete(self, name: str) -> Path:
        """Delete a set and its converted images; return the folder that it had."""
        folder = self.path(name)
        with tempfile.TemporaryDirectory(dir=self._folder, prefix=INCOMING) as retired:
            folder.replace(Path(retired) / name)
        return folder

    def close(self) -> None:
        """Kill the child processes."""
        for process in list(self._processes):
            process.kill()

    def remove_abandoned(self) -> None:
        """Delete files of unfinished uploads that are older than `ABANDONED_SECONDS`."""
        for left in self._folder.glob(".*") if self._folder.is_dir() else ():
            if time.time() - left.stat().st_mtime > ABANDONED_SECONDS:
                shutil.rmtree(left, ignore_errors=True)


def _document(folder: Path) -> Upload:
    try:
        summary = json.loads((folder / SUMMARY).read_bytes())
    except (OSError, ValueError):  # a folder that was put there by hand
        summary = {"pictures": None, "labels": (folder / LABELS).exists(), "bytes": 0, "created_at": None}
    self_link = f"/api/v1/datasets/own/uploads/{folder.name}"
    return Upload(
        name=folder.name,
        **summary,
        links={
            "self": self_link,
            "dataset": f"/api/v1/datasets/own?upload={folder.name}",
            "page": f"/data/own?upload={folder.name}",
        },
    )
