"""Keeps the dispatcher's process running beside the service: it may crash at any time, it is started anew."""

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
CALM_SECONDS = 60.0
STOP_SECONDS = 20.0
log = logging.getLogger("axiscope.jobs")


class Supervisor:
    """Starts `axiscope worker` as a child and starts it again when it ends.

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
        """Whether the dispatcher's process is there."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """End the dispatcher gracefully: what runs is saved and goes back to the queue."""
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
        pause = FIRST_PAUSE_SECONDS
        while not self._stop.is_set():
            begun = time.monotonic()
            command = [sys.executable, "-m", "backend.commands.worker", "--parent", str(os.getpid())]
            self._process = subprocess.Popen(  # noqa: S603
                command, env=self._environment, stdin=subprocess.DEVNULL, start_new_session=True
            )
            code = self._process.wait()
            if self._stop.is_set():
                return
            pause = FIRST_PAUSE_SECONDS if time.monotonic() - begun > CALM_SECONDS else pause * 2
            log.warning("the dispatcher ended with exit code %s: starting it again", code)
            self._stop.wait(min(pause, LONGEST_PAUSE_SECONDS))
