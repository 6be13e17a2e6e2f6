"""Child process with limits of memory and time, for work on untrusted files.

The child is a module that calls `serve`. It reads one JSON document, the request, from stdin and writes JSON lines to
stdout: ``{"progress": [done, total]}`` any number of times, then ``{"ok": true, ...}`` or
``{"ok": false, "kind": ..., "message": ..., "field": ...}``.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import models_zoo.errors
from models_zoo.errors import AxiscopeError, InvalidInput, Unavailable
from models_zoo.json_types import JsonObject

INHERITED = ("PATH", "PYTHONPATH", "HOME", "LANG", "LD_LIBRARY_PATH")
INHERITED_PREFIXES = ("OPENBLAS_", "OMP_")
MAX_LINE_BYTES = 1024**2
REPORT_SECONDS = 0.2
NICENESS = 5
Report = Callable[[int, int], None]


@dataclass(frozen=True)
class Limits:
    """Limits of a child process.

    Parameters
    ----------
    memory_bytes : int
        Private memory (RLIMIT_DATA); mapped files do not count.
    cpu_seconds : int
        CPU time of all threads together.
    wall_seconds : float
        Time after which it is killed.
    file_bytes : int, optional
        Size of the largest file that it may write.
    """

    memory_bytes: int
    cpu_seconds: int
    wall_seconds: float
    file_bytes: int | None = None


class LimitedProcess:
    """One run of a child process.

    Parameters
    ----------
    module : str
        Module that calls `serve`.
    limits : Limits
    subject : str
        Subject of the work in messages, a plural: ``"the graphs"``.
    """

    def __init__(self, module: str, limits: Limits, subject: str) -> None:
        self._module, self._limits, self._subject = module, limits, subject
        self._process: subprocess.Popen[bytes] | None = None
        self._killed = threading.Event()
        self.progress: tuple[int, int] | None = None

    def run(self, request: Mapping[str, object]) -> JsonObject:
        """Return the child's response to ``request``; `progress` is updated meanwhile.

        Raises
        ------
        AxiscopeError
            The error of the child, of the same class.
        InvalidInput
            If a limit ended the child, or it ended without a response.
        """
        limits = self._limits
        with subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", self._module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
        ) as process:
            self._process = process
            timed_out = threading.Event()

            def end() -> None:
                timed_out.set()
                process.kill()

            timer = threading.Timer(limits.wall_seconds, end)
            timer.start()
            try:
                response = self._exchange(process, {**request, "limits": vars(limits), "subject": self._subject})
            finally:
                timer.cancel()
                process.kill()
        if self._killed.is_set():
            raise Unavailable(
                f"got {self._subject} while the service is shutting down; allowed: requests to a running service; "
                "retry later"
            )
        if timed_out.is_set() and response is None:
            raise InvalidInput(
                f"got {self._subject}, which took longer; allowed: {limits.wall_seconds:g} s; send smaller ones"
            )
        return self._result(response, process.returncode)

    def kill(self) -> None:
        """Kill the child; `run` then raises `Unavailable`."""
        self._killed.set()
        if self._process is not None:
            self._process.kill()

    def _exchange(self, process: subprocess.Popen[bytes], request: Mapping[str, object]) -> JsonObject | None:
        assert process.stdin is not None  # noqa: S101 - opened as a pipe by run
        assert process.stdout is not None  # noqa: S101
        if self._killed.is_set():
            return None
        try:
            process.stdin.write(json.dumps(request).encode())
            process.stdin.close()
        except BrokenPipeError:
            pass  # it has ended; its exit code is reported below
        response: JsonObject | None = None
        while line := process.stdout.readline(MAX_LINE_BYTES):
            try:
                document = json.loads(line)
            except ValueError:
                continue  # printed by a library
            if isinstance(document, dict) and "progress" in document:
                self.progress = (int(document["progress"][0]), int(document["progress"][1]))
            elif isinstance(document, dict) and "ok" in document:
                response = document
        process.wait()
        return response

    def _result(self, response: JsonObject | None, code: int) -> JsonObject:
        if response is not None and response["ok"]:
            return response
        if response is not None:
            kind = getattr(models_zoo.errors, str(response.get("kind")), InvalidInput)
            raise kind(response["message"], field=response.get("field"), allowed=response.get("allowed"))
        end = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        limits = f"{self._limits.cpu_seconds} s of CPU and {self._limits.memory_bytes / 1024**3:g} GiB"
        raise InvalidInput(f"got {self._subject}, whose process {end}; allowed: {limits}; send smaller ones")


def _environment() -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if name in INHERITED or name.startswith(INHERITED_PREFIXES)
    }
    root = str(Path(__file__).parents[1])
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, [root, kept.get("PYTHONPATH", "")]))
    kept["PYDANTIC_DISABLE_PLUGINS"] = "1"  # pydantic would look for them among all installed packages
    return kept


def _set_limits(limits: Mapping[str, int | None]) -> None:
    bounds = {
        resource.RLIMIT_DATA: limits["memory_bytes"],
        resource.RLIMIT_CPU: limits["cpu_seconds"],
        resource.RLIMIT_FSIZE: limits["file_bytes"],
        resource.RLIMIT_CORE: 0,
    }
    for which, bound in bounds.items():
        if bound is not None:
            hard = resource.getrlimit(which)[1]
            most = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
            resource.setrlimit(which, (most, most))
    os.nice(NICENESS)


def serve(work: Callable[[JsonObject, Report], Mapping[str, object]]) -> None:
    """Respond to the request on stdin by ``work(request, report)``, within the limits of the request."""
    request: JsonObject = json.load(sys.stdin)
    _set_limits(request["limits"])
    out, sys.stdout = sys.stdout, sys.stderr  # libraries must not print into the response
    reported = 0.0

    def write(document: Mapping[str, object]) -> None:
        out.write(json.dumps(document) + "\n")
        out.flush()

    def report(done: int, total: int) -> None:
        nonlocal reported
        if time.monotonic() - reported >= REPORT_SECONDS:
            reported = time.monotonic()
            write({"progress": [done, total]})

    try:
        response: Mapping[str, object] = {"ok": True, **work(request, report)}
    except AxiscopeError as error:
        details = {"message": error.message, "field": error.field, "allowed": error.allowed}
        response = {"ok": False, "kind": type(error).__name__, **details}
    except MemoryError:
        gibibytes = request["limits"]["memory_bytes"] / 1024**3
        message = f"got {request['subject']}, which need more memory; allowed: {gibibytes:g} GiB; send smaller ones"
        response = {"ok": False, "kind": "TooLarge", "message": message}
    write(response)
