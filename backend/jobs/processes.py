"""Identities of processes, which no later process with the same number shares, and stop signals."""

import os
import signal
import subprocess
from pathlib import Path
from types import FrameType

from backend.jobs.records import ProcessIdentity

_STAT_AFTER_NAME_STATE, _STAT_AFTER_NAME_START = 0, 19


def boot_id() -> str:
    """Return the id of this boot and process namespace (containers have their own); empty where there is none."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return ""


def start_time(pid: int) -> str | None:
    """Return the start time of process ``pid`` in the system's own form; None if it has exited (zombies included)."""
    if Path("/proc/self/stat").exists():
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[_STAT_AFTER_NAME_STATE] in "ZX" else fields[_STAT_AFTER_NAME_START]
    listing = subprocess.run(  # noqa: S603
        ["/bin/ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return listing.stdout.strip() or None


def identify(pid: int | None = None) -> ProcessIdentity:
    """Return the identity of process ``pid``, by default of this one; ``started`` is empty if it has exited."""
    number = os.getpid() if pid is None else pid
    return ProcessIdentity(number, start_time(number) or "", boot_id())


def is_running(identity: ProcessIdentity) -> bool:
    """Return whether exactly this process runs on this machine."""
    return identity.boot == boot_id() and start_time(identity.pid) == identity.started


def has_exited(identity: ProcessIdentity) -> bool:
    """Return whether this process certainly ended: it ran on this boot of this machine and runs no more."""
    return identity.boot == boot_id() != "" and start_time(identity.pid) != identity.started


class StopSignal:
    """Record of whether this process has received one of the signals ``numbers``, read between two steps."""

    def __init__(self, *numbers: signal.Signals) -> None:
        self.received = False
        for number in numbers:
            signal.signal(number, self._receive)

    def _receive(self, _number: int, _frame: FrameType | None) -> None:
        self.received = True
