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
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
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
class Work:
    """Attempt that was started in this process, with the row of its job and the folder of its own files."""

    row: Row
    folder: Path
    context: AttemptContext
    heartbeat: Heartbeat


EndWork = Callable[[Work, Callable[[], JsonObject]], None]


@dataclass(frozen=True)
class JobHandler:
    """Functions that execute jobs of one kind.

    Parameters
    ----------
    prepare : callable
        Makes the heavy imports: they hold the interpreter for seconds and would starve the heartbeat.
    work : callable
        ``work(row, folder, context)`` executes the job of ``row`` in ``folder`` and returns its result.
    together_pays : callable
        Returns whether jobs like that of a row are faster at once than one after the other.
    work_together : callable
        ``work_together(works, end)`` executes several jobs at once. It calls ``end(work, rest)`` for each as soon as
        it has ended: ``rest()`` returns or raises what ``work`` would.
    """

    prepare: Callable[[], None]
    work: Callable[[Row, Path, AttemptContext], JsonObject]
    together_pays: Callable[[Row], bool] = lambda _: False
    work_together: Callable[[Sequence[Work], EndWork], None] = lambda _works, _end: None


def run_unit(refs: Sequence[AttemptRef], handlers: Mapping[str, JobHandler], settings: Settings) -> None:
    """Execute the attempts ``refs``, all of one kind: at once where that pays, else in turn."""
    faulthandler.enable()
    stop = processes.StopSignal(signal.SIGTERM)
    database = Database(settings.database)
    process = processes.identify()
    worker, device = f"{socket.gethostname()}:{process.pid}", os.environ.get("CUDA_VISIBLE_DEVICES", "")
    heartbeat = Heartbeat(database, refs, settings.lease_seconds)
    heartbeat.retry_while_unavailable(lambda: updates.record_process(database, refs, worker, process, device))
    row = heartbeat.retry_while_unavailable(lambda: queries.show(database, refs[0].job))
    handler = handlers[row["kind"]]
    handler.prepare()
    try:
        if len(refs) > 1 and handler.together_pays(row):
            _run_together(refs, handler, database, settings, stop)
        else:
            _run_in_turn(refs, handler, heartbeat, settings, stop)
    finally:
        database.close()


def _run_in_turn(
    refs: Sequence[AttemptRef],
    handler: JobHandler,
    heartbeat: Heartbeat,
    settings: Settings,
    stop: processes.StopSignal,
) -> None:
    heartbeat.open()
    try:
        for ref in refs:
            if stop.received:
                heartbeat.return_to_queue(STOPPED)
                return
            capture = LogCapture(Artifacts(settings.artifacts), [ref])
            work = _start(ref, heartbeat, settings, stop, capture)
            if work is not None:
                # the outer one for a log that cannot be opened: a full disk
                with _outcome_recorded(work), capture, _outcome_recorded(work):
                    _restore(work)
                    _succeed(work, handler.work(work.row, work.folder, work.context))
    finally:
        heartbeat.close()


def _run_together(
    refs: Sequence[AttemptRef], handler: JobHandler, database: Database, settings: Settings, stop: processes.StopSignal
) -> None:
    """Execute all attempts at once, each with its own heartbeat; they share one log."""
    capture = LogCapture(Artifacts(settings.artifacts), refs)
    heartbeats = [Heartbeat(database, [ref], settings.lease_seconds) for ref in refs]
    started, ready = [], []
    for ref, heartbeat in zip(refs, heartbeats, strict=True):
        heartbeat.open()
        started.append(_start(ref, heartbeat, settings, stop, capture))

    def end(work: Work, rest: Callable[[], JsonObject]) -> None:
        with _outcome_recorded(work):
            _succeed(work, rest())
        work.heartbeat.close()

    try:
        with capture:
            for work in started:
                if work is not None:
                    with _outcome_recorded(work):
                        _restore(work)
                        ready.append(work)
            handler.work_together(ready, end)
    finally:
        for heartbeat in heartbeats:
            heartbeat.close()


def _start(
    ref: AttemptRef, heartbeat: Heartbeat, settings: Settings, stop: processes.StopSignal, capture: "LogCapture"
) -> Work | None:
    """Start an attempt; None if it is fenced, or its folder cannot be made."""
    artifacts = Artifacts(settings.artifacts)
    context = AttemptContext(heartbeat, artifacts, ref, lambda: stop.received, capture.upload)
    row = heartbeat.begin(ref, context.drop_older)
    if row is None:
        return None
    try:
        return Work(row, _work_folder(settings, artifacts, ref), context, heartbeat)
    except OSError as error:  # a full disk
        heartbeat.finish("failed", error=_describe(error))
        return None


@contextmanager
def _outcome_recorded(work: Work) -> Iterator[None]:
    """Record what ends the block early as the outcome of the work."""
    heartbeat, row = work.heartbeat, work.row
    try:
        yield
    except (Cancelled, Fenced, ReturnedToQueue) as stop:
        _stop(heartbeat, row, stop)
        shutil.rmtree(work.folder, ignore_errors=True)
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


def _succeed(work: Work, result: JsonObject) -> None:
    """Record the result of a job and the measured time of its steps."""
    heartbeat, row = work.heartbeat, work.row
    if not heartbeat.finish("succeeded", result=result):
        log.warning("attempt fenced, result dropped job=%d", row["id"])
    else:
        log.info("job succeeded job=%d", row["id"])
        seconds, together = result.get("seconds_per_step"), result.get("trained_together", 1)
        if seconds:
            taken = {"together": together, "gpu_bytes": result.get("gpu_bytes")}
            heartbeat.retry_while_unavailable(
                lambda: step_times.record(heartbeat.database, row["spec"], seconds, **taken)
            )
    shutil.rmtree(work.folder, ignore_errors=True)


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


def _restore(work: Work) -> None:
    """Copy the checkpoint that the job resumes from, or exports, into the attempt's folder."""
    row, spec = work.row, work.row["spec"]
    name, owner = (spec["checkpoint"], spec["job"]) if row["kind"] == "export" else (row["checkpoint"], row["id"])
    if name is None:
        log.info("job started without a checkpoint job=%d", row["id"])
        return
    files = work.context.artifacts.get_checkpoint(owner, name, work.folder / "restored")
    log.info("job resumed job=%d checkpoint=%s files=%s", row["id"], name, ",".join(files))


class LogCapture:
    """Redirection of the process's output to the attempts' logs, for the length of a block.

    Attempts that are executed at once share one file: a local store links it for each.
    """

    def __init__(self, artifacts: Artifacts, refs: Sequence[AttemptRef]) -> None:
        self._artifacts, self._refs = artifacts, refs
        if artifacts.is_local:
            self._path, *self._links = [artifacts.local_folder(ref.job) / f"{ref.attempt}.log" for ref in refs]
        else:
            name = f"axiscope-{os.getpid()}-{refs[0].job}-{refs[0].attempt}.log"
            self._path, self._links = Path(tempfile.gettempdir()) / name, []
        self._saved: tuple[int, int] = (-1, -1)

    def __enter__(self) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        self._saved = (os.dup(1), os.dup(2))
        target = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(target, 1)
        os.dup2(target, 2)
        os.close(target)
        for link in self._links:
            link.parent.mkdir(parents=True, exist_ok=True)
            link.unlink(missing_ok=True)
            link.hardlink_to(self._path)

    def __exit__(self, *_: object) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        for saved, number in zip(self._saved, (1, 2), strict=True):
            os.dup2(saved, number)
            os.close(saved)
        try:
            self.upload()
        except StoreUnavailable as error:
            log.warning("log not stored job=%d attempt=%d error=%s", *self._refs[0], error.message)
        if not self._artifacts.is_local:
            self._path.unlink(missing_ok=True)

    def upload(self) -> None:
        """Copy the log so far to a remote store; a local one holds it already."""
        if not self._artifacts.is_local:
            for ref in self._refs:
                self._artifacts.put(self._path, ref.job, f"{ref.attempt}.log")
