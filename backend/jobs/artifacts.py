"""Checkpoints, logs, films and models of jobs, in a local folder or an object store, by fsspec."""

import functools
import logging
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import fsspec

from models_zoo.errors import Unavailable
from models_zoo.files import new_directory

MODELS = "models"
log = logging.getLogger("axiscope.jobs")


class StoreUnavailable(Unavailable):
    """Raised when a remote store fails; the operation may be repeated later."""


class _RemoteFiles:
    """File system of a remote store; every failure but a missing file is a `StoreUnavailable`."""

    def __init__(self, files: object) -> None:
        self._files = files

    def __getattr__(self, name: str) -> Callable[..., object]:
        method = getattr(self._files, name)

        @functools.wraps(method)
        def call(*arguments: object, **named: object) -> object:
            try:
                return method(*arguments, **named)
            except FileNotFoundError:
                raise
            except Exception as error:
                raise StoreUnavailable(
                    f"got no answer of the artifact store ({type(error).__name__}: {error}); allowed: a store that "
                    "can be reached; retry later"
                ) from error

        return call


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
            raise Unavailable(
                f"got the artifact store {url}, which needs a package that is not installed: {error}; allowed: "
                "installed stores; install it"
            ) from None
        self._root = root.rstrip("/")
        self.is_local = "file" in filesystem.protocol
        self._files: Any = filesystem if self.is_local else _RemoteFiles(filesystem)

    def _path(self, *parts: object) -> str:
        return "/".join([self._root, *map(str, parts)])

    def local_folder(self, job: int) -> Path:
        """Return the folder of a job in a local store."""
        return Path(self._path(job))

    def put_checkpoint(self, job: int, name: str, files: Mapping[str, Path]) -> None:
        """Store an immutable checkpoint; nothing refers to it before its name is committed.

        Raises
        ------
        OSError, StoreUnavailable
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
        """Copy the files of a checkpoint into ``folder`` and return their names."""
        folder.mkdir(parents=True, exist_ok=True)
        return self._get_files(folder, job, "checkpoints", name)

    def drop_checkpoints(self, job: int, names: Iterable[str]) -> None:
        """Delete checkpoints that are no longer referred to."""
        for name in names:
            path = self._path(job, "checkpoints", name)
            if self._files.exists(path):
                self._files.rm(path, recursive=True)

    def put(self, source: Path, *parts: object) -> None:
        """Store one file under ``parts`` and replace an older one."""
        target = self._path(*parts)
        if self.is_local:
            Path(target).parent.mkdir(parents=True, exist_ok=True)
            temporary = Path(f"{target}.{os.getpid()}.tmp")
            shutil.copyfile(source, temporary)
            temporary.replace(target)
        else:
            self._files.put_file(str(source), target)

    def put_model(self, folder: Path) -> None:
        """Store the files of a model folder."""
        for file in sorted(path for path in folder.iterdir() if path.is_file()):
            self.put(file, MODELS, folder.name, file.name)

    def _get_files(self, folder: Path, *parts: object) -> list[str]:
        names = {path: path.rsplit("/", 1)[1] for path in self._files.find(self._path(*parts))}
        for path, name in names.items():
            self._files.get_file(path, str(folder / name))
        return list(names.values())

    def install_model(self, model: str, zoo: Path) -> None:
        """Copy a stored model into folder ``zoo``, whole or not at all, unless it is there."""
        if (zoo / model).exists():
            return
        with new_directory(zoo / model) as folder:
            self._get_files(folder, MODELS, model)
        log.info("model installed model=%s", model)

    def names(self, *parts: object) -> list[str]:
        """Return the names of the files stored under ``parts``; empty if there are none."""
        try:
            listed = self._files.ls(self._path(*parts), detail=False)
        except FileNotFoundError:
            return []
        return sorted(path.rstrip("/").rsplit("/", 1)[1] for path in listed)

    def read(self, *parts: object, offset: int = 0, limit: int | None = None) -> bytes:
        """Return the bytes of a file from ``offset``, at most ``limit``; empty where there are none yet."""
        path = self._path(*parts)
        try:
            size = self._files.size(path)
            if size is None or offset >= size:
                return b""
            stop = size if limit is None else min(size, offset + limit)
            return bytes(self._files.cat_file(path, start=offset, end=stop))
        except FileNotFoundError:
            return b""

    def size(self, *parts: object) -> int:
        """Return the length of a file in bytes; 0 where there is none."""
        try:
            return int(self._files.size(self._path(*parts)) or 0)
        except FileNotFoundError:
            return 0


def _link_or_copy(source: Path, target: Path) -> None:
    """Link ``target`` to ``source``: files of checkpoints are never written twice, so no copy is needed."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
