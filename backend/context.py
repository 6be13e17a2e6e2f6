"""Context of the service: settings, database, caches of models and data sets, threads."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from backend.catalog.data_paths import DataPaths
from backend.catalog.opened_datasets import Datasets
from backend.catalog.uploads import Uploads
from backend.db.engine import Database
from backend.http.telemetry import Telemetry
from backend.inference.batching import Runner
from backend.inference.codecs import Arena, CodecCache
from backend.inference.service import InferenceService
from backend.jobs.api.service import JobService
from backend.jobs.api.step_timer import StepTimer
from backend.jobs.queue.events import EventListener
from backend.models.imports import ModelImports
from backend.models.registry import Registry
from backend.settings import Settings


@dataclass
class Context:
    """Parts of one service; routes get it from backend.routes.dependencies.

    Background tasks (the embedded worker) add their checks of readiness to `checks`, and their metrics to
    `telemetry.sources`.
    """

    settings: Settings
    database: Database
    registry: Registry
    codecs: CodecCache
    datasets: Datasets
    data_paths: DataPaths
    uploads: Uploads
    imports: ModelImports
    runner: Runner
    inference: InferenceService
    jobs: JobService
    event_listener: EventListener
    step_timer: StepTimer
    telemetry: Telemetry = field(default_factory=Telemetry)
    checks: dict[str, Callable[[], tuple[bool, str]]] = field(default_factory=dict)
    started: float = field(default_factory=time.time)

    def __post_init__(self) -> None:
        """Register the metrics of all parts."""
        self.telemetry.sources.append(self._values)

    def _values(self) -> dict[str, float]:
        return {
            "axiscope_codecs_loaded": len(self.codecs),
            "axiscope_codec_bytes": self.codecs.bytes,
            "axiscope_datasets_open": len(self.datasets),
            "axiscope_dataset_bytes": self.datasets.bytes,
            "axiscope_decode_batches_total": self.runner.batches,
            "axiscope_decode_rows_total": self.runner.rows,
        }

    def close(self) -> None:
        """Stop threads, child processes and connections."""
        self.runner.close()
        self.step_timer.close()
        self.datasets.close()
        self.uploads.close()
        self.imports.close()
        self.database.close()


def open_context(settings: Settings) -> Context:
    """Return a new context; the caller migrates the database."""
    database = Database(settings.database)
    arena = Arena(settings.arena_bytes)
    runner = Runner(settings.threads, settings.run_seconds, arena.release)
    registry = Registry(settings, database)
    codecs = CodecCache(settings.codec_bytes, settings.device)
    datasets = Datasets(settings.home / "data", settings.dataset_bytes)
    data_paths = DataPaths(settings.home / "data", settings.data_roots)
    step_timer = StepTimer(database, settings.home)
    return Context(
        settings=settings,
        database=database,
        registry=registry,
        codecs=codecs,
        datasets=datasets,
        data_paths=data_paths,
        uploads=Uploads(settings),
        imports=ModelImports(settings),
        runner=runner,
        inference=InferenceService(registry, datasets, codecs, runner, settings),
        jobs=JobService(database, registry, datasets, data_paths, step_timer, settings),
        event_listener=EventListener(database),
        step_timer=step_timer,
        checks={"models": runner.health},
    )
