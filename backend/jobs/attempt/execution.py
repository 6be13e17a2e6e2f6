"""Execution of a work unit's attempts, one after the other, each fenced, in the process that the engine started."""

import faulthandler
import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from backend.db.engine import Database, DatabaseUnavailable, describe_database_error
from backend.jobs import processes
from backend.jobs.artifacts import Artifacts, StoreUnavailable
from backend.jobs.attempt import updates
from backend.jobs.attempt.context import AttemptContext, Cancelled, Fenced, ReturnedToQueue
from backend.jobs.attempt.heartbeat import Heartbeat
from backend.jobs.queue import queries, step_times
from backend.jobs.records import AttemptRef, Row
from backend.settings import Settings
from models_zoo.errors import AxiscopeError
from models_zoo.json_types import JsonObject

log = logging.getLogger("axiscope.jobs")
STOPPED = "the dispatcher was stopped"


@dataclass(frozen=True)
class JobHandler:
    """Functions that execute jobs of one kind.

    Parameters
    ----------
    prepare : callable
        Makes the heavy imports: they hold the interpreter for seconds and would starve the heartbeat.
    work : callable
        ``work(row, folder, context)`` executes the job of ``row`` in ``folder`` and returns its result.
    """

    prepare: Callable[[], None]
    work: Callable[[Row, Path, AttemptContext], JsonObject]


def run_unit(refs: Sequence[AttemptRef], handlers: Mapping[str, JobHandler], settings: Settings) -> None:
    """Execute the attempts ``refs``, all of one kind, in turn."""
    faulthandler.enable()
    stop = processes.StopSignal(signal.SIGTERM)
    database = Database(settings.database)
    process = processes.identify()
    worker, device = f"{socket.gethostname()}:{process.pid}", os.environ.get("CUDA_VISIBLE_DEVICES", "")
    heartbeat = Heartbeat(database, refs, settings.lease_seconds)
    heartbeat.retry_while_unavailable(lambda: updates.record_process(database, refs, worker, process, device))
    kind = heartbeat.retry_while_unavailable(lambda: queries.show(database, refs[0].job))["kind"]
    handlers[kind].prepare()
    heartbeat.open()
    try:
        for ref in refs:
            if stop.received:
                heartbeat.return_to_queue(STOPPED)
                return
            _run_attempt(ref, handlers[kind], heartbeat, settings, stop)
    finally:
        heartbeat.close()
        database.close()


def _run_attempt(
    ref: AttemptRef, handler: JobHandler, heartbeat: Heartbeat, settings: Settings, stop: processes.StopSignal
) -> None:
    artifacts = Artifacts(settings.artifacts)
    capture = LogCapture(artifacts, ref)
    context = AttemptContext(heartbeat, artifacts, ref, lambda: stop.received, capture.upload)
    row = heartbeat.begin(ref, context.drop_older)
    if row is None:
        return
    try:
        folder = _work_folder(settings, artifacts, ref)
        with capture:
            _work(row, folder, context, handler, heartbeat, artifacts)
    except OSError as error:  # neither a folder nor a log can be made: a full disk
        heartbeat.finish("failed", error=_describe(error))


def _work(
    row: Row, folder: Path, context: AttemptContext, handler: JobHandler, heartbeat: Heartbeat, artifacts: Artifacts
) -> None:
    """Execute one job and record its outcome."""
    try:
        _restore(row, folder, artifacts)
        _finish(heartbeat, row, handler.work(row, folder, context))
        shutil.rmtree(folder, ignore_errors=True)
    except (Cancelled, Fenced, ReturnedToQueue) as stop:
        _stop(heartbeat, row, stop)
        shutil.rmtree(folder, ignore_errors=True)
    except (StoreUnavailable, *DatabaseUnavailable) as error:
        reason = error.message if isinstance(error, StoreUnavailable) else describe_database_error(error)
        log.warning("job returned to queue job=%d reason=%s", row["id"], reason)
        heartbeat.return_to_queue(reason, "loss")
    except SQLAlchemyError as error:
        print_without_statement(error)
        heartbeat.finish("failed", error=describe_database_error(error))
    except AxiscopeError as error:
        log.error("job failed job=%d error=%s", row["id"], error.message)
        heartbeat.finish("failed", error=error.message)
    except Exception as error:  # noqa: BLE001 - the border of the process: every error becomes an outcome
        traceback.print_exc()
        heartbeat.finish("failed", error=_describe(error))


def _finish(heartbeat: Heartbeat, row: Row, result: JsonObject) -> None:
    if not heartbeat.finish("succeeded", result=result):
        log.warning("attempt fenced, result dropped job=%d", row["id"])
        return
    log.info("job succeeded job=%d", row["id"])
    seconds = result.get("seconds_per_step")
    if seconds:
        heartbeat.retry_while_unavailable(lambda: step_times.record(heartbeat.database, row["spec"], seconds))


def _stop(heartbeat: Heartbeat, row: Row, stop: Exception) -> None:
    if isinstance(stop, Cancelled):
        heartbeat.finish("cancelled")
    elif isinstance(stop, ReturnedToQueue):
        heartbeat.return_to_queue(STOPPED)
    else:
        log.warning("attempt fenced, another one has taken over job=%d", row["id"])


def print_without_statement(error: SQLAlchemyError) -> None:
    """Print where ``error`` was raised and its kind; clients read the log, which must show no SQL and no values."""
    sys.stderr.write("".join(traceback.format_tb(error.__traceback__)))
    sys.stderr.write(f"{describe_database_error(error)}\n")


def _describe(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        place = f" at {error.filename}" if error.filename else ""
        return f"{error.strerror}{place}. The last checkpoint is usable: make room or correct the path, then retry"
    return f"{type(error).__name__}: {error}"


def _work_folder(settings: Settings, artifacts: Artifacts, ref: AttemptRef) -> Path:
    """Make the folder of the attempt's own files: beside a local store (links need no copying), else in the home."""
    base = artifacts.local_folder(ref.job) if artifacts.is_local else settings.home / "jobs" / str(ref.job)
    folder = base / f"work-{ref.attempt}"
    folder.mkdir(parents=True, exist_ok=True)
    for stale in base.glob("work-*"):
        if stale != folder and int(stale.name.removeprefix("work-")) < ref.attempt:
            shutil.rmtree(stale, ignore_errors=True)
    return folder


def _restore(row: Row, folder: Path, artifacts: Artifacts) -> None:
    """Copy the checkpoint that the job resumes from, or exports, into the attempt's folder."""
    spec = row["spec"]
    name, owner = (spec["checkpoint"], spec["job"]) if row["kind"] == "export" else (row["checkpoint"], row["id"])
    if name is None:
        log.info("job started without a checkpoint job=%d", row["id"])
        return
    files = artifacts.get_checkpoint(owner, name, folder / "restored")
    log.info("job resumed job=%d checkpoint=%s files=%s", row["id"], name, ",".join(files))


class LogCapture:
    """Redirection of the process's output to the attempt's log, for the length of a block."""

    def __init__(self, artifacts: Artifacts, ref: AttemptRef) -> None:
        self._artifacts, self._ref = artifacts, ref
        self._name = f"{ref.attempt}.log"
        if artifacts.is_local:
            self._path = artifacts.local_folder(ref.job) / self._name
        else:
            self._path = Path(tempfile.gettempdir()) / f"axiscope-{os.getpid()}-{ref.job}-{self._name}"
        self._saved: tuple[int, int] = (-1, -1)

    def __enter__(self) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        self._saved = (os.dup(1), os.dup(2))
        target = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(target, 1)
        os.dup2(target, 2)
        os.close(target)

    def __exit__(self, *_: object) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        for saved, number in zip(self._saved, (1, 2), strict=True):
            os.dup2(saved, number)
            os.close(saved)
        try:
            self.upload()
        except StoreUnavailable as error:
            log.warning("log not stored job=%d attempt=%d error=%s", *self._ref, error.message)
        if not self._artifacts.is_local:
            self._path.unlink(missing_ok=True)

    def upload(self) -> None:
        """Copy the log so far to a remote store; a local one holds it already."""
        if not self._artifacts.is_local:
            self._artifacts.put(self._path, self._ref.job, self._name)
