"""Records that the modules of the queue pass to each other."""

import hashlib
import json
from dataclasses import dataclass
from typing import Literal, NamedTuple

from sqlalchemy import RowMapping

from models_zoo.json_types import JsonObject

Kind = Literal["train", "evaluate", "export", "verify"]
Signal = Literal["ok", "cancel", "lost"]
Outcome = Literal["succeeded", "failed", "cancelled"]
FailureCause = Literal["fault", "loss", "none"]
Row = RowMapping | JsonObject
"""Row of a table by column name; the columns in `tables` give the types of its values."""


class AttemptRef(NamedTuple):
    """One attempt of one job. ``attempt`` is the fencing token: it only rises."""

    job: int
    attempt: int


@dataclass(frozen=True)
class WorkUnit:
    """Attempts that one process executes: one, or a pack of short ones in turn."""

    name: str
    refs: tuple[AttemptRef, ...]
    cpus: float
    gpus: float


@dataclass(frozen=True)
class Capacity:
    """Free or total resources of a runner: CPU slots, GPU slots (fractions allowed) and processes.

    ``gpu_bytes`` is the memory of the smallest GPU; 0 where it is not known.
    """

    cpus: float
    gpus: float
    units: int
    gpu_bytes: int = 0


@dataclass(frozen=True)
class NewJob:
    """A validated job that is about to be queued.

    Parameters
    ----------
    kind : {"train", "evaluate", "export", "verify"}
    name : str
        Title on the page.
    spec : dict
        Resolved settings; JSON.
    spec_hash : str
        Digest of the settings that decide the outcome.
    steps : int, optional
        Steps to do, for the progress bar.
    cpus, gpus : float
        Slots that it occupies.
    pack : int
        Number of jobs like this that may share one process, one after the other.
    stall_seconds : float
        Longest time without progress before it counts as hung.
    dependents : tuple of NewJob
        Jobs that are blocked until this one succeeds.
    waits_for : str or None
        ``spec_hash`` of the training run whose result this one needs; it stays blocked while that run is unfinished.
    """

    kind: Kind
    name: str
    spec: JsonObject
    spec_hash: str
    steps: int | None = None
    priority: int = 0
    cpus: float = 1.0
    gpus: float = 0.0
    pack: int = 1
    stall_seconds: float = 900.0
    max_attempts: int = 3
    position: int | None = None
    dependents: tuple["NewJob", ...] = ()
    waits_for: str | None = None


def json_digest(value: object) -> str:
    """Return the SHA-256 of a JSON value, the same for any order of its keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class ProcessIdentity:
    """Identity of a process that no later process with the same number shares."""

    pid: int
    started: str
    boot: str
