"""Checkpoints, logs and films of jobs, in a local folder or an object store: one interface by fsspec."""

import functools
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import fsspec

from models_zoo.errors import Unavailable
from models_zoo.files import new_directory


class StoreAway(Unavailable):
    """Raised when a remote store fails: what was done there may be done again later."""


class _Remote:
    """A remote file system; whatever goes wrong there, except that a file is not there, has one name here."""

    def __init__(self, files: Any) -> None:
        self._files = files

    def __getattr__(self, name: str) -> Any:
        act = getattr(self._files, name)

        @functools.wraps(act)
        def reach(*arguments: Any, **named: Any) -> Any:
            try:
                return act(*arguments, **named)
            except FileNotFoundError:
                raise
            except Exception as error:
                raise StoreAway(f"the artifact store fails: {type(error).__name__}: {error}") from error

        return reach


class Artifacts:
    """Files of jobs below one URL.

    Parameters
    ----------
    url : str
        A local folder, or ``s3://bucket/prefix`` (extra ``s3``; ``AWS_ENDPOINT_URL`` for other stores than Amazon's).
    """

    def __init__(self, url: str) -> None:
        try:
            filesystem, root = fsspec.core.url_to_fs(url, use_listings_cache=False)
        except ImportError as error:
            raise Unavailable(f"the artifact store {url} needs a package that is not installed: {error}") from None
        self._root = root.rstrip("/")
        self.is_local = "file" in filesystem.protocol
        self._files: Any = filesystem if self.is_local else _Remote(filesystem)

    def _path(self, *parts: object) -> str:
        return "/".join([self._root, *map(str, parts)])

    def local_folder(self, job: int) -> Path:
        """Folder of a job in a local store."""
        return Path(self._path(job))

    def put_checkpoint(self, job: int, name: str, files: Mapping[str, Path]) -> None:
        """Store an immutable checkpoint; nothing refers to it before its name is committed.

        Raises
        ------
        OSError, StoreAway
            If it cannot be stored whole; earlier checkpoints are untouched.
        """
        if self.is_local:
            with new_directory(Path(self._path(job, "checkpoints", name))) as folder:
                for file_name, source in files.items():
                    _link_or_copy(source, folder / file_name)
            return
        for file_name, source in files.items():
            self._files.put_file(str(source), self._path(job, "checkpoints", name, file_name))

    def get_checkpoint(self, job: int, name: str, folder: Path) -> list[str]:
        """Bring a checkpoint's files into ``folder``; their names."""
        found = self._files.find(self._path(job, "checkpoints", name))
        folder.mkdir(parents=True, exist_ok=True)
        for path in found:
            self._files.get_file(path, str(folder / path.rsplit("/", 1)[1]))
        return [path.rsplit("/", 1)[1] for path in found]

    def checkpoints(self, job: int) -> list[str]:
        """Names of the stored checkpoints of a job."""
        return self._names(job, "checkpoints")

    def drop_checkpoints(self, job: int, names: Iterable[str]) -> None:
        """Delete checkpoints that nothing refers to any more."""
        for name in names:
            path = self._path(job, "checkpoints", name)
            if self._files.exists(path):
                self._files.rm(path, recursive=True)

    def _names(self, *parts: object) -> list[str]:
        try:
            listed = self._files.ls(self._path(*parts), detail=False)
        except FileNotFoundError:
            return []
        return sorted(path.rstrip("/").rsplit("/", 1)[1] for path in listed)

    def put(self, source: Path, *parts: object) -> None:
        """Store one file under ``parts``, replacing an older one."""
        target = self._path(*parts)
        if self.is_local:
            Path(target).parent.mkdir(parents=True, exist_ok=True)
            temporary = Path(f"{target}.{os.getpid()}.tmp")
            shutil.copyfile(source, temporary)
            temporary.replace(target)
        else:
            self._files.put_file(str(source), target)

    def put_folder(self, source: Path, *parts: object) -> str:
        """Store a folder's files under ``parts``; where."""
        for file in sorted(path for path in source.iterdir() if path.is_file()):
            self.put(file, *parts, file.name)
        return self._path(*parts)

    def get_folder(self, target: Path, *parts: object) -> None:
        """Bring a stored folder to ``target``, whole or not at all."""
        with new_directory(target) as folder:
            for path in self._files.find(self._path(*parts)):
                self._files.get_file(path, str(folder / path.rsplit("/", 1)[1]))

    def names(self, *parts: object) -> list[str]:
        """Names of the files stored under ``parts``; none if there is nothing."""
        return self._names(*parts)

    def read(self, *parts: object, offset: int = 0, limit: int | None = None) -> bytes:
        """Bytes of a file from ``offset``; empty where there is nothing (yet)."""
        path = self._path(*parts)
        try:
            size = self._files.size(path)
            if size is None or offset >= size:
                return b""
            stop = size if limit is None else min(size, offset + limit)
            data: bytes = self._files.cat_file(path, start=offset, end=stop)
        except FileNotFoundError:
            return b""
        return data

    def size(self, *parts: object) -> int:
        """Bytes of a file; 0 where there is none."""
        try:
            return int(self._files.size(self._path(*parts)) or 0)
        except FileNotFoundError:
            return 0


def _link_or_copy(source: Path, target: Path) -> None:
    """Checkpoint files are never written twice, so a second name is as good as a copy."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
