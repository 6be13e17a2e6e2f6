"""One child process an attempt, on this machine: nothing to install. Children outlive the dispatcher."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.jobs import processes
from backend.jobs.dispatcher.runner import Ended
from backend.jobs.dispatcher.slots import Slots
from backend.jobs.queue.leases import InFlight
from backend.jobs.records import Capacity, Identity, Unit

TAIL_BYTES = 4_000


@dataclass
class _Child:
    identity: Identity
    process: subprocess.Popen[bytes] | None


class LocalRunner:
    """Runs units as child processes, each in a session of its own.

    Parameters
    ----------
    scope : str
        Name of this machine and home in the attempts' records.
    command : sequence of str
        Program that executes a unit; the unit's name and its refs ``job:attempt`` follow.
    environment : mapping
        Variables of the children beside this process's own.
    folder : Path
        Receives what a child prints before its job's own log is open.
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
        """Say yes: this machine is there as long as this code runs."""
        return True

    def capacity(self) -> Capacity:
        """Slots of this machine."""
        return Capacity(self.slots.cpus, float(self.slots.gpus), int(self.slots.cpus))

    def free(self) -> Capacity:
        """Slots left."""
        return self.slots.free()

    def submit(self, unit: Unit) -> None:
        """Start the unit's process."""
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
            self.slots.give_back(unit.name)
            raise
        self._children[unit.name] = _Child(processes.identify(process.pid), process)

    def _log(self, unit: str) -> Path:
        return self._folder / f"{unit}.log"

    def adopt(self, flights: Sequence[InFlight]) -> list[Ended]:
        """Take over what an earlier dispatcher of this machine started, by pid, start time and boot."""
        gone = []
        for flight in flights:
            name = flight.unit.name
            if flight.scope != self.scope or name in self._children or flight.identity is None:
                continue
            if processes.alive(flight.identity):
                self.slots.retake(name, flight.unit.cpus, flight.unit.gpus, flight.device)
                self._children[name] = _Child(flight.identity, None)
            elif flight.identity.boot != processes.boot():
                gone.append(Ended(name, "the machine was started anew", engine_lost=True))
            else:
                gone.append(Ended(name, self._last_words(name, "its process ended without a verdict")))
        return gone

    def live(self) -> set[str]:
        """Units with a process."""
        return set(self._children)

    def poll(self) -> list[Ended]:
        """Units whose process ended."""
        ended = []
        for name, child in list(self._children.items()):
            code = child.process.poll() if child.process is not None else None
            if child.process is None:
                if processes.alive(child.identity):
                    continue
                how = "its process ended without a verdict"
            elif code is None:
                continue
            else:
                how = describe_exit(code)
            del self._children[name]
            self.slots.give_back(name)
            ended.append(Ended(name, self._last_words(name, how)))
            self._log(name).unlink(missing_ok=True)
        return ended

    def _last_words(self, name: str, how: str) -> str:
        try:
            text = self._log(name).read_bytes()[-TAIL_BYTES:].decode(errors="replace").strip()
        except OSError:
            return how
        return f"{how}: {text.splitlines()[-1]}" if text else how

    def kill(self, unit: str) -> None:
        """SIGKILL to the child and all it started."""
        self._signal(unit, signal.SIGKILL)

    def terminate(self, unit: str) -> None:
        """SIGTERM to the child."""
        self._signal(unit, signal.SIGTERM)

    def _signal(self, unit: str, number: int) -> None:
        child = self._children.get(unit)
        if child is None or not processes.alive(child.identity):
            return
        try:
            if number == signal.SIGKILL:
                os.killpg(child.identity.pid, number)
            else:
                os.kill(child.identity.pid, number)
        except ProcessLookupError:
            return


def describe_exit(code: int) -> str:
    """Exit code in words: ``-9`` is ``killed by SIGKILL``."""
    if code >= 0:
        return f"its process ended with exit code {code} without a verdict"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hint = " (out of memory, or killed from outside)" if -code == signal.SIGKILL else ""
    return f"its process was killed by {name}{hint}"
