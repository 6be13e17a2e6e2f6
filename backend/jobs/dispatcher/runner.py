"""The contract between the dispatcher and an engine: an engine only places and watches processes."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from backend.jobs.queue.leases import InFlight
from backend.jobs.records import Capacity, Unit


class Ended(NamedTuple):
    """A unit whose process is gone, and how it went, for a person; ``engine_lost`` if the machine went too."""

    unit: str
    how: str
    engine_lost: bool = False


class JobRunner(Protocol):
    """What the dispatcher asks of an engine. No method decides anything: SQL does.

    Attributes
    ----------
    scope : str
        What it looks after, in the attempts' records.
    ends_with_dispatcher : bool
        Whether a graceful stop of the dispatcher hands its jobs back; a cluster's jobs run on.
    """

    scope: str
    ends_with_dispatcher: bool

    def healthy(self) -> bool:
        """Whether the engine answers. While it does not, nothing is claimed, renewed or killed."""
        ...

    def capacity(self) -> Capacity:
        """Everything it has."""
        ...

    def free(self) -> Capacity:
        """What it can still take."""
        ...

    def submit(self, unit: Unit) -> None:
        """Start the unit's process; at most once for a unit of this name."""

    def adopt(self, flights: Sequence[InFlight]) -> list[Ended]:
        """Take over units of an earlier dispatcher that still run; those that certainly run no more."""
        ...

    def live(self) -> set[str]:
        """Units that the engine holds."""
        ...

    def poll(self) -> list[Ended]:
        """Units that ended since the last call."""
        ...

    def kill(self, unit: str) -> None:
        """End the unit's process now; `poll` reports it."""

    def terminate(self, unit: str) -> None:
        """Ask the unit's process to save and hand its jobs back."""
