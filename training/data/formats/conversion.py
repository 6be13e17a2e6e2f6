"""One-time conversion to a memory-mapped array, atomic and with progress."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import DTypeLike

from models_zoo.files import held, remove_abandoned, sync_directory
from training.data.dataset import Array

ROWS_PER_STEP = 256
Step = TypeVar("Step")
Fill = Callable[[Array], None]


REPORT: ContextVar[Callable[[int, int], None] | None] = ContextVar("REPORT", default=None)
"""Called with steps done and steps in all while something is converted, where a caller sets it."""


def shown(steps: Iterable[Step], total: int, what: str) -> Iterator[Step]:
    """Iterate with a progress bar on a terminal, silently elsewhere; `REPORT` is called after every step."""
    report = REPORT.get()
    if sys.stderr.isatty():
        from rich.console import Console  # noqa: PLC0415 - the service and its child processes show no bar
        from rich.progress import track  # noqa: PLC0415

        steps = track(steps, description=what, total=total, console=Console(stderr=True))
    for done, step in enumerate(steps, 1):
        yield step
        if report is not None:
            report(done, total)


def memory_mapped(
    path: Path, shape: tuple[int, ...], dtype: DTypeLike, fill: Fill, sources: Iterable[Path] = ()
) -> Array:
    """Return a read-only map of the array at ``path``; ``fill`` makes it where it does not exist yet.

    Parameters
    ----------
    path : Path
        A `.npy` file; written under a temporary name, fsynced and renamed.
    shape, dtype
        Of the array; an existing file of another shape is made again.
    fill : callable
        Writes every element of the array it is given.
    sources : iterable of Path
        Files it is made from; where one is newer than the array, the array is made again.
    """
    changed = max((source.stat().st_mtime_ns for source in sources), default=0)
    if path.exists() and path.stat().st_mtime_ns >= changed:
        present = np.load(path, mmap_mode="r", allow_pickle=False)
        if present.shape == shape and present.dtype == np.dtype(dtype):
            return present  # type: ignore[no-any-return]
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_abandoned(path)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    os.close(descriptor)
    try:
        with held(Path(temporary)):
            array = np.lib.format.open_memmap(temporary, mode="w+", dtype=dtype, shape=shape)
            fill(array)
            array.flush()
            del array
            with open(temporary, "rb") as stream:  # noqa: PTH123 - a descriptor to fsync
                os.fsync(stream.fileno())
            Path(temporary).replace(path)
        sync_directory(path.parent)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return np.load(path, mmap_mode="r", allow_pickle=False)  # type: ignore[no-any-return]


def rows(n: int, what: str, step: int = ROWS_PER_STEP) -> Iterator[slice]:
    """Yield slices that cover ``n`` rows, with progress."""
    starts = range(0, n, step)
    for start in shown(starts, len(starts), what):
        yield slice(start, min(start + step, n))


def fill_rows(out: Array, read: Callable[[int], Array], what: str) -> None:
    """Fill every row by ``read(row)``, several at a time: decoders of pictures leave the interpreter free."""
    with ThreadPoolExecutor() as pool:
        for part in rows(len(out), what):
            numbers = range(part.start, part.stop)
            for row, image in zip(numbers, pool.map(read, numbers), strict=True):
                out[row] = image
