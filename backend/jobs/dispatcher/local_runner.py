"""Engine of one machine: a child process for each unit, within the machine's slots. Children outlive the dispatcher."""

import math
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.jobs import processes
from backend.jobs.dispatcher.runner import NO_OUTCOME, ProcessExit
from backend.jobs.queue.leases import ActiveAttempt
from backend.jobs.records import Capacity, ProcessIdentity, WorkUnit

TAIL_BYTES = 4_000
_EPSILON = 1e-9


def gpu_memory() -> list[int]:
    """Return the bytes of memory of each NVIDIA GPU of this machine; empty without the tool nvidia-smi."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    query = [tool, "--query-gpu=memory.total", "--format=csv,noheader,nounits"]  # MiB
    listing = subprocess.run(query, capture_output=True, text=True, check=False)  # noqa: S603
    return [int(line) * 2**20 for line in listing.stdout.splitlines() if line.strip().isdigit()]


class Slots:
    """Slots of a machine and the units that hold them.

    Parameters
    ----------
    cpus : float
        CPU slots; 0 takes one for each core.
    gpus : int
        GPUs; -1 takes all of the machine.
    """

    def __init__(self, cpus: float = 0, gpus: int = -1) -> None:
        self.cpus = cpus or float(os.cpu_count() or 1)
        memory = gpu_memory()
        self.gpus = len(memory) if gpus < 0 else gpus
        self.gpu_bytes = min(memory, default=0)
        self._taken: dict[str, tuple[float, dict[int, float]]] = {}

    def capacity(self) -> Capacity:
        """Return all slots, free or not."""
        return Capacity(self.cpus, float(self.gpus), int(self.cpus), self.gpu_bytes)

    def _free_gpus(self) -> dict[int, float]:
        free = dict.fromkeys(range(self.gpus), 1.0)
        for _, shares in self._taken.values():
            for number, share in shares.items():
                free[number] = free.get(number, 1.0) - share
        return free

    def free(self) -> Capacity:
        """Return the free slots. A share of a GPU must fit on one, so the largest rest counts."""
        cpus = self.cpus - sum(cpus for cpus, _ in self._taken.values())
        rests = self._free_gpus().values()
        whole = sum(rest >= 1 - _EPSILON for rest in rests)
        gpus = float(whole) if whole else max(rests, default=0.0)
        return Capacity(cpus, gpus, math.ceil(cpus - _EPSILON))

    def take(self, name: str, cpus: float, gpus: float) -> str:
        """Reserve slots for ``name`` and return the numbers of its GPUs, as in CUDA_VISIBLE_DEVICES."""
        free = self._free_gpus()
        shares: dict[int, float] = {}
        if 0 < gpus < 1:
            fitting = [number for number, rest in free.items() if rest + _EPSILON >= gpus]
            shares = {min(fitting, key=free.__getitem__): gpus} if fitting else {}
        elif gpus >= 1:
            whole = [number for number, rest in free.items() if rest >= 1 - _EPSILON]
            shares = dict.fromkeys(whole[: round(gpus)], 1.0)
        self._taken[name] = (cpus, shares)
        return ",".join(map(str, shares))

    def retake(self, name: str, cpus: float, gpus: float, device: str) -> None:
        """Record that ``name`` already holds the GPUs ``device``."""
        numbers = [int(number) for number in device.split(",") if number.isdigit()]
        self._taken[name] = (cpus, dict.fromkeys(numbers, min(gpus, 1.0)))

    def release(self, name: str) -> None:
        """Free the slots of ``name``."""
        self._taken.pop(name, None)


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
        return self.slots.capacity()

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
