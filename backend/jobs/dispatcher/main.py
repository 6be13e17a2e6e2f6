"""Process of the dispatcher: its parts, its start and end, and its supervision by another process."""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping

from backend.db.engine import Database
from backend.jobs.artifacts import Artifacts
from backend.jobs.dispatcher.local_runner import LocalRunner, Slots
from backend.jobs.dispatcher.loop import Dispatcher, EngineUnavailable
from backend.jobs.dispatcher.model_sync import ModelSync
from backend.jobs.dispatcher.ray_runner import make_ray_runner
from backend.jobs.dispatcher.runner import JobRunner
from backend.jobs.processes import StopSignal
from backend.jobs.queue.dispatchers import Superseded
from backend.logging_config import configure_logging
from backend.settings import Settings, read_settings

ATTEMPT = ("-m", "backend.commands.attempt")
WORKER = ("-m", "backend.commands.worker")
RETURN_SECONDS = 10.0
STOP_SECONDS = 20.0
EXIT_RESTART = 75
MIN_PAUSE_SECONDS = 0.5
MAX_PAUSE_SECONDS = 30.0
STABLE_SECONDS = 60.0
log = logging.getLogger("axiscope.jobs")


def make_runner(settings: Settings) -> JobRunner:
    """Return the engine of the settings.

    Raises
    ------
    InvalidInput
        If the cluster would lose jobs or run code of any client.
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


class Supervisor:
    """Thread that runs `axiscope worker` as a child process and restarts it when it ends.

    Parameters
    ----------
    environment : mapping
        Variables of the child beside this process's own.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = {**os.environ, **environment}
        self._stop = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)

    def start(self) -> None:
        """Start the dispatcher."""
        self._thread.start()

    def running(self) -> bool:
        """Return whether the dispatcher's process runs."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """End the dispatcher gracefully: running jobs are saved and return to the queue."""
        self._stop.set()
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        command = [sys.executable, *WORKER, "--parent", str(os.getpid())]
        pause = MIN_PAUSE_SECONDS
        while not self._stop.is_set():
            started_at = time.monotonic()
            self._process = subprocess.Popen(  # noqa: S603
                command, env=self._environment, stdin=subprocess.DEVNULL, start_new_session=True
            )
            code = self._process.wait()
            if self._stop.is_set():
                return
            stable = time.monotonic() - started_at > STABLE_SECONDS
            pause = MIN_PAUSE_SECONDS if stable else min(pause * 2, MAX_PAUSE_SECONDS)
            log.warning("dispatcher ended, restarting code=%s pause_seconds=%g", code, pause)
            self._stop.wait(pause)


def supervise() -> None:
    """Run a dispatcher in a process of its own until a signal comes, and restart it when it ends.

    Ray itself ends a cluster's driver when the head is lost.
    """
    settings = read_settings()
    configure_logging(settings.log_level, json_lines=settings.json_logs)
    make_runner(settings)  # refuses invalid settings before a process is started
    with Database(settings.database) as database:
        database.migrate()
    stop = StopSignal(signal.SIGTERM, signal.SIGINT)
    supervisor = Supervisor({})
    supervisor.start()
    while not stop.received:
        time.sleep(settings.tick_seconds)
    supervisor.stop()


def serve(parent: int | None = None) -> int:
    """Dispatch until a signal comes or the parent ends.

    Parameters
    ----------
    parent : int, optional
        Process to end with. If it is killed, the jobs run on and the next dispatcher adopts them.

    Returns
    -------
    int
        Exit code: 0 after a signal or with the parent, 75 to be restarted.
    """
    settings = read_settings()
    configure_logging(settings.log_level, json_lines=settings.json_logs)
    stop = StopSignal(signal.SIGTERM, signal.SIGINT)
    database = Database(settings.database)
    if parent is None:
        database.migrate()
    runner = make_runner(settings)
    model_sync = ModelSync(database, Artifacts(settings.artifacts), settings.home)
    dispatcher = Dispatcher(database, runner, settings, model_sync.step)
    log.info("dispatcher started scope=%s", runner.scope)
    try:
        dispatcher.run(lambda: stop.received or (parent is not None and os.getppid() != parent))
    except Superseded:
        log.warning("dispatcher superseded scope=%s", runner.scope)
        return EXIT_RESTART
    except EngineUnavailable:
        log.warning("engine does not answer, restarting scope=%s", runner.scope)
        return EXIT_RESTART
    if stop.received:
        dispatcher.return_to_queue(RETURN_SECONDS)
    return 0
