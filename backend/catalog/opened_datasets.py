"""Cache of opened data sets, bounded by bytes; a child process opens the files of a user first.

The child is this module, run by ``python -m``: it reads, converts and stores the images within limits. The service then
only maps the stored arrays.
"""

import json
import threading
import time
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FunctionType, MethodType

import numpy as np

from backend.limited_process import LimitedProcess, Limits, Report, serve
from models_zoo.errors import AxiscopeError, DamagedFile, NotFound, Unavailable
from models_zoo.json_types import JsonObject
from training.config import Config, build
from training.data.dataset import Dataset
from training.data.distribution import image_settings
from training.data.formats.conversion import REPORT
from training.data.local import open_dataset, path_settings
from training.registry import DATASETS

LIMITS = Limits(memory_bytes=2 * 1024**3, cpu_seconds=3600, wall_seconds=900, file_bytes=64 * 1024**3)
MODULE = "backend.catalog.opened_datasets"
LIMIT_BYTES = 1024**3
MIN_BYTES = 1024**2
WAIT_SECONDS = 5.0
RETRY_SECONDS = 5.0
CHILDREN = 2
MAX_PENDING = 16
MAX_REFUSALS = 256
Key = tuple[str, str]


def held_bytes(dataset: Dataset) -> int:
    """Return the bytes of the arrays in memory that ``dataset`` refers to, at least `MIN_BYTES`.

    Arrays mapped from files do not count. The search follows attributes, items, closures and arguments of partial
    functions, so that it finds arrays which the data set made after it was opened.
    """
    pending: list[object] = [dataset]
    seen: set[int] = set()
    total = 0
    while pending:
        each = pending.pop()
        if id(each) in seen or isinstance(each, str | bytes | int | float | type):
            continue
        seen.add(id(each))
        if isinstance(each, np.ndarray):
            if isinstance(each, np.memmap):
                continue
            if each.base is None:
                total += each.nbytes
            else:
                pending.append(each.base)
        elif isinstance(each, FunctionType):
            pending += [cell.cell_contents for cell in each.__closure__ or ()]
        elif isinstance(each, MethodType):
            pending.append(each.__self__)
        elif isinstance(each, partial):
            pending += [each.func, *each.args, *each.keywords.values()]
        elif isinstance(each, dict):
            pending += each.values()
        elif isinstance(each, list | tuple | set | frozenset):
            pending += each
        else:
            pending += getattr(each, "__dict__", {}).values()
    return max(total, MIN_BYTES)


def _key_of(name: str, config: Config) -> Key:
    """Return name and settings without those of the distribution: its images are those of the same opened set."""
    return name, json.dumps(image_settings(config.model_dump(mode="json")), separators=(",", ":"))


@dataclass
class _Opening:
    """A running child process and its future result."""

    process: LimitedProcess
    future: Future[Dataset]


class Datasets:
    """Cache of opened data sets, one for each combination of settings; the least recently used leave first.

    Parameters
    ----------
    directory : Path
        Folder of data set files.
    limit_bytes : int
        Limit of the bytes of arrays in memory of all opened sets; the newest stays even if it alone is larger.
    wait_seconds : float or None
        Longest wait of a call for a child process; None has no limit.
    limits : Limits
        Limits of the child.
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
        """Return the names of all data sets."""
        return DATASETS.names()

    def open(self, name: str, settings: JsonObject | None = None) -> Dataset:
        """Open data set ``name``, once for each combination of settings.

        Raises
        ------
        NotFound
            If there is no such plugin, or no file at a path of the settings.
        Unavailable
            While a child process reads and converts it; the message has the progress.
        AxiscopeError
            If its files are missing or damaged.
        """
        plugin = DATASETS.load(name)
        config = build(plugin.Config, settings or {})
        key = _key_of(name, config)
        found = self._known(key)
        if found is not None:
            return found
        paths = {each: str(getattr(config, each)) for each in path_settings(name) if getattr(config, each)}
        if paths:
            for field, path in paths.items():
                if not Path(path).exists():
                    place = f"/dataset_settings/{field}"
                    raise NotFound(f"got {Path(path).name}; allowed: existing paths; correct it", field=place)
            return self._wait_for(key, config)
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            found = self._known(key)
            return self._keep(key, plugin.load(config, self.directory)) if found is None else found

    def is_open(self, name: str) -> bool:
        """Return whether data set ``name`` is open with its default settings."""
        return _key_of(name, DATASETS.load(name).Config()) in self._opened

    def of_model(self, name: str | None, settings: JsonObject, model_id: str) -> Dataset:
        """Open the data set of a model.

        Raises
        ------
        NotFound
            If the model names no data set.
        """
        if name is None:
            raise NotFound(
                f"got model {model_id!r}, which names no data set; allowed: models with one; send images, or import "
                "it again with --dataset"
            )
        return self.open(name, settings)

    def forget(self, folder: Path) -> None:
        """Remove opened sets and refusals whose settings name a path in ``folder``."""
        places = (str(folder), str(folder.resolve()))
        with self._lock:
            for kept in (self._opened, self._refused):
                for key in [key for key in kept if any(place in key[1] for place in places)]:
                    kept.pop(key)

    @property
    def bytes(self) -> int:
        """Return the bytes of arrays in memory of all opened sets."""
        with self._lock:
            opened = list(self._opened.values())
        return sum(map(held_bytes, opened))

    def __len__(self) -> int:
        """Return the number of opened sets."""
        return len(self._opened)

    def close(self) -> None:
        """Kill the child processes."""
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

    def _wait_for(self, key: Key, config: Config) -> Dataset:
        opening = self._opening(key, config)
        try:
            return opening.future.result(self.wait_seconds)
        except TimeoutError:
            progress = opening.process.progress
            done = "" if progress is None else f", {100 * progress[0] // max(1, progress[1])} % are done"
            raise Unavailable(
                f"got a data set that is being read and converted{done}; allowed: open ones; retry in some seconds"
            ) from None

    def _opening(self, key: Key, config: Config) -> _Opening:
        """Return the child process for ``key``, started if there is none.

        Raises
        ------
        Unavailable
            If there are too many child processes.
        AxiscopeError
            The refusal of the last attempt, for `RETRY_SECONDS`.
        """
        with self._lock:
            refused = self._refused.get(key)
            if refused is not None and time.monotonic() - refused[0] < RETRY_SECONDS:
                raise refused[1]
            if key in self._openings:
                return self._openings[key]
            if len(self._openings) >= MAX_PENDING:
                raise Unavailable(f"got one more data set; allowed: {MAX_PENDING} at a time; retry in some seconds")
            process = LimitedProcess(MODULE, self._limits, "the images")
            opening = _Opening(process, self._children.submit(self._run_child, process, key, config))
            self._openings[key] = opening
            return opening

    def _run_child(self, process: LimitedProcess, key: Key, config: Config) -> Dataset:
        request = {
            "dataset": key[0],
            "settings": config.model_dump(mode="json"),
            "data_directory": str(self.directory),
        }
        try:
            process.run(request)
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


def open_in_child(request: JsonObject, report: Report) -> JsonObject:
    """Open data set ``request["dataset"]`` with ``request["settings"]``, so that its converted arrays are stored.

    Raises
    ------
    AxiscopeError, MemoryError
        If it cannot be opened.
    """
    REPORT.set(report)
    try:
        opened = open_dataset(request["dataset"], request["settings"], Path(request["data_directory"]))
    except (AxiscopeError, MemoryError):
        raise
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DamagedFile(
            f"got files that cannot be read or converted ({reason}); allowed: readable files; save them again"
        ) from None
    except Exception as error:  # noqa: BLE001 - parsers of a user's files raise anything
        raise DamagedFile(f"got unreadable files ({type(error).__name__}); allowed: valid; save them again") from None
    return {"images": len(opened)}


if __name__ == "__main__":
    serve(open_in_child)
