"""Engine of one machine: a child process for each unit. Children outlive the dispatcher."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.jobs import processes
from backend.jobs.dispatcher.runner import NO_OUTCOME, ProcessExit
from backend.jobs.dispatcher.slots import Slots
from backend.jobs.queue.leases import ActiveAttempt
from backend.jobs.records import Capacity, ProcessIdentity, WorkUnit

TAIL_BYTES = 4_000


@dataclass
class _Child:
    identity: ProcessIdentity
    process: subprocess.Popen[bytes] | None


class LocalRunner:
    """Engine that runs units as child processes, each in a session of its own.

    Parameters
    ----------
    scope : str
        Name of this machine and home in the attempts' records.
    command : sequence of str
        Program that executes a unit; the unit's name and its refs ``job:attempt`` follow.
    environment : mapping
        Variables of the children beside this process's own.
    folder : Path
        Receives the output of a child before its job's own log is open.
    slots : Slots
    """

    ends_with_dispatcher = True

    def __init__(
        self, scope: str, command: Sequence[str], environment: Mapping[str, str], folder: Path, slots: Slots
    ) -> None:
        self.scope = scope
        self.slots = slots
        self._command = tuple(command)
        self._environment = dict(environment)
        self._folder = folder
        self._children: dict[str, _Child] = {}

    def healthy(self) -> bool:
        """Return True: this machine answers as long as this code runs."""
        return True

    def capacity(self) -> Capacity:
        """Return the slots of this machine."""
        return Capacity(self.slots.cpus, float(self.slots.gpus), int(self.slots.cpus))

    def free(self) -> Capacity:
        """Return the free slots."""
        return self.slots.free()

    def submit(self, unit: WorkUnit) -> None:
        """Start the unit's process.

        Raises
        ------
        OSError
            If it cannot be started.
        """
        if unit.name in self._children:
            return
        devices = self.slots.take(unit.name, unit.cpus, unit.gpus)
        environment = {**os.environ, **self._environment, "CUDA_VISIBLE_DEVICES": devices}
        refs = [f"{ref.job}:{ref.attempt}" for ref in unit.refs]
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with self._log(unit.name).open("wb") as log:
                process = subprocess.Popen(  # noqa: S603
                    [*self._command, unit.name, *refs],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    env=environment,
                )
        except OSError:
            self.slots.release(unit.name)
            raise
        self._children[unit.name] = _Child(processes.identify(process.pid), process)

    def _log(self, unit: str) -> Path:
        return self._folder / f"{unit}.log"

    def adopt(self, active: Sequence[ActiveAttempt]) -> list[ProcessExit]:
        """Take over the children of an earlier dispatcher of this machine, by pid, start time and boot."""
        exits = []
        for attempt in active:
            name, identity = attempt.unit.name, attempt.identity
            if attempt.scope != self.scope or name in self._children or identity is None:
                continue
            if processes.is_running(identity):
                self.slots.retake(name, attempt.unit.cpus, attempt.unit.gpus, attempt.device)
                self._children[name] = _Child(identity, None)
            elif identity.boot != processes.boot_id():
                exits.append(ProcessExit(name, "the machine was restarted", engine_lost=True))
            else:
                exits.append(ProcessExit(name, self._last_log_line(name, NO_OUTCOME)))
        return exits

    def live(self) -> set[str]:
        """Return the names of the units with a process."""
        return set(self._children)

    def poll(self) -> list[ProcessExit]:
        """Return the units whose process ended since the last call."""
        exits = []
        for name, child in list(self._children.items()):
            if child.process is None:
                if processes.is_running(child.identity):
                    continue
                reason = NO_OUTCOME
            else:
                code = child.process.poll()
                if code is None:
                    continue
                reason = describe_exit(code)
            del self._children[name]
            self.slots.release(name)
            exits.append(ProcessExit(name, self._last_log_line(name, reason)))
            self._log(name).unlink(missing_ok=True)
        return exits

    def _last_log_line(self, name: str, reason: str) -> str:
        """Return ``reason`` with the last line of the unit's early output, if there is one."""
        try:
            text = self._log(name).read_bytes()[-TAIL_BYTES:].decode(errors="replace").strip()
        except OSError:
            return reason
        return f"{reason}: {text.splitlines()[-1]}" if text else reason

    def kill(self, unit: str) -> None:
        """Send SIGKILL to the child and all that it started."""
        self._signal(unit, signal.SIGKILL)

    def terminate(self, unit: str) -> None:
        """Send SIGTERM to the child."""
        self._signal(unit, signal.SIGTERM)

    def _signal(self, unit: str, number: signal.Signals) -> None:
        child = self._children.get(unit)
        if child is None or not processes.is_running(child.identity):
            return
        send = os.killpg if number == signal.SIGKILL else os.kill
        try:
            send(child.identity.pid, number)
        except ProcessLookupError:
            return


def describe_exit(code: int) -> str:
    """Return an exit code in words: ``-9`` is ``killed by SIGKILL``."""
    if code >= 0:
        return f"its process ended with exit code {code} without an outcome"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hint = " (out of memory, or killed from outside)" if -code == signal.SIGKILL else ""
    return f"its process was killed by {name}{hint}"
