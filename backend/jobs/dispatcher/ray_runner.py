"""Engine of a Ray cluster (extra `ray`): a detached, named actor for each unit.

The actors outlive the dispatcher, and a later one finds them by their names. ``max_restarts=0``: only SQL decides on
retries. A cluster that listens on other addresses than this machine's must require a token.
"""

import importlib
import logging
import os
import socket
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from backend.jobs.dispatcher.runner import NO_OUTCOME, ProcessExit
from backend.jobs.queue.leases import ActiveAttempt
from backend.jobs.records import Capacity, WorkUnit
from backend.settings import Settings, is_loopback
from models_zoo.errors import InvalidInput, Unavailable

NAMESPACE = "axiscope"
PREFIX = "axiscope-"
CONNECT_SECONDS = 1.0
MAX_UNITS = 256
log = logging.getLogger("axiscope.jobs")


def _is_local(address: str) -> bool:
    """Return whether ``host:port`` is on this machine."""
    return is_loopback(address.rpartition(":")[0].strip("[]"))


def check_cluster(settings: Settings) -> None:
    """Refuse a cluster that would lose jobs or run code of any client.

    Raises
    ------
    InvalidInput
        If the address is missing, the cluster requires no token, or its machines cannot reach the database or store.
    """
    address = settings.ray_address
    if not address.rpartition(":")[2].isdigit():
        raise InvalidInput(f"AXISCOPE_RAY_ADDRESS: got {address!r}; allowed: host:port of the Ray head")
    if _is_local(address):
        return
    if os.environ.get("RAY_AUTH_MODE") != "token":
        raise InvalidInput(
            f"got the Ray cluster at {address}, which runs code of any client; allowed: clusters with "
            "RAY_AUTH_MODE=token; set that here and on its machines"
        )
    if settings.database.startswith("sqlite"):
        raise InvalidInput(
            "got SQLite, which a cluster of several machines cannot share; allowed: PostgreSQL; set "
            "AXISCOPE_DATABASE_URL"
        )
    if "://" not in settings.artifacts:
        raise InvalidInput(
            f"got the folder {settings.artifacts}, which the machines of a cluster cannot reach; allowed: a store "
            "that they share; set AXISCOPE_ARTIFACTS_URL, e.g. to s3://bucket/jobs"
        )


class _Attempt:
    """Actor of a unit, with the same entry point as a local child process."""

    def run(self, unit: str, refs: list[str], environment: dict[str, str]) -> None:
        """Execute the unit's attempts in turn."""
        os.environ.update(environment)
        importlib.import_module("backend.commands.attempt").main([unit, *refs])


class RayRunner:
    """Engine that runs units as actors.

    Parameters
    ----------
    scope : str
        Name of the cluster in the attempts' records.
    address : str
        ``host:port`` of the head.
    environment : mapping
        Variables of the attempts.
    """

    ends_with_dispatcher = False

    def __init__(self, scope: str, address: str, environment: Mapping[str, str]) -> None:
        try:
            self._ray: ModuleType = importlib.import_module("ray")
        except ImportError:
            raise Unavailable(
                "got the engine Ray, which is not installed; allowed: installed engines; pip install axiscope[ray]"
            ) from None
        self.scope = scope
        self._address = address
        self._environment = dict(environment)
        self._running: dict[str, tuple[object, object | None]] = {}
        self._taken: dict[str, tuple[float, float]] = {}
        self._actor: Any = None

    def healthy(self) -> bool:
        """Return whether the head answers; one that does not is no proof that a process died."""
        host, _, port = self._address.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
        except OSError:
            return False
        return self._actor is not None or self._connect()

    def _connect(self) -> bool:
        """Connect to the cluster and return whether it accepted: a head with an open port may still be starting."""
        try:
            self._ray.init(address=self._address, namespace=NAMESPACE, log_to_driver=False, logging_level="ERROR")
        except (OSError, RuntimeError, ValueError, self._ray.exceptions.RayError) as error:
            log.warning("Ray head not ready address=%s error=%s", self._address, _last_line(str(error)))
            self._ray.shutdown()
            return False
        self._actor = self._ray.remote(_Attempt)
        log.info("Ray cluster connected address=%s capacity=%s", self._address, self.capacity())
        return True

    def capacity(self) -> Capacity:
        """Return the resources of the cluster."""
        total = self._ray.cluster_resources()
        cpus = float(total.get("CPU", 0))
        return Capacity(cpus, float(total.get("GPU", 0)), min(int(cpus), MAX_UNITS))

    def free(self) -> Capacity:
        """Return the resources left by the submitted units; Ray's own count lags behind."""
        total = self.capacity()
        cpus = total.cpus - sum(cpus for cpus, _ in self._taken.values())
        gpus = total.gpus - sum(gpus for _, gpus in self._taken.values())
        return Capacity(cpus, gpus, max(0, min(int(cpus), MAX_UNITS - len(self._taken))))

    def submit(self, unit: WorkUnit) -> None:
        """Create the unit's actor, unless one of its name exists."""
        if unit.name in self._running:
            return
        options = self._actor.options(
            name=PREFIX + unit.name,
            lifetime="detached",
            num_cpus=unit.cpus,
            num_gpus=unit.gpus,
            max_restarts=0,
            max_task_retries=0,
        )
        try:
            actor = options.remote()
        except ValueError:
            actor, future = self._ray.get_actor(PREFIX + unit.name), None
        else:
            refs = [f"{ref.job}:{ref.attempt}" for ref in unit.refs]
            future = actor.run.remote(unit.name, refs, self._environment)
        self._running[unit.name] = (actor, future)
        self._taken[unit.name] = (unit.cpus, unit.gpus)

    def _names(self) -> set[str]:
        return {name for name in self._ray.util.list_named_actors() if name.startswith(PREFIX)}

    def adopt(self, active: Sequence[ActiveAttempt]) -> list[ProcessExit]:
        """Find the actors of an earlier dispatcher by their names."""
        unknown = [each.unit for each in active if each.scope == self.scope and each.unit.name not in self._running]
        if not unknown:
            return []
        names = self._names()
        exits = []
        for unit in unknown:
            if PREFIX + unit.name not in names:
                exits.append(_lost(unit.name))
            elif unit.name not in self._running:
                self._running[unit.name] = (self._ray.get_actor(PREFIX + unit.name), None)
                self._taken[unit.name] = (unit.cpus, unit.gpus)
        return exits

    def live(self) -> set[str]:
        """Return the names of the units with an actor."""
        return set(self._running)

    def poll(self) -> list[ProcessExit]:
        """Return the units whose actor ended since the last call."""
        exits, names = [], None
        for unit, (actor, future) in list(self._running.items()):
            if future is not None:
                found = self._exit(unit, actor, future)
            else:
                names = self._names() if names is None else names
                found = None if PREFIX + unit in names else _lost(unit)
            if found is not None:
                self._drop(unit)
                exits.append(found)
        return exits

    def _exit(self, unit: str, actor: object, future: object) -> ProcessExit | None:
        if not self._ray.wait([future], timeout=0)[0]:
            return None
        errors = self._ray.exceptions
        try:
            self._ray.get(future)
        except errors.ActorUnavailableError:
            self._running[unit] = (actor, None)  # no proof of death: from now on the list of names decides
            return None
        except errors.ActorDiedError as error:
            text = str(error)
            reason = f"its process on the cluster died: {_last_line(text)}"
            return ProcessExit(unit, reason, engine_lost=_node_died(text))
        except errors.RayError as error:
            return ProcessExit(unit, f"its process on the cluster failed: {_last_line(str(error))}")
        return ProcessExit(unit, NO_OUTCOME)

    def _drop(self, unit: str) -> None:
        actor, _ = self._running.pop(unit)
        self._taken.pop(unit, None)
        self._ray.kill(actor)

    def kill(self, unit: str) -> None:
        """Kill the unit's actor."""
        if unit in self._running:
            self._ray.kill(self._running[unit][0])

    def terminate(self, unit: str) -> None:
        """Kill the unit's actor: Ray has no gentle way, so the job resumes from its checkpoint."""
        self.kill(unit)


def _lost(unit: str) -> ProcessExit:
    return ProcessExit(unit, "its process on the cluster is gone", engine_lost=True)


def _node_died(text: str) -> bool:
    """Return whether Ray's message is about the machine, not the process alone."""
    return any(sign in text for sign in ("node died", "node was terminated", "node_died", "Node died", "its node"))


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return lines[-1][:300] if lines else "no message"


def make_ray_runner(settings: Settings) -> RayRunner:
    """Return the engine of the settings; it connects when the head of the cluster answers.

    Raises
    ------
    InvalidInput
        If the cluster cannot be used safely.
    """
    check_cluster(settings)
    environment = {name: value for name, value in os.environ.items() if name.startswith("AWS_") or name == "PYTHONPATH"}
    environment |= {key: value for key, value in settings.environment().items() if key != "AXISCOPE_HOME"}
    if _is_local(settings.ray_address):
        environment["AXISCOPE_HOME"] = str(settings.home)
    return RayRunner(f"ray:{settings.ray_address}", settings.ray_address, environment)
