"""The dispatcher: crash-only. All it knows is in SQL or with the engine; it may die at any line and begin anew."""

import logging
import math
import socket
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace

from sqlalchemy.exc import DBAPIError

from backend.jobs import processes
from backend.jobs.database import Database, is_away
from backend.jobs.dispatcher.runner import Ended, JobRunner
from backend.jobs.queue import dispatchers, leases, submit, transitions
from backend.jobs.queue.leases import InFlight, Survey, claim
from backend.jobs.records import Blame, Capacity
from backend.settings import Settings

LINGER_SECONDS = 10.0
EXPAND_CHUNK = 1_000
log = logging.getLogger("axiscope.jobs")


class EngineAway(Exception):
    """Raised when an engine that was there has been away for long: start anew and connect again."""


@dataclass
class _Patience:
    """When to hold back: after an outage the workers need a chance to beat before leases count again."""

    reap_from: float = 0.0
    engine_answered: bool = False
    engine_away_since: float | None = None
    last_tick: float = field(default_factory=time.time)
    lingering: dict[str, float] = field(default_factory=dict)


class Dispatcher:
    """Takes jobs from the queue to an engine, and back when they die.

    Parameters
    ----------
    database : Database
    runner : JobRunner
    settings : Settings
    runs : callable
        Makes the jobs of a sweep, see `submit.expand`.
    chore : callable
        What else to do at every tick.
    """

    def __init__(
        self,
        database: Database,
        runner: JobRunner,
        settings: Settings,
        runs: submit.Runs,
        chore: Callable[[], None] = lambda: None,
    ) -> None:
        self.database, self.runner, self.settings, self.runs = database, runner, settings, runs
        self._chore = chore
        self.epoch: int | None = None
        self._lead_seconds = settings.lease_seconds / 4
        self._renewed = 0.0
        self._beaten = 0.0
        self._patience = _Patience()

    def run(self, stop: Callable[[], bool]) -> None:
        """Work until ``stop`` says so.

        Raises
        ------
        Superseded
            When another dispatcher took over.
        EngineAway
            When the engine has not answered for a lease's length.
        """
        while not stop():
            try:
                self.tick()
            except DBAPIError as error:
                if not is_away(error):
                    raise
                log.warning("the database is away, trying again: %s", type(error.orig).__name__)
                self._hold_back()
                time.sleep(min(1.0, self.settings.lease_seconds / 4))
            time.sleep(self.settings.tick_seconds)

    def tick(self) -> None:
        """One look at queue and engine, and what follows from it."""
        now = time.time()
        if now - self._patience.last_tick > self.settings.lease_seconds / 2:
            self._hold_back()  # this machine slept, and so did its workers
        self._patience.last_tick = now
        healthy = self._engine_answers()
        if not self._lead(healthy=healthy) or not healthy:
            return
        ended = self.runner.poll()
        seen = leases.survey(self.database, self.settings.cancel_grace_seconds)
        told = {each.unit for each in ended}
        ended += self.runner.adopt([flight for flight in seen.flights if flight.unit.name not in told])
        buried = {each.unit for each in ended}
        for each in ended:
            self._bury(each, seen)
        self._watch([flight for flight in seen.flights if flight.unit.name not in buried])
        if seen.claimable:
            if not self.runner.live():  # an idle machine also takes a job that is bigger than itself
                self._claim(replace(self.runner.free(), cpus=math.inf, units=1))
            self._claim(self.runner.free())
        if seen.unexpanded:
            submit.expand(self.database, self.runs, EXPAND_CHUNK)
        self._chore()

    def _claim(self, free: Capacity) -> None:
        for unit in claim(self.database, self.runner.scope, self.epoch or 0, free, self.settings.lease_seconds):
            try:
                self.runner.submit(unit)
            except OSError as error:  # no room, no memory: this machine's trouble, another one may do it
                log.warning("unit %s cannot be started: %s", unit.name, error)
                for ref in unit.refs:
                    transitions.requeue(self.database, ref, f"its process could not be started: {error}", "loss")

    def _hold_back(self) -> None:
        self._patience.reap_from = time.monotonic() + 2 * self.settings.beat_seconds

    def _engine_answers(self) -> bool:
        if self.runner.healthy():
            if self._patience.engine_away_since is not None:
                self._hold_back()
            self._patience.engine_away_since, self._patience.engine_answered = None, True
            return True
        if self._patience.engine_away_since is None:
            log.warning("the engine of %s does not answer: nothing is claimed until it does", self.runner.scope)
            self._patience.engine_away_since = time.monotonic()
        away = time.monotonic() - self._patience.engine_away_since
        if self._patience.engine_answered and away > self.settings.lease_seconds:
            raise EngineAway(self.runner.scope)
        return False

    def _lead(self, *, healthy: bool) -> bool:
        """Hold the scope's lease, or try to get it; whether it is held."""
        if self.epoch is None:
            me = processes.identify()
            holder = f"{socket.gethostname()}:{me.pid}"
            self.epoch = dispatchers.acquire(
                self.database, self.runner.scope, holder, me, dead=processes.surely_dead, seconds=self._lead_seconds
            )
            if self.epoch is None:
                return False
            self._renewed = 0.0
        if time.monotonic() - self._renewed > self._lead_seconds / 4:
            capacity = asdict(self.runner.capacity()) if healthy else {}
            dispatchers.renew(
                self.database,
                self.runner.scope,
                self.epoch,
                seconds=self._lead_seconds,
                healthy=healthy,
                capacity=capacity,
            )
            self._renewed = time.monotonic()
        return True

    def _bury(self, ended: Ended, seen: Survey) -> None:
        """Requeue what a process left behind: it answers for the job it was at, not for those behind it."""
        left = [flight for flight in seen.flights if flight.unit.name == ended.unit]
        guilty = next((flight for flight in left if flight.state == "running"), left[0] if left else None)
        for flight in left:
            blame: Blame = "loss" if ended.engine_lost else "fault"
            if flight is not guilty:
                blame = "none"
            state = transitions.requeue(self.database, flight.ref, ended.how, blame)
            log.warning("job %d, attempt %d: %s -> %s", *flight.ref, ended.how, state)

    def _watch(self, flights: list[InFlight]) -> None:
        live = self.runner.live()
        patient = time.monotonic() < self._patience.reap_from
        for flight in flights:
            held = flight.unit.name in live
            if flight.expired and not patient:
                self._take_away(flight, f"no sign of life for {self.settings.lease_seconds:g} s", "loss")
            elif flight.stalled and held and not patient:
                self._take_away(flight, f"no progress for {flight.stall_seconds:g} s", "fault")
            elif flight.overdue and flight.state == "leased":  # its process may be at another job of the pack
                transitions.requeue(self.database, flight.ref, "cancelled before it began", "none")
            elif flight.overdue and held:
                self.runner.kill(flight.unit.name)
        waiting = [f.ref for f in flights if f.state == "leased" and f.unit.name in live]
        if time.monotonic() - self._beaten > self.settings.beat_seconds:
            leases.renew(self.database, waiting, self.settings.lease_seconds)
            self._beaten = time.monotonic()
        self._release(live - {flight.unit.name for flight in flights})

    def _take_away(self, flight: InFlight, why: str, blame: Blame) -> None:
        state = transitions.requeue(self.database, flight.ref, why, blame)
        if state is not None:
            log.warning("job %d, attempt %d: %s -> %s", *flight.ref, why, state)
            self.runner.kill(flight.unit.name)

    def _release(self, idle: set[str]) -> None:
        """End processes that have no open attempt any more and do not go by themselves."""
        now = time.monotonic()
        since = {name: self._patience.lingering.get(name, now) for name in idle}
        self._patience.lingering = since
        for name, first in since.items():
            if now - first > LINGER_SECONDS:
                self.runner.kill(name)

    def hand_back(self, seconds: float) -> None:
        """End gracefully: every process saves and gives its jobs back to the queue; then let go of the scope."""
        steps = ((self.runner.terminate, seconds), (self.runner.kill, LINGER_SECONDS))
        for act, wait in steps if self.runner.ends_with_dispatcher else ():
            for name in self.runner.live():
                act(name)
            deadline = time.monotonic() + wait
            while self.runner.live() and time.monotonic() < deadline:
                self._forgive(self.runner.poll())
                time.sleep(0.05)
        if self.epoch is not None:
            dispatchers.release(self.database, self.runner.scope, self.epoch)

    def _forgive(self, ended: list[Ended]) -> None:
        names = {each.unit for each in ended}
        for flight in leases.survey(self.database, 0.0).flights if names else []:
            if flight.unit.name in names:
                transitions.requeue(self.database, flight.ref, "the dispatcher was stopped", "none")
