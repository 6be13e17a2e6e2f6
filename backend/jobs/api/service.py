"""What the routes of jobs and sweeps do: validate, queue once, estimate."""

import math
import socket
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from backend.catalog import plugins
from backend.catalog.data_paths import DataPaths
from backend.catalog.opened_datasets import Datasets
from backend.jobs.api import documents, validation
from backend.jobs.api.step_timer import Pacer
from backend.jobs.database import Database
from backend.jobs.queue import dispatchers, grid, idempotency, queries, step_times
from backend.jobs.queue.submit import NewSweep, insert_jobs, insert_sweep
from backend.jobs.records import NewJob
from backend.models.registry import Registry
from backend.schemas.jobs import Estimate, JobRequest
from backend.settings import Settings
from models_zoo.errors import AxiscopeError, InvalidInput, NotFound, TooMany, Unavailable
from training.studies.study import place, point

Wanted = NewJob | NewSweep


def _check_room(connection: sa.Connection, wanted: Wanted, most: int) -> None:
    """Refuse what would make the queue longer than ``most`` jobs, runs of sweeps that have no row yet included."""
    waiting = queries.waiting(connection)
    new = wanted.total if isinstance(wanted, NewSweep) else 1
    if waiting + new > most:
        raise TooMany(
            f"{new:,} jobs came and {waiting:,} wait; allowed: {most:,} that wait (AXISCOPE_QUEUED_JOBS): wait until "
            "some have run, or cancel some with DELETE /api/v1/jobs/ID or DELETE /api/v1/sweeps/ID",
            allowed=most,
        )


def _insert(connection: sa.Connection, wanted: Wanted) -> dict[str, Any]:
    if isinstance(wanted, NewSweep):
        row = queries.sweep_row(connection, insert_sweep(connection, wanted))
        return documents.sweep(row, {}).model_dump(mode="json")
    row = queries.job_row(connection, insert_jobs(connection, [wanted])[0])
    return documents.detail(row).model_dump(mode="json")


@dataclass(frozen=True)
class JobService:
    """What the HTTP API asks of the queue: validate a request, queue it once, estimate how long it takes."""

    database: Database
    registry: Registry
    datasets: Datasets
    data_paths: DataPaths
    step_timer: Pacer
    settings: Settings

    def validate(self, request: JobRequest) -> Wanted:
        """Turn a request into what can be queued.

        Raises
        ------
        InvalidInput
            Naming the field at fault and what is allowed.
        """
        spec, name, priority = request.spec, request.name, request.priority
        if request.kind == "evaluate":
            wanted = validation.evaluate(spec, name, priority)
            self._check_model(wanted.spec["model"])
            return wanted
        if request.kind == "export":
            return self._export(request)
        schemas = plugins.schemas()
        if request.kind == "sweep":
            made = validation.sweep(spec, name, priority, schemas, self.data_paths, self.settings.sweep_runs)
            first = point(made.spec["grid"], 0)
            for dataset, settings in made.spec["defaults"]["dataset"].items():
                given = place(made.spec["base"], {**first, "dataset": dataset}).get("dataset_settings", {})
                self._check_dataset(dataset, {**settings, **given})
            return made
        job = validation.train(spec, name, priority, schemas, self.data_paths)
        self._check_dataset(job.spec["dataset"], job.spec["dataset_settings"])
        return job

    def _check_dataset(self, name: str, settings: Mapping[str, Any]) -> None:
        """Refuse a data set that cannot be opened, or whose path settings lead where they may not.

        Raises
        ------
        InvalidInput
        """
        try:
            self.datasets.open(name, self.data_paths.confine(name, settings, "/spec/dataset_settings"))
        except Unavailable:
            raise
        except AxiscopeError as error:
            field = error.field if error.field and error.field.startswith("/spec/") else "/spec/dataset"
            message = error.message if error.message.startswith(field) else f"{field}: {error.message}"
            raise InvalidInput(message, field=field, allowed=error.allowed) from None

    def _check_model(self, model: str) -> None:
        try:
            _, manifest = self.registry.sound(model)
            self.datasets.of_model(manifest.dataset, manifest.dataset_settings, model)
        except Unavailable:
            raise
        except AxiscopeError as error:
            raise InvalidInput(f"/spec/model: {error.message}", field="/spec/model") from None

    def _export(self, request: JobRequest) -> NewJob:
        leader = request.spec.get("job")
        number = int(leader) if isinstance(leader, str) and leader.isdigit() and len(leader) < 10 else None
        if number is None:
            raise InvalidInput("/spec/job: name the training job whose checkpoint to export", field="/spec/job")
        try:
            row = queries.show(self.database, number)
        except NotFound as error:
            raise InvalidInput(f"/spec/job: {error.message}", field="/spec/job") from None
        if row["kind"] != "train":
            raise InvalidInput(f"/spec/job: job {number} is of kind {row['kind']}; allowed is train", field="/spec/job")
        return validation.export(request.spec, row, request.name, request.priority)

    def create(self, request: JobRequest, key: str | None) -> dict[str, Any]:
        """Queue what ``request`` asks for, once for each ``key``; the document of the job or sweep.

        Raises
        ------
        InvalidInput, Conflict
            If it is at fault, or the key was used otherwise or is in use.
        """
        database = self.database
        if key is not None:
            stored = idempotency.begin(database, key, idempotency.body_hash(request.model_dump(mode="json")))
            if stored is not None:
                return stored
        try:
            wanted = self.validate(request)
            with database.write() as connection:
                _check_room(connection, wanted, self.settings.queued_jobs)
                answer = _insert(connection, wanted)
                if key is not None:
                    idempotency.store(connection, key, answer)
            return answer
        except BaseException:
            if key is not None:
                idempotency.forget(database, key)
            raise

    def slots(self) -> int:
        """Runs at a time on the dispatchers that are there; 1 if none is."""
        alive = [row for row in dispatchers.present(self.database) if row["alive"]]
        return max(1, sum(int(row["capacity"].get("units", 0)) for row in alive))

    def estimate(self, request: JobRequest) -> Estimate:
        """How long the request would take, from step times measured on this machine."""
        wanted = self.validate(request)
        places = self.slots()
        if isinstance(wanted, NewSweep):
            spec: Mapping[str, Any] = next(iter(grid.runs(wanted.spec, 0, 1))).spec
            steps = statistics.mean(wanted.spec["grid"].get("steps", [spec["steps"]]))
            runs, places = wanted.total, min(places, wanted.max_parallel or places)
        else:
            spec, runs, steps = wanted.spec, 1, wanted.spec.get("steps")
        if steps is None:
            return Estimate(
                runs=runs,
                seconds_per_step=None,
                seconds=None,
                slots=places,
                basis="unknown",
                machine=None,
                measuring=False,
            )
        settings = self.data_paths.confine(spec["dataset"], spec["dataset_settings"], "/spec/dataset_settings")
        measuring = self.step_timer.ask({**spec, "dataset_settings": settings})
        pace = step_times.step_pace(self.database, spec)
        seconds = None if pace.seconds is None else math.ceil(runs / places) * steps * pace.seconds
        return Estimate(
            runs=runs,
            seconds_per_step=pace.seconds,
            seconds=seconds,
            slots=places,
            basis=pace.basis,
            machine=None if pace.host == socket.gethostname() else pace.host,
            measuring=measuring,
        )
