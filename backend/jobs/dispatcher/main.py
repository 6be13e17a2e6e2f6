"""The dispatcher's process: what it is made of, how it begins, how it ends."""

import logging
import os
import signal
import socket
import sys
import time
from types import FrameType

from backend.db.engine import migrate
from backend.jobs.artifacts import Artifacts
from backend.jobs.database import Database
from backend.jobs.dispatcher.local_runner import LocalRunner
from backend.jobs.dispatcher.loop import Dispatcher, EngineAway
from backend.jobs.dispatcher.model_sync import Installer
from backend.jobs.dispatcher.ray_runner import make_ray_runner
from backend.jobs.dispatcher.runner import JobRunner
from backend.jobs.dispatcher.slots import Slots
from backend.jobs.dispatcher.supervisor import Supervisor
from backend.jobs.queue.dispatchers import Superseded
from backend.jobs.queue.grid import runs
from backend.logging_config import configure_logging
from backend.settings import Settings, read_settings

ATTEMPT = ("-m", "backend.commands.attempt")
STOP_SECONDS = 10.0
EXIT_TRY_AGAIN = 75
log = logging.getLogger("axiscope.jobs")


def make_runner(settings: Settings) -> JobRunner:
    """Make the engine that the settings name.

    Raises
    ------
    InvalidInput
        If a cluster is asked for that would lose jobs or is open to anyone.
    """
    if settings.runner == "ray":
        return make_ray_runner(settings)
    name = settings.worker_name or socket.gethostname()
    return LocalRunner(
        f"local:{name}:{settings.home}",
        (sys.executable, *ATTEMPT),
        settings.environment(),
        settings.home / "jobs" / "units",
        Slots(settings.cpu_slots, settings.gpu_slots),
    )


class _Ending:
    """Why to end: a signal, or a parent that is gone."""

    def __init__(self, parent: int | None) -> None:
        self._parent = parent
        self.signalled = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.signalled = True

    def now(self) -> bool:
        return self.signalled or (self._parent is not None and os.getppid() != self._parent)


def keep() -> int:
    """Keep a dispatcher running in a process of its own until a signal comes: it is started anew when it ends.

    A cluster's driver is ended by Ray itself when the head is lost; nobody has to be there to start it again.

    Returns
    -------
    int
        Exit code: 0.
    """
    settings = read_settings()
    configure_logging(settings.log_level, json_lines=settings.json_logs)
    make_runner(settings)  # refuses what cannot work before anything is started
    database = Database(settings.database)
    migrate(database.engine)
    database.close()
    ending = _Ending(None)
    supervisor = Supervisor({})
    supervisor.start()
    while not ending.now():
        time.sleep(settings.tick_seconds)
    supervisor.stop()
    return 0


def serve(parent: int | None = None) -> int:
    """Dispatch until told to end.

    Parameters
    ----------
    parent : int, optional
        Process to end with. If it dies without a word the jobs run on, and the next dispatcher adopts them.

    Returns
    -------
    int
        Exit code: 0 after a signal or with the parent, 75 to be started anew.
    """
    settings = read_settings()
    configure_logging(settings.log_level, json_lines=settings.json_logs)
    ending = _Ending(parent)
    database = Database(settings.database)
    if parent is None:
        migrate(database.engine)
    runner = make_runner(settings)
    installer = Installer(database, Artifacts(settings.artifacts), settings.home / "zoo")
    dispatcher = Dispatcher(database, runner, settings, runs, installer.step)
    log.info("dispatching %s", runner.scope)
    try:
        dispatcher.run(ending.now)
    except Superseded:
        log.warning("another dispatcher has taken over %s", runner.scope)
        return EXIT_TRY_AGAIN
    except EngineAway:
        log.warning("the engine of %s does not answer", runner.scope)
        return EXIT_TRY_AGAIN
    if ending.signalled:
        dispatcher.hand_back(STOP_SECONDS)
    return 0
