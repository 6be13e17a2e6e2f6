"""Imports of models that arrive over HTTP: two at a time, each complete or without a trace."""

import base64
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from backend.limited_process import LimitedProcess, Limits
from backend.models.import_process import PREVIEW
from backend.models.importing import id_from
from backend.models.sandbox import MEMORY_BYTES
from backend.schemas.models import ImportedModel
from backend.settings import Settings
from models_zoo.errors import Conflict, Unavailable
from models_zoo.manifest import check_id

MODULE = "backend.models.import_process"
MAX_AT_A_TIME = 2
SECONDS = 600
MAX_NAME = 120


class ModelImports:
    """All imports that a service carries out.

    Parameters
    ----------
    settings : Settings
        Home: the models are written to its zoo, the files that arrive to its cache.
    """

    def __init__(self, settings: Settings) -> None:
        self._home = settings.home
        self._running = threading.Semaphore(MAX_AT_A_TIME)
        self._processes: set[LimitedProcess] = set()
        self._ids: set[str] = set()
        self._lock = threading.Lock()

    @contextmanager
    def incoming(self) -> Iterator[Path]:
        """Make a folder for the files of one import; it is removed at the end.

        Raises
        ------
        Unavailable
            If `MAX_AT_A_TIME` others run.
        """
        if not self._running.acquire(blocking=False):
            raise Unavailable(
                f"got one more import while {MAX_AT_A_TIME} run; allowed: {MAX_AT_A_TIME} at a time; retry later"
            )
        try:
            parent = self._home / "cache" / "imports"
            parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=parent) as folder:
                yield Path(folder)
        finally:
            self._running.release()

    def run(self, request: Mapping[str, object], folder: Path) -> ImportedModel:
        """Import a model, or inspect it, in a child process.

        Parameters
        ----------
        request : mapping
            As `import_process.carry_out` takes it, without ``out``, ``data`` and ``zoo``.
        folder : Path
            From `incoming`; has the files.

        Raises
        ------
        InvalidInput, UnsupportedFormat, TooLarge
            With the reason why the graphs are refused.
        Conflict
            If the id is taken and the request does not replace, or another import of that id runs.
        """
        model_id = check_id(str(request["id"])) if request["id"] else id_from(str(request["name"]))
        zoo, dry_run = self._home / "zoo", bool(request["dry_run"])
        with self._lock:
            if not dry_run and model_id in self._ids:
                raise Conflict(
                    f"got the id {model_id!r} of another import that runs; allowed: a new one; wait for it, or choose "
                    "another id"
                )
            if not dry_run:
                self._ids.add(model_id)
        process = LimitedProcess(MODULE, Limits(MEMORY_BYTES, SECONDS, SECONDS), "the graphs")
        self._processes.add(process)
        try:
            paths = {"out": str(folder), "data": str(self._home / "data"), "zoo": str(zoo)}
            exists = (zoo / model_id).exists()
            found = process.run({**request, **paths, "id": model_id})
        finally:
            self._processes.discard(process)
            if not dry_run:
                self._ids.discard(model_id)
        pictures = folder / PREVIEW
        return ImportedModel(
            id=model_id,
            notes=found["notes"],
            exists=exists,
            latents=found.get("latents"),
            image_shape=found.get("image_shape"),
            preview=base64.b64encode(pictures.read_bytes()).decode() if pictures.exists() else None,
            links={} if dry_run else {"self": f"/api/v1/models/{model_id}", "page": f"/explore/{model_id}"},
        )

    def close(self) -> None:
        """Kill the child processes."""
        for process in list(self._processes):
            process.kill()
