"""Contract between the dispatcher and an engine, which only places and watches processes."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from backend.jobs.queue.leases import ActiveAttempt
from backend.jobs.records import Capacity, WorkUnit

NO_OUTCOME = "its process ended without an outcome"


class ProcessExit(NamedTuple):
    """Exit of a unit's process, with its reason for people; ``engine_lost`` if the machine went too."""

    unit: str
    reason: str
    engine_lost: bool = False


class JobRunner(Protocol):
    """Engine of a dispatcher. No method decides on retries: SQL does.

    Attributes
    ----------
    scope : str
        Name of the machine or cluster in the attempts' records.
    ends_with_dispatcher : bool
        Whether a graceful stop of the dispatcher returns its jobs to the queue; a cluster's jobs run on.
    """

    scope: str
    ends_with_dispatcher: bool

    def healthy(self) -> bool:
        """Return whether the engine answers. While it does not, nothing is claimed, renewed or killed."""
        ...

    def capacity(self) -> Capacity:
        """Return the total resources."""
        ...

    def free(self) -> Capacity:
        """Return the free resources."""
        ...

    def submit(self, unit: WorkUnit) -> None:
        """Start the unit's process; at most once for a unit of this name."""

    def adopt(self, active: Sequence[ActiveAttempt]) -> list[ProcessExit]:
        """Take over units of an earlier dispatcher that run, and return those that certainly do not."""
        ...

    def live(self) -> set[str]:
        """Return the names of the units with a process."""
        ...

    def poll(self) -> list[ProcessExit]:
        """Return the units whose process ended since the last call."""
        ...

    def kill(self, unit: str) -> None:
        """End the unit's process now; `poll` reports it."""

    def terminate(self, unit: str) -> None:
        """Request the unit's process to save and return its jobs to the queue."""
