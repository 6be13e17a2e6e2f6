"""A Ray cluster as the engine (extra `ray`): one detached, named actor an attempt. Ray places, SQL decides.

The dispatcher may die and reconnect: the actors live on and are found by their names. ``max_restarts=0``:
only SQL decides on retries. A cluster that answers on other addresses than this machine's must ask for a token.
"""

import importlib
import ipaddress
import logging
import os
import socket
from collections.abc import Mapping, Sequence
from typing import Any

from backend.jobs.dispatcher.runner import Ended
from backend.jobs.queue.leases import InFlight
from backend.jobs.records import Capacity, Unit
from backend.settings import Settings
from models_zoo.errors import InvalidInput, Unavailable

NAMESPACE = "axiscope"
PREFIX = "axiscope-"
CONNECT_SECONDS = 1.0
MOST_UNITS = 256
log = logging.getLogger("axiscope.jobs")


def is_loopback(address: str) -> bool:
    """Whether ``host:port`` is on this machine."""
    host = address.rpartition(":")[0].strip("[]")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_cluster(settings: Settings) -> None:
    """Refuse what would lose jobs or open the machine to others.

    Raises
    ------
    InvalidInput
        If the address is missing, the cluster asks for no token, or its machines cannot reach the database or store.
    """
    address = settings.ray_address
    if not address.rpartition(":")[2].isdigit():
        raise InvalidInput(f"AXISCOPE_RAY_ADDRESS = {address!r}; allowed is host:port of the Ray head")
    if is_loopback(address):
        return
    if os.environ.get("RAY_AUTH_MODE") != "token":
        raise InvalidInput(
            f"the Ray cluster at {address} would run anyone's code: set RAY_AUTH_MODE=token here and on its machines"
        )
    if settings.database.startswith("sqlite"):
        raise InvalidInput(
            "a cluster of several machines cannot share SQLite: set AXISCOPE_DATABASE_URL to a PostgreSQL database"
        )
    if "://" not in settings.artifacts:
        raise InvalidInput(
            f"the machines of a cluster cannot reach the folder {settings.artifacts}: set AXISCOPE_ARTIFACTS_URL, "
            "e.g. to s3://bucket/jobs"
        )


class _Attempt:
    """What runs on the cluster: the same process entry as a local child, in an actor's process."""

    def run(self, unit: str, refs: list[str], environment: dict[str, str]) -> None:
        """Execute the unit's attempts in turn."""
        os.environ.update(environment)
        importlib.import_module("backend.commands.attempt").main([unit, *refs])


class RayRunner:
    """Runs units as actors.

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
            self._ray: Any = importlib.import_module("ray")
        except ImportError:
            raise Unavailable("Ray is not installed: pip install axiscope[ray]") from None
        self.scope = scope
        self._address = address
        self._environment = dict(environment)
        self._running: dict[str, tuple[Any, Any]] = {}
        self._taken: dict[str, tuple[float, float]] = {}
        self._actor: Any = None

    def healthy(self) -> bool:
        """Whether the head answers; a head that is away, or not there yet, is no proof that anything died."""
        host, _, port = self._address.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
        except OSError:
            return False
        return self._actor is not None or self._connect()

    def _connect(self) -> bool:
        """Join the cluster: a head whose port is open may still be starting."""
        try:
            self._ray.init(address=self._address, namespace=NAMESPACE, log_to_driver=False, logging_level="ERROR")
        except (OSError, RuntimeError, ValueError, self._ray.exceptions.RayError) as error:
            log.warning("the Ray head at %s takes no one yet: %s", self._address, _last_line(str(error)))
            self._ray.shutdown()
            return False
        self._actor = self._ray.remote(_Attempt)
        log.info("connected to the Ray cluster at %s with %s", self._address, self.capacity())
        return True

    def capacity(self) -> Capacity:
        """Everything the cluster has."""
        total = self._ray.cluster_resources()
        cpus = float(total.get("CPU", 0))
        return Capacity(cpus, float(total.get("GPU", 0)), min(int(cpus), MOST_UNITS))

    def free(self) -> Capacity:
        """What is left after the units that were submitted; Ray's own count lags behind."""
        total = self.capacity()
        cpus = total.cpus - sum(cpus for cpus, _ in self._taken.values())
        gpus = total.gpus - sum(gpus for _, gpus in self._taken.values())
        return Capacity(cpus, gpus, max(0, min(int(cpus), MOST_UNITS - len(self._taken))))

    def submit(self, unit: Unit) -> None:
        """Create the unit's actor; a name that is taken means that it was submitted before."""
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

    def adopt(self, flights: Sequence[InFlight]) -> list[Ended]:
        """Find the actors of an earlier dispatcher by their names."""
        ours = [flight for flight in flights if flight.scope == self.scope and flight.unit.name not in self._running]
        if not ours:
            return []
        names = self._names()
        gone = []
        for flight in ours:
            name = flight.unit.name
            if PREFIX + name in names and name not in self._running:
                self._running[name] = (self._ray.get_actor(PREFIX + name), None)
                self._taken[name] = (flight.unit.cpus, flight.unit.gpus)
            elif PREFIX + name not in names:
                gone.append(Ended(name, "its process on the cluster is gone", engine_lost=True))
        return gone

    def live(self) -> set[str]:
        """Units that have an actor."""
        return set(self._running)

    def poll(self) -> list[Ended]:
        """Units whose actor ended or died."""
        ended, names = [], None
        for unit, (actor, future) in list(self._running.items()):
            if future is not None:
                found = self._outcome(unit, actor, future)
            else:
                names = self._names() if names is None else names
                lost = Ended(unit, "its process on the cluster is gone", engine_lost=True)
                found = None if PREFIX + unit in names else lost
            if found is not None:
                self._drop(unit)
                ended.append(found)
        return ended

    def _outcome(self, unit: str, actor: Any, future: Any) -> Ended | None:
        if not self._ray.wait([future], timeout=0)[0]:
            return None
        errors = self._ray.exceptions
        try:
            self._ray.get(future)
        except errors.ActorUnavailableError:
            self._running[unit] = (actor, None)  # no proof of death: from now on the list of names tells
            return None
        except errors.ActorDiedError as error:
            text = str(error)
            return Ended(unit, f"its process on the cluster died: {_last_line(text)}", engine_lost=_blames_node(text))
        except errors.RayError as error:
            return Ended(unit, f"its process on the cluster failed: {_last_line(str(error))}")
        return Ended(unit, "its process ended without a verdict")

    def _drop(self, unit: str) -> None:
        actor, _ = self._running.pop(unit)
        self._taken.pop(unit, None)
        self._ray.kill(actor)

    def kill(self, unit: str) -> None:
        """Kill the unit's actor."""
        if unit in self._running:
            self._ray.kill(self._running[unit][0])

    def terminate(self, unit: str) -> None:
        """End the unit's actor; Ray knows no gentle way, the checkpoint is what remains."""
        self.kill(unit)


def _blames_node(text: str) -> bool:
    """Whether Ray says that the machine went, not the process alone."""
    return any(sign in text for sign in ("node died", "node was terminated", "node_died", "Node died", "its node"))


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return lines[-1][:300] if lines else "no message"


def make_ray_runner(settings: Settings) -> RayRunner:
    """Make the engine of the settings; it joins the cluster when its head answers.

    Raises
    ------
    InvalidInput
        If it cannot be used safely.
    """
    check_cluster(settings)
    environment = {name: value for name, value in os.environ.items() if name.startswith("AWS_") or name == "PYTHONPATH"}
    environment |= {key: value for key, value in settings.environment().items() if key != "AXISCOPE_HOME"}
    if is_loopback(settings.ray_address):
        environment["AXISCOPE_HOME"] = str(settings.home)
    return RayRunner(f"ray:{settings.ray_address}", settings.ray_address, environment)
