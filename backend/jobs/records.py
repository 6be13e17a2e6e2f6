"""What the modules of the queue hand to each other."""

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

Kind = Literal["train", "evaluate", "export"]
Signal = Literal["ok", "cancel", "lost"]
Verdict = Literal["succeeded", "failed", "cancelled"]
Blame = Literal["fault", "loss", "none"]


class Ref(NamedTuple):
    """One attempt of one job. ``attempt`` is the fencing token: it only rises."""

    job: int
    attempt: int


@dataclass(frozen=True)
class Unit:
    """What one process executes: one attempt, or a pack of short ones in turn."""

    name: str
    refs: tuple[Ref, ...]
    cpus: float
    gpus: float


@dataclass(frozen=True)
class Capacity:
    """What a runner can still take: CPU slots, GPU slots (fractions allowed) and processes."""

    cpus: float
    gpus: float
    units: int


@dataclass(frozen=True)
class NewJob:
    """A validated job that is about to be queued.

    Parameters
    ----------
    kind : {"train", "evaluate", "export"}
    name : str
        What the page calls it.
    spec : dict
        Resolved settings; JSON.
    spec_hash : str
        Digest of what decides the outcome.
    steps : int, optional
        Steps to do, for the progress bar.
    cpus, gpus : float
        Slots it occupies.
    pack : int
        How many jobs like this may share one process, one after the other.
    stall_seconds : float
        Longest time without progress before it counts as hung.
    followers : tuple of NewJob
        Jobs that wait for this one to succeed.
    """

    kind: Kind
    name: str
    spec: dict[str, Any]
    spec_hash: str
    steps: int | None = None
    priority: int = 0
    cpus: float = 1.0
    gpus: float = 0.0
    pack: int = 1
    stall_seconds: float = 900.0
    max_attempts: int = 3
    position: int | None = None
    followers: tuple["NewJob", ...] = field(default=())


@dataclass(frozen=True)
class Identity:
    """A process that cannot be mistaken for a later one with the same number."""

    pid: int
    started: str
    boot: str
