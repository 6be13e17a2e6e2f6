"""Dispatcher: leases jobs and starts, watches and ends their processes. All of its state is in SQL or in the engine."""

import logging
import math
import socket
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace

from backend.db.engine import Database, DatabaseUnavailable
from backend.jobs import processes
from backend.jobs.dispatcher.runner import JobRunner, ProcessExit
from backend.jobs.queue import dispatchers, leases, study_jobs, submit, transitions
from backend.jobs.queue.leases import ActiveAttempt
from backend.jobs.records import Capacity, FailureCause
from backend.settings import Settings

IDLE_SECONDS = 10.0
STOPPED = "the dispatcher was stopped"
log = logging.getLogger("axiscope.jobs")


class EngineUnavailable(Exception):
    """Raised when a connected engine has not answered for a lease's length: start again and reconnect."""


@dataclass
class GracePeriod:
    """State of the grace period, in which attempts have time to renew their leases after an outage."""

    until: float = 0.0
    engine_connected: bool = False
    engine_lost_at: float | None = None
    last_tick: float = field(default_factory=time.time)
    idle_since: dict[str, float] = field(default_factory=dict)


class Dispatcher:
    """Dispatcher of one engine.

    Parameters
    ----------
    database : Database
    runner : JobRunner
    settings : Settings
    periodic_task : callable
        Is called at the end of every tick.
    """

    def __init__(
        self,
        database: Database,
        runner: JobRunner,
        settings: Settings,
        periodic_task: Callable[[], None] = lambda: None,
    ) -> None:
        self.database, self.runner, self.settings = database, runner, settings
        self._periodic_task = periodic_task
        self.epoch: int | None = None
        self._lead_seconds = settings.lease_seconds / 4
        self._lead_renewed_at = 0.0
        self._leases_renewed_at = 0.0
        self._grace = GracePeriod()

    def run(self, stop: Callable[[], bool]) -> None:
        """Tick until ``stop`` returns True.

        Raises
        ------
        Superseded
            When another dispatcher took over.
        EngineUnavailable
            When the engine has not answered for a lease's length.
        """
        while not stop():
            try:
                self.tick()
            except DatabaseUnavailable as error:
                log.warning("database unavailable, retrying error=%s", type(error.orig).__name__)
                self._start_grace_period()
                time.sleep(min(1.0, self.settings.lease_seconds / 4))
            time.sleep(self.settings.tick_seconds)

    def tick(self) -> None:
        """Read queue and engine once, and act on them."""
        now = time.time()
        if now - self._grace.last_tick > self.settings.lease_seconds / 2:
            self._start_grace_period()  # this machine was suspended, and its attempts with it
        self._grace.last_tick = now
        healthy = self._check_engine()
        if not self._hold_scope(healthy=healthy) or not healthy:
            return
        exits = self.runner.poll()
        queue = leases.snapshot(self.database, self.settings.cancel_grace_seconds)
        polled = {each.unit for each in exits}
        exits += self.runner.adopt([each for each in queue.active if each.unit.name not in polled])
        exited = {each.unit for each in exits}
        for each in exits:
            self._requeue_exited(each, [attempt for attempt in queue.active if attempt.unit.name == each.unit])
        self._check_attempts([each for each in queue.active if each.unit.name not in exited])
        if queue.claimable:
            if not self.runner.live():  # an idle machine also takes a job that is bigger than itself
                self._claim(replace(self.runner.free(), cpus=math.inf, units=1))
            self._claim(self.runner.free())
        if queue.unexpanded:
            submit.expand(self.database, study_jobs.jobs_of)
        self._periodic_task()

    def _claim(self, free: Capacity) -> None:
        units = leases.claim(self.database, self.runner.scope, self.epoch or 0, free, self.settings.lease_seconds)
        for unit in units:
            try:
                self.runner.submit(unit)
            except OSError as error:  # this machine has no room or memory; another one may have
                log.warning("process not started unit=%s error=%s", unit.name, error)
                for ref in unit.refs:
                    transitions.requeue(self.database, ref, f"its process could not be started: {error}", "loss")

    def _start_grace_period(self) -> None:
        self._grace.until = time.monotonic() + 2 * self.settings.beat_seconds

    def _check_engine(self) -> bool:
        """Return whether the engine answers."""
        grace = self._grace
        if self.runner.healthy():
            if grace.engine_lost_at is not None:
                self._start_grace_period()
            grace.engine_lost_at, grace.engine_connected = None, True
            return True
        if grace.engine_lost_at is None:
            log.warning("engine does not answer, nothing is claimed until it does scope=%s", self.runner.scope)
            grace.engine_lost_at = time.monotonic()
        lost_seconds = time.monotonic() - grace.engine_lost_at
        if grace.engine_connected and lost_seconds > self.settings.lease_seconds:
            raise EngineUnavailable(self.runner.scope)
        return False

    def _hold_scope(self, *, healthy: bool) -> bool:
        """Acquire or renew the lease of the scope and return whether it is held."""
        scope, seconds = self.runner.scope, self._lead_seconds
        if self.epoch is None:
            process = processes.identify()
            holder = f"{socket.gethostname()}:{process.pid}"
            self.epoch = dispatchers.acquire(
                self.database, scope, holder, process, has_exited=processes.has_exited, seconds=seconds
            )
            if self.epoch is None:
                return False
            self._lead_renewed_at = 0.0
        if time.monotonic() - self._lead_renewed_at > seconds / 4:
            capacity = asdict(self.runner.capacity()) if healthy else {}
            dispatchers.renew(self.database, scope, self.epoch, seconds=seconds, healthy=healthy, capacity=capacity)
            self._lead_renewed_at = time.monotonic()
        return True

    def _requeue_exited(self, exited: ProcessExit, left: list[ActiveAttempt]) -> None:
        """Requeue the attempts ``left`` by a process; the failure counts for the running one alone."""
        running_attempt = next((each for each in left if each.state == "running"), left[0] if left else None)
        cause: FailureCause = "loss" if exited.engine_lost else "fault"
        for attempt in left:
            self._requeue(attempt, exited.reason, cause if attempt is running_attempt else "none")

    def _requeue(self, attempt: ActiveAttempt, reason: str, cause: FailureCause) -> str | None:
        state = transitions.requeue(self.database, attempt.ref, reason, cause)
        if state is not None:
            log.warning("attempt ended job=%d attempt=%d state=%s reason=%s", *attempt.ref, state, reason)
        return state

    def _check_attempts(self, active: list[ActiveAttempt]) -> None:
        """Revoke attempts that expired, stalled or did not stop, and renew the leases of those not begun."""
        live = self.runner.live()
        in_grace_period = time.monotonic() < self._grace.until
        for attempt in active:
            held = attempt.unit.name in live
            if attempt.expired and not in_grace_period:
                self._revoke_attempt(attempt, f"no sign of life for {self.settings.lease_seconds:g} s", "loss")
            elif attempt.stalled and held and not in_grace_period:
                self._revoke_attempt(attempt, f"no progress for {attempt.stall_seconds:g} s", "fault")
            elif attempt.overdue and attempt.state == "leased":  # its process may be at another job of the pack
                transitions.requeue(self.database, attempt.ref, "cancelled before it began", "none")
            elif attempt.overdue and held:
                self.runner.kill(attempt.unit.name)
        if time.monotonic() - self._leases_renewed_at > self.settings.beat_seconds:
            waiting = [each.ref for each in active if each.state == "leased" and each.unit.name in live]
            leases.renew(self.database, waiting, self.settings.lease_seconds)
            self._leases_renewed_at = time.monotonic()
        self._kill_idle(live - {attempt.unit.name for attempt in active})

    def _revoke_attempt(self, attempt: ActiveAttempt, reason: str, cause: FailureCause) -> None:
        if self._requeue(attempt, reason, cause) is not None:
            self.runner.kill(attempt.unit.name)

    def _kill_idle(self, idle: set[str]) -> None:
        """Kill processes without an active attempt that do not exit by themselves."""
        now = time.monotonic()
        self._grace.idle_since = {name: self._grace.idle_since.get(name, now) for name in idle}
        for name, since in self._grace.idle_since.items():
            if now - since > IDLE_SECONDS:
                self.runner.kill(name)

    def return_to_queue(self, seconds: float) -> None:
        """Have every process save and return its jobs to the queue within ``seconds``, then release the scope."""
        steps = ((self.runner.terminate, seconds), (self.runner.kill, IDLE_SECONDS))
        for end, wait in steps if self.runner.ends_with_dispatcher else ():
            for name in self.runner.live():
                end(name)
            deadline = time.monotonic() + wait
            while self.runner.live() and time.monotonic() < deadline:
                self._requeue_without_penalty({each.unit for each in self.runner.poll()})
                time.sleep(0.05)
        if self.epoch is not None:
            dispatchers.release(self.database, self.runner.scope, self.epoch)

    def _requeue_without_penalty(self, exited: set[str]) -> None:
        for attempt in leases.snapshot(self.database, 0.0).active if exited else []:
            if attempt.unit.name in exited:
                transitions.requeue(self.database, attempt.ref, STOPPED, "none")
