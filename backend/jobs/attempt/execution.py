"""What the process of a unit does, whichever engine placed it: one attempt after the other, each fenced."""

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
from types import FrameType
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from backend.db.engine import DatabaseUnavailable, describe_database_error
from backend.jobs import processes
from backend.jobs.artifacts import Artifacts, StoreAway
from backend.jobs.attempt import updates
from backend.jobs.attempt.context import Cancelled, Fenced, HandedBack, Watch
from backend.jobs.attempt.heartbeat import Link
from backend.jobs.database import Database
from backend.jobs.queue import queries, step_times
from backend.jobs.records import Ref
from backend.settings import Settings
from models_zoo.errors import AxiscopeError

log = logging.getLogger("axiscope.jobs")
Work = Callable[[Mapping[str, Any], Path, Watch], dict[str, Any]]


@dataclass(frozen=True)
class Trade:
    """How jobs of one kind are done.

    Parameters
    ----------
    prepare : callable
        Makes the heavy imports: they hold the interpreter for seconds and would starve the heartbeat.
    work : callable
        ``work(row, folder, watch)`` does the job of ``row`` in ``folder`` and returns its result.
    """

    prepare: Callable[[], None]
    work: Work


class _Stopper:
    """Turns SIGTERM into a wish that the work sees at its next step."""

    def __init__(self) -> None:
        self.asked = False
        signal.signal(signal.SIGTERM, self._ask)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True


def run_unit(refs: Sequence[Ref], trades: Mapping[str, Trade], settings: Settings) -> None:
    """Execute the attempts ``refs``, all of one kind, in turn."""
    faulthandler.enable()
    stopper = _Stopper()
    database = Database(settings.database)
    me = processes.identify()
    device = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    link = Link(database, refs, settings.lease_seconds)
    link.insist(lambda: updates.announce(database, refs, f"{socket.gethostname()}:{me.pid}", me, device))
    kind = link.insist(lambda: queries.show(database, refs[0].job))["kind"]
    trades[kind].prepare()
    link.open()
    try:
        for ref in refs:
            if stopper.asked:
                link.hand_back("the dispatcher was stopped")
                return
            _run_one(ref, trades[kind], link, settings, lambda: stopper.asked)
    finally:
        link.close()
        database.close()


def _run_one(ref: Ref, trade: Trade, link: Link, settings: Settings, asked: Callable[[], bool]) -> None:
    artifacts = Artifacts(settings.artifacts)
    own_log = _OwnLog(artifacts, ref)
    watch = Watch(link, artifacts, ref, asked, own_log.send)
    row = link.begin(ref, watch.drop_older)
    if row is None:
        return
    try:
        folder = _work_folder(settings, artifacts, ref)
        with own_log:
            _work(row, folder, watch, trade, link, artifacts)
    except OSError as error:  # not even a folder or a log: a full disk
        link.finish("failed", error=_describe(error))


def _work(row: Mapping[str, Any], folder: Path, watch: Watch, trade: Trade, link: Link, artifacts: Artifacts) -> None:
    try:
        _restore(row, folder, artifacts)
        _report(link, row, trade.work(row, folder, watch), folder)
    except (Cancelled, Fenced, HandedBack) as stop:
        _stop(link, stop)
        shutil.rmtree(folder, ignore_errors=True)
    except StoreAway as error:
        log.warning("job %d goes back to the queue: %s", row["id"], error.message)
        link.hand_back(error.message, "loss")
    except DatabaseUnavailable as error:
        why = describe_database_error(error)
        log.warning("job %d goes back to the queue: %s", row["id"], why)
        link.hand_back(why, "loss")
    except SQLAlchemyError as error:
        print_without_statement(error)
        link.finish("failed", error=describe_database_error(error))
    except AxiscopeError as error:
        log.error("job %d failed: %s", row["id"], error.message)
        link.finish("failed", error=error.message)
    except Exception as error:  # noqa: BLE001 - the border of the process: everything becomes a verdict
        traceback.print_exc()
        link.finish("failed", error=_describe(error))


def _report(link: Link, row: Mapping[str, Any], result: dict[str, Any], folder: Path) -> None:
    delivered = link.finish("succeeded", result=result)
    log.info("job %d: %s", row["id"], "succeeded" if delivered else "fenced, its result is dropped")
    pace = result.get("seconds_per_step")
    if delivered and pace:
        link.insist(lambda: step_times.record(link.database, row["spec"], pace))
    shutil.rmtree(folder, ignore_errors=True)


def _stop(link: Link, stop: Exception) -> None:
    if isinstance(stop, Cancelled):
        link.finish("cancelled")
    elif isinstance(stop, HandedBack):
        link.hand_back("the dispatcher was stopped")
    else:
        log.warning("fenced: another attempt has taken over")


def print_without_statement(error: SQLAlchemyError) -> None:
    """Print where ``error`` was raised and its kind; clients read the log, which must show no SQL and no values."""
    sys.stderr.write("".join(traceback.format_tb(error.__traceback__)))
    sys.stderr.write(f"{describe_database_error(error)}\n")


def _describe(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        place = f" at {error.filename}" if error.filename else ""
        return f"{error.strerror}{place}. The last checkpoint is sound: make room or mend the path, then retry"
    return f"{type(error).__name__}: {error}"


def _work_folder(settings: Settings, artifacts: Artifacts, ref: Ref) -> Path:
    """Folder for the attempt's own files: beside a local store (links need no copying), else in the home."""
    base = artifacts.local_folder(ref.job) if artifacts.is_local else settings.home / "jobs" / str(ref.job)
    folder = base / f"work-{ref.attempt}"
    folder.mkdir(parents=True, exist_ok=True)
    for stale in base.glob("work-*"):
        if stale != folder and int(stale.name.removeprefix("work-")) < ref.attempt:
            shutil.rmtree(stale, ignore_errors=True)
    return folder


def _restore(row: Mapping[str, Any], folder: Path, artifacts: Artifacts) -> None:
    spec = row["spec"]
    name, owner = (spec["checkpoint"], spec["job"]) if row["kind"] == "export" else (row["checkpoint"], row["id"])
    if name is None:
        log.info("starting from the beginning")
        return
    found = artifacts.get_checkpoint(owner, name, folder / "restored")
    log.info("going on from checkpoint %s (%s)", name, ", ".join(found))


class _OwnLog:
    """Sends what the process prints to the attempt's own log for the length of a block."""

    def __init__(self, artifacts: Artifacts, ref: Ref) -> None:
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
            self.send()
        except StoreAway as error:
            log.warning("the log of this attempt is lost: %s", error.message)
        if not self._artifacts.is_local:
            self._path.unlink(missing_ok=True)

    def send(self) -> None:
        """Store the log so far, where it is not written to its place anyway."""
        if not self._artifacts.is_local:
            self._artifacts.put(self._path, self._ref.job, self._name)
