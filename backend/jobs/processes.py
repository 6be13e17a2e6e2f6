"""Telling a process from a later one with the same number."""

import os
import subprocess
from pathlib import Path

from backend.jobs.records import Identity

_STAT_AFTER_NAME_STATE, _STAT_AFTER_NAME_START = 0, 19


def boot() -> str:
    """Name of this run of the operating system and its process numbers (containers have their own); may be empty."""
    try:
        boot_id = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot_id}/{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return ""


def started(pid: int) -> str | None:
    """When process ``pid`` began, as the system says it; None if it runs no more (a zombie does not run)."""
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


def identify(pid: int | None = None) -> Identity:
    """Identity of process ``pid``, of this one by default; ``started`` is empty if it runs no more."""
    number = os.getpid() if pid is None else pid
    return Identity(number, started(number) or "", boot())


def alive(identity: Identity) -> bool:
    """Whether exactly this process still runs on this machine."""
    return identity.boot == boot() and started(identity.pid) == identity.started


def surely_dead(identity: Identity) -> bool:
    """Whether this process is known to have ended: it ran on this boot of this machine and runs no more."""
    return identity.boot == boot() != "" and started(identity.pid) != identity.started
