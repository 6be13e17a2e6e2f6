"""Operations of the routes of jobs and sweeps: validate, queue once, estimate."""

import math
import socket
import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from backend.catalog import plugins
from backend.catalog.data_paths import DataPaths
from backend.catalog.opened_datasets import Datasets
from backend.db.engine import Database
from backend.jobs.api import documents, validation
from backend.jobs.api.step_timer import StepTimer
from backend.jobs.queue import dispatchers, idempotency, queries, step_times, submit
from backend.jobs.queue.submit import NewSweep, insert_jobs, insert_sweep
from backend.jobs.records import Capacity, NewJob
from backend.models.registry import Registry
from backend.schemas.jobs import Estimate, JobRequest, Sweep
from backend.settings import Settings
from models_zoo.errors import AxiscopeError, InvalidInput, NotFound, TooMany, Unavailable
from models_zoo.json_types import JsonObject
from training.data.distribution import SETTINGS, distribution_of
from training.evaluation.images import ImageChoice, pool_of
from training.studies.grid import place, point


def _check_room(connection: sa.Connection, new: NewJob | NewSweep, allowed: int) -> None:
    """Refuse a request that makes the queue longer than ``allowed`` jobs, runs of sweeps without a row included."""
    waiting = queries.waiting(connection)
    count = new.total if isinstance(new, NewSweep) else 1
    if waiting + count > allowed:
        raise TooMany(
            f"got {count:,} jobs while {waiting:,} wait; allowed: {allowed:,} that wait (AXISCOPE_QUEUED_JOBS): wait "
            "until some have run, or cancel some with DELETE /api/v1/jobs/ID or DELETE /api/v1/sweeps/ID",
            allowed=allowed,
        )


def _insert(connection: sa.Connection, new: NewJob | NewSweep) -> JsonObject:
    if isinstance(new, NewSweep):
        sweep = queries.sweep_row(connection, insert_sweep(connection, new))
        return documents.sweep(sweep, {}).model_dump(mode="json")
    job = queries.job_row(connection, insert_jobs(connection, [new])[0])
    return documents.detail(job).model_dump(mode="json")


@dataclass(frozen=True)
class JobService:
    """The queue as the HTTP API uses it."""

    database: Database
    registry: Registry
    datasets: Datasets
    data_paths: DataPaths
    step_timer: StepTimer
    settings: Settings

    def validate(self, request: JobRequest) -> NewJob | NewSweep:
        """Return the job or sweep of a request.

        Raises
        ------
        InvalidInput
            Naming the field, the value and the allowed ones.
        """
        spec, name, priority = request.spec, request.name, request.priority
        if request.kind == "evaluate":
            evaluation = validation.evaluate(spec, name, priority)
            self._check_model(evaluation.spec["model"], evaluation.spec.get("images", "all"))
            return evaluation
        if request.kind == "verify":
            return self._verification(request)
        if request.kind == "export":
            return self._export(request)
        schemas = plugins.schemas()
        if request.kind == "sweep":
            sweep = validation.sweep(spec, name, priority, schemas, self.data_paths, self.settings.sweep_runs)
            first = point(sweep.spec["grid"], 0)
            for dataset, defaults in sweep.spec["defaults"]["dataset"].items():
                given = place(sweep.spec["base"], {**first, "dataset": dataset}).get("dataset_settings", {})
                self._check_dataset(dataset, {**defaults, **given})
                for name in SETTINGS:
                    for rules in sweep.spec["grid"].get(f"dataset_settings.{name}", ()):
                        self._check_dataset(dataset, {**defaults, **given, name: rules})
            return sweep
        job = validation.train(spec, name, priority, schemas, self.data_paths)
        self._check_dataset(job.spec["dataset"], job.spec["dataset_settings"])
        return job

    def _check_dataset(self, name: str, settings: Mapping[str, object]) -> None:
        """Refuse a data set that cannot be opened, or path settings outside the allowed folders."""
        try:
            opened = self.datasets.open(name, self.data_paths.confine(name, settings, "/spec/dataset_settings"))
            distribution_of(opened, settings)
        except Unavailable:
            raise
        except AxiscopeError as error:
            field = error.field or ""
            if field.startswith(tuple(f"/dataset_settings/{name}" for name in SETTINGS)):
                field = f"/spec{field}"
            field = field if field.startswith("/spec/") else "/spec/dataset"
            message = error.message if error.message.startswith(field) else f"{field}: {error.message}"
            raise InvalidInput(message, field=field, allowed=error.allowed) from None

    def _verification(self, request: JobRequest) -> NewJob:
        """Return the job that verifies a model; a broken one can be verified too."""
        model = request.spec.get("model")
        if not isinstance(model, str) or len(request.spec) > 1:
            got = ", ".join(request.spec) or "nothing"
            raise InvalidInput(f"/spec: got {got}; allowed: model, an id of GET /api/v1/models", field="/spec/model")
        try:
            self.registry.find(model)
        except NotFound as error:
            raise InvalidInput(f"/spec/model: {error.message}", field="/spec/model") from None
        return NewJob(
            "verify",
            request.name or f"verify {model}",
            {"model": model},
            submit.digest({"model": model}),
            priority=request.priority,
            stall_seconds=submit.EVALUATION_STALL_SECONDS,
        )

    def _check_model(self, model: str, images: ImageChoice) -> None:
        """Refuse a model that cannot be evaluated, or that has no such images."""
        field = "/spec/model"
        try:
            _, manifest = self.registry.usable(model)
            dataset = self.datasets.of_model(manifest.dataset, manifest.dataset_settings, model)
            field = "/spec/images"
            pool_of(manifest, dataset, images)
        except Unavailable:
            raise
        except AxiscopeError as error:
            raise InvalidInput(f"{field}: {error.message}", field=field) from None

    def _export(self, request: JobRequest) -> NewJob:
        job = request.spec.get("job")
        if not (isinstance(job, str) and job.isdigit() and len(job) < 10):
            raise InvalidInput(
                "/spec/job: got no id; allowed: the id of a training job; name the one whose checkpoint to export",
                field="/spec/job",
            )
        try:
            row = queries.show(self.database, int(job))
        except NotFound as error:
            raise InvalidInput(f"/spec/job: {error.message}", field="/spec/job") from None
        if row["kind"] != "train":
            raise InvalidInput(
                f"/spec/job: got job {job} of kind {row['kind']}; allowed: train; name a training job",
                field="/spec/job",
            )
        return validation.export(request.spec, row, request.name, request.priority)

    def create(self, request: JobRequest, key: str | None) -> JsonObject:
        """Queue the job or sweep of ``request``, once for each ``key``, and return its document.

        Raises
        ------
        InvalidInput, Conflict
            If the request is invalid, or the key was used with another one or is in use.
        """
        if key is not None:
            stored = idempotency.begin(self.database, key, request.model_dump(mode="json"))
            if stored is not None:
                return stored
        try:
            new = self.validate(request)
            with self.database.write() as connection:
                _check_room(connection, new, self.settings.queued_jobs)
                document = _insert(connection, new)
                if key is not None:
                    idempotency.store(connection, key, document)
            return document
        except BaseException:
            if key is not None:
                idempotency.forget(self.database, key)
            raise

    def insert(self, sweep: NewSweep) -> Sweep:
        """Queue a validated sweep and return its document; `TooMany` where the queue has no room for it."""
        with self.database.write() as connection:
            _check_room(connection, sweep, self.settings.queued_jobs)
            return Sweep.model_validate(_insert(connection, sweep))

    def slots(self, gpus: float = 0.0, own: Capacity | None = None) -> int:
        """Return the number of processes at a time on the present dispatchers; 1 if there is none.

        Parameters
        ----------
        gpus : float
            GPUs that each takes: a share below 1 lies on one of them.
        own : Capacity, optional
            Slots of the dispatcher that will be started if none is present.
        """
        capacities = self._capacities() or ([asdict(own)] if own else [])
        slots = [int(each.get("units", 0)) for each in capacities]
        if gpus:
            share = int(1 / gpus + 1e-9) if gpus < 1 else 1 / gpus
            slots = [
                min(units, int(each.get("gpus", 0) * share)) for units, each in zip(slots, capacities, strict=True)
            ]
        return max(1, sum(slots))

    def has_gpu(self) -> bool:
        """Return whether a present dispatcher has a GPU."""
        return any(each.get("gpus") for each in self._capacities())

    def _capacities(self) -> list[JsonObject]:
        return [row["capacity"] for row in dispatchers.list_dispatchers(self.database)]

    def _gpu_share(self, spec: JsonObject, pack: int) -> float | None:
        """Return the share of the smallest GPU that a process of ``pack`` runs takes, with a tenth to spare."""
        capacities = self._capacities()
        memory = min((each["gpu_bytes"] for each in capacities if each.get("gpu_bytes")), default=None)
        taken = step_times.gpu_bytes(self.database, spec, pack)
        return None if memory is None or taken is None else min(1.0, math.ceil(110 * taken / memory) / 100)

    def estimate(self, request: JobRequest) -> Estimate:
        """Return how long the request takes, from step times measured on this machine or a similar one."""
        new = self.validate(request)
        runs, spec, pack, limit = 1, new.spec, 1, None
        steps = spec.get("steps")
        if isinstance(new, NewSweep):
            spec = next(submit.sweep_jobs(new.spec, 0, 1)).spec
            steps = statistics.mean(new.spec["grid"].get("steps", [spec["steps"]]))
            runs, pack, limit = new.total, min(new.spec["pack"], new.total), new.max_parallel
        gpus = float(spec.get("gpus") or 0)
        slots = self.slots(gpus)
        slots = min(slots, limit or slots)
        time, measuring = step_times.StepTime(None, "unknown", None), False
        if steps is not None:
            settings = self.data_paths.confine(spec["dataset"], spec["dataset_settings"], "/spec/dataset_settings")
            measuring = self.step_timer.request({**spec, "dataset_settings": settings})
            time = step_times.estimate_step_time(self.database, spec)
        # on a GPU a pack makes its steps at once, on the CPU one run after the other
        packed = step_times.estimate_step_time(self.database, spec, together=pack).seconds if gpus else time.seconds
        in_turn = 1 if gpus else pack

        def seconds(processes: int, each: float | None) -> float | None:
            return None if steps is None or each is None else math.ceil(processes / slots) * steps * each

        return Estimate(
            runs=runs,
            seconds_per_step=time.seconds,
            seconds=seconds(runs, time.seconds),
            slots=slots,
            basis=time.basis,
            machine=None if time.host == socket.gethostname() else time.host,
            measuring=measuring,
            pack=pack,
            packed_seconds=seconds(math.ceil(runs / pack), None if packed is None else packed * in_turn),
            gpu_share=self._gpu_share(spec, pack),
        )
