"""Atomic writes of files and folders: temporary name, fsync, rename."""

import ctypes
import errno
import fcntl
import glob
import hashlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from models_zoo.errors import InvalidInput, TooLarge

ABANDONED_SECONDS = 60.0
OCCUPIED = (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR)
AT_FDCWD, RENAME_EXCHANGE = -100, 2


def sync_directory(directory: Path) -> None:
    """Make renames inside ``directory`` durable."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomic(path: Path, data: bytes) -> None:
    """Replace the content of ``path`` by ``data``; a crash leaves either the old file or the new one.

    Raises
    ------
    OSError
        When the disk is full or the directory cannot be written; the old file is then unchanged.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
        sync_directory(path.parent)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def open_regular(path: Path, max_bytes: int) -> BinaryIO:
    """Open a regular file for reading; devices, pipes and folders are refused without blocking.

    Parameters
    ----------
    path : Path
    max_bytes : int
        Largest size that is allowed.

    Raises
    ------
    FileNotFoundError, PermissionError
    InvalidInput
        If it is no regular file.
    TooLarge
        If it is larger than ``max_bytes``.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise InvalidInput(
                f"got {path.name}, which is no regular file; allowed: regular files; name a file that holds data"
            )
        if status.st_size > max_bytes:
            raise TooLarge(
                f"got {path.name} of {status.st_size:,} bytes; allowed: at most {max_bytes:,}; send less",
                allowed=max_bytes,
            )
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


@contextmanager
def held(temporary: Path) -> Iterator[None]:
    """Lock a temporary file or folder while it is written; the lock ends with the process."""
    descriptor = os.open(temporary, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def remove_abandoned(path: Path) -> None:
    """Delete temporaries of ``path`` whose writer was killed: a minute old and without a lock."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
        try:
            descriptor = os.open(left, os.O_RDONLY)
        except FileNotFoundError:
            continue
        try:
            if time.time() - os.fstat(descriptor).st_mtime > ABANDONED_SECONDS:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)
        except BlockingIOError:
            continue
        finally:
            os.close(descriptor)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two names at once; False where the system or the file system cannot."""
    system = ctypes.CDLL(None)
    if not hasattr(system, "renameat2"):
        return False
    return bool(system.renameat2(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE) == 0)


def _put_in_place(temporary: Path, path: Path) -> None:
    while True:
        try:
            temporary.replace(path)
        except OSError as error:
            if error.errno not in OCCUPIED:
                raise
        else:
            return
        if _exchange(temporary, path):
            temporary.unlink() if temporary.is_symlink() else shutil.rmtree(temporary)
            return
        retired = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp"))
        with suppress(FileNotFoundError):  # another writer has moved it
            path.replace(retired / "old")
        shutil.rmtree(retired)


@contextmanager
def new_directory(path: Path) -> Iterator[Path]:
    """Yield a temporary directory that becomes ``path`` when the block ends without an error.

    An existing ``path`` is replaced; its old content is deleted after the new one is in place. Where the
    file system can exchange two names, readers and other writers find a whole directory at every moment.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp"))
    try:
        with held(temporary):
            yield temporary
            temporary.chmod(0o755)
            for file in temporary.rglob("*"):
                if file.is_file():
                    with file.open("rb") as stream:
                        os.fsync(stream.fileno())
            sync_directory(temporary)
            _put_in_place(temporary, path)
        sync_directory(path.parent)
        remove_abandoned(path)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def sha256_of(path: Path) -> str:
    """Return SHA-256 of a file as 64 hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
