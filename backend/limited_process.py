"""Work on files that others made, in a child process with limits on memory and time.

The child is a module with a `main` that calls `serve`. It reads one JSON document, the order, on stdin and writes
JSON lines to stdout: ``{"progress": [done, total]}`` any number of times, then ``{"ok": true, ...}`` or
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
from typing import Any

import models_zoo.errors
from models_zoo.errors import AxiscopeError, InvalidInput

PASSED_ON = ("PATH", "PYTHONPATH", "HOME", "LANG", "LD_LIBRARY_PATH")
PASSED_PREFIXES = ("OPENBLAS_", "OMP_")
MAX_LINE_BYTES = 1024**2
REPORT_SECONDS = 0.2
NICENESS = 5
Report = Callable[[int, int], None]


@dataclass(frozen=True)
class Limits:
    """What a child may take.

    Parameters
    ----------
    memory_bytes : int
        Private memory; files that are mapped do not count (RLIMIT_DATA).
    cpu_seconds : int
        Of all threads together.
    wall_seconds : float
        After these it is killed.
    file_bytes : int, optional
        Largest file that it may write.
    """

    memory_bytes: int
    cpu_seconds: int
    wall_seconds: float
    file_bytes: int | None = None


class LimitedProcess:
    """One run of a child.

    Parameters
    ----------
    module : str
        Module that calls `serve`.
    limits : Limits
    subject : str
        What is worked on, as a plural for messages: ``"the graphs"``.
    """

    def __init__(self, module: str, limits: Limits, subject: str) -> None:
        self._module, self._limits, self._subject = module, limits, subject
        self._process: subprocess.Popen[bytes] | None = None
        self._killed = threading.Event()
        self.progress: tuple[int, int] | None = None

    def run(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """Return the child's answer to ``order``; `progress` is kept up to date meanwhile.

        Raises
        ------
        AxiscopeError
            The child's own refusal, of the same class.
        InvalidInput
            If a limit ended it, or it ended without an answer.
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
            late = threading.Event()

            def end() -> None:
                late.set()
                process.kill()

            timer = threading.Timer(limits.wall_seconds, end)
            timer.start()
            try:
                answer = self._converse(process, {**order, "limits": vars(limits), "subject": self._subject})
            finally:
                timer.cancel()
                process.kill()
        if self._killed.is_set():
            raise models_zoo.errors.Unavailable(f"{self._subject} were given up: the service is shutting down")
        if late.is_set() and answer is None:
            raise InvalidInput(
                f"{self._subject} were not through after {limits.wall_seconds:g} s: they are refused; send smaller ones"
            )
        return self._verdict(answer, process.returncode)

    def kill(self) -> None:
        """End the child; `run` then raises."""
        self._killed.set()
        if self._process is not None:
            self._process.kill()

    def _converse(self, process: subprocess.Popen[bytes], order: Mapping[str, Any]) -> dict[str, Any] | None:
        assert process.stdin is not None  # noqa: S101 - opened as a pipe by run
        assert process.stdout is not None  # noqa: S101
        if self._killed.is_set():
            return None
        try:
            process.stdin.write(json.dumps(order).encode())
            process.stdin.close()
        except BrokenPipeError:
            pass  # it ended at once: its code tells
        answer: dict[str, Any] | None = None
        while line := process.stdout.readline(MAX_LINE_BYTES):
            try:
                document = json.loads(line)
            except ValueError:
                continue  # something a library printed
            if isinstance(document, dict) and "progress" in document:
                self.progress = (int(document["progress"][0]), int(document["progress"][1]))
            elif isinstance(document, dict) and "ok" in document:
                answer = document
        process.wait()
        return answer

    def _verdict(self, answer: dict[str, Any] | None, code: int) -> dict[str, Any]:
        limits = f"{self._limits.cpu_seconds} s of CPU and {self._limits.memory_bytes / 1024**3:g} GiB"
        if answer is not None and answer["ok"]:
            return answer
        if answer is not None:
            kind = getattr(models_zoo.errors, str(answer.get("kind")), InvalidInput)
            raise kind(answer["message"], field=answer.get("field"), allowed=answer.get("allowed"))
        if code < 0:
            name = signal.Signals(-code).name
            raise InvalidInput(
                f"the process that worked on {self._subject} was ended by {name}; limits are {limits}: send less"
            )
        raise InvalidInput(
            f"the process that worked on {self._subject} ended with code {code}; limits are {limits}: they are refused"
        )


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in PASSED_ON or name.startswith(PASSED_PREFIXES)}
    root = str(Path(__file__).parents[1])
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, [root, kept.get("PYTHONPATH", "")]))
    return kept


def _set_limits(limits: Mapping[str, Any]) -> None:
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


def serve(work: Callable[[dict[str, Any], Report], Mapping[str, Any]]) -> None:
    """Answer the order on stdin by ``work(order, report)``, within the limits that come with it."""
    order: dict[str, Any] = json.load(sys.stdin)
    _set_limits(order["limits"])
    out, sys.stdout = sys.stdout, sys.stderr  # what libraries print is no answer
    reported = 0.0

    def write(document: Mapping[str, Any]) -> None:
        out.write(json.dumps(document) + "\n")
        out.flush()

    def report(done: int, total: int) -> None:
        nonlocal reported
        if time.monotonic() - reported >= REPORT_SECONDS:
            reported = time.monotonic()
            write({"progress": [done, total]})

    try:
        answer: Mapping[str, Any] = {"ok": True, **work(order, report)}
    except AxiscopeError as error:
        answer = {
            "kind": type(error).__name__,
            "message": error.message,
            "field": error.field,
            "allowed": error.allowed,
        }
        answer = {"ok": False, **answer}
    except MemoryError:
        gibibytes = order["limits"]["memory_bytes"] / 1024**3
        message = f"{order['subject']} need more than {gibibytes:g} GiB of memory: send smaller ones"
        answer = {"ok": False, "kind": "TooLarge", "message": message}
    write(answer)
