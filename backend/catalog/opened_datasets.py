"""Opened data sets, kept within a limit of bytes; files that a person brought are opened by a child process first."""

import threading
import time
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FunctionType, MethodType
from typing import Any

import numpy as np

from backend.catalog.data_paths import path_settings
from backend.limited_process import LimitedProcess, Limits
from models_zoo.errors import AxiscopeError, NotFound, Unavailable
from training.config import build
from training.data.dataset import Dataset
from training.registry import DATASETS

LIMITS = Limits(memory_bytes=2 * 1024**3, cpu_seconds=3600, wall_seconds=900, file_bytes=64 * 1024**3)
MODULE = "backend.catalog.dataset_opening"
LIMIT_BYTES = 1024**3
MIN_BYTES = 1024**2
WAIT_SECONDS = 5.0
RETRY_SECONDS = 5.0
CHILDREN = 2
MAX_PENDING = 16
MAX_REFUSALS = 256
Key = tuple[str, str]


def held_bytes(dataset: Dataset) -> int:
    """Bytes of the arrays in memory that ``dataset`` refers to; arrays mapped from files do not count.

    Followed are attributes, items, closures and arguments of partial functions: what a data set draws and keeps
    later is seen too. At least `MIN_BYTES`, for files and objects that every set holds.
    """
    waiting: list[Any] = [dataset]
    seen: set[int] = set()
    total = 0
    while waiting:
        each = waiting.pop()
        if id(each) in seen or isinstance(each, str | bytes | int | float | type):
            continue
        seen.add(id(each))
        if isinstance(each, np.ndarray):
            if isinstance(each, np.memmap):
                continue
            if each.base is None:
                total += each.nbytes
            else:
                waiting.append(each.base)
        elif isinstance(each, FunctionType):
            waiting += [cell.cell_contents for cell in each.__closure__ or ()]
        elif isinstance(each, MethodType):
            waiting.append(each.__self__)
        elif isinstance(each, partial):
            waiting += [each.func, *each.args, *each.keywords.values()]
        elif isinstance(each, dict):
            waiting += each.values()
        elif isinstance(each, list | tuple | set | frozenset):
            waiting += each
        else:
            waiting += getattr(each, "__dict__", {}).values()
    return max(total, MIN_BYTES)


@dataclass
class _Opening:
    """A child at work, and what it will give."""

    process: LimitedProcess
    future: Future[Dataset]


class Datasets:
    """Opens data set plugins, each combination of settings once, and forgets the least recently used.

    Parameters
    ----------
    directory : Path
        Folder of data set files.
    limit_bytes : int
        Bytes of arrays in memory that opened sets may hold together; the newest stays even if it alone is larger.
    wait_seconds : float or None
        Longest wait of a call for a child process; None waits to its end.
    limits : Limits
        What the child may take.
    """

    def __init__(
        self,
        directory: Path,
        limit_bytes: int = LIMIT_BYTES,
        wait_seconds: float | None = WAIT_SECONDS,
        limits: Limits = LIMITS,
    ) -> None:
        self.directory = directory
        self.wait_seconds = wait_seconds
        self._limit_bytes, self._limits = limit_bytes, limits
        self._lock = threading.Lock()
        self._locks: dict[Key, threading.Lock] = {}
        self._opened: OrderedDict[Key, Dataset] = OrderedDict()
        self._openings: dict[Key, _Opening] = {}
        self._refused: OrderedDict[Key, tuple[float, AxiscopeError]] = OrderedDict()
        self._children = ThreadPoolExecutor(CHILDREN, "open-data")

    def names(self) -> tuple[str, ...]:
        """All plugin names."""
        return DATASETS.names()

    def open(self, name: str, settings: dict[str, Any] | None = None) -> Dataset:
        """Open data set ``name``, once for each combination of settings.

        Raises
        ------
        NotFound
            If there is no such plugin, or a path of the settings names nothing.
        Unavailable
            While a child process reads and converts it; the message says how far it is.
        AxiscopeError
            If its files are missing or damaged; the message says what to do.
        """
        plugin = DATASETS.load(name)
        config = build(plugin.Config, settings or {})
        key = name, config.model_dump_json()
        found = self._known(key)
        if found is not None:
            return found
        paths = {each: str(getattr(config, each)) for each in path_settings(name) if getattr(config, each)}
        if paths:
            for field, path in paths.items():
                if not Path(path).exists():
                    place = f"/dataset_settings/{field}"
                    raise NotFound(f"there is no file or folder {Path(path).name}", field=place)
            return self._wait_for(key, config)
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            found = self._known(key)
            return self._keep(key, plugin.load(config, self.directory)) if found is None else found

    def is_open(self, name: str) -> bool:
        """Whether data set ``name`` with its default settings was opened before."""
        return (name, DATASETS.load(name).Config().model_dump_json()) in self._opened

    def of_model(self, name: str | None, settings: dict[str, Any], model_id: str) -> Dataset:
        """Data set that a model was trained on.

        Raises
        ------
        NotFound
            If the model names none.
        """
        if name is None:
            raise NotFound(f"model {model_id!r} names no data set: send pictures, or import it again with --dataset")
        return self.open(name, settings)

    def forget(self, folder: Path) -> None:
        """Forget opened sets and refusals whose settings name a place in ``folder``."""
        places = (str(folder), str(folder.resolve()))
        with self._lock:
            for kept in (self._opened, self._refused):
                for key in [key for key in kept if any(place in key[1] for place in places)]:
                    kept.pop(key)

    @property
    def bytes(self) -> int:
        """Bytes of arrays in memory of all opened sets."""
        with self._lock:
            opened = list(self._opened.values())
        return sum(map(held_bytes, opened))

    def __len__(self) -> int:
        """Count the opened sets."""
        return len(self._opened)

    def close(self) -> None:
        """End child processes."""
        with self._lock:
            openings = list(self._openings.values())
        self._children.shutdown(wait=False, cancel_futures=True)
        for opening in openings:
            opening.process.kill()

    def _known(self, key: Key) -> Dataset | None:
        with self._lock:
            if key in self._opened:
                self._opened.move_to_end(key)
            return self._opened.get(key)

    def _keep(self, key: Key, dataset: Dataset) -> Dataset:
        with self._lock:
            self._opened[key] = dataset
            self._locks.pop(key, None)
            sizes = {each: held_bytes(opened) for each, opened in self._opened.items()}
            total = sum(sizes.values())
            for oldest in list(self._opened)[:-1]:
                if total <= self._limit_bytes:
                    break
                del self._opened[oldest]
                total -= sizes[oldest]
        return dataset

    def _wait_for(self, key: Key, config: Any) -> Dataset:
        opening = self._opening(key, config)
        try:
            return opening.future.result(self.wait_seconds)
        except TimeoutError:
            progress = opening.process.progress
            far = "" if progress is None else f", {100 * progress[0] // max(1, progress[1])} % are done"
            raise Unavailable(f"the images are being read and converted{far}: ask again in some seconds") from None

    def _opening(self, key: Key, config: Any) -> _Opening:
        """The child at work on ``key``, started if there is none.

        Raises
        ------
        Unavailable
            If too many wait.
        AxiscopeError
            The refusal of the last try, where it is only seconds old.
        """
        with self._lock:
            refused = self._refused.get(key)
            if refused is not None and time.monotonic() - refused[0] < RETRY_SECONDS:
                raise refused[1]
            if key in self._openings:
                return self._openings[key]
            if len(self._openings) >= MAX_PENDING:
                raise Unavailable(f"{MAX_PENDING} data sets are being opened: ask again in some seconds")
            process = LimitedProcess(MODULE, self._limits, "the images")
            opening = _Opening(process, self._children.submit(self._open_by, process, key, config))
            self._openings[key] = opening
            return opening

    def _open_by(self, process: LimitedProcess, key: Key, config: Any) -> Dataset:
        order = {
            "dataset": key[0],
            "settings": config.model_dump(mode="json"),
            "data_directory": str(self.directory),
        }
        try:
            process.run(order)
            return self._keep(key, DATASETS.load(key[0]).load(config, self.directory))
        except AxiscopeError as error:
            with self._lock:
                self._refused[key] = (time.monotonic(), error)
                while len(self._refused) > MAX_REFUSALS:
                    self._refused.popitem(last=False)
            raise
        finally:
            with self._lock:
                self._openings.pop(key, None)
