"""Leases of attempts: claimed by a dispatcher, by priority and then by age, read as one snapshot, renewed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from backend.db.base import NOW
from backend.db.engine import Database
from backend.jobs.queue.dispatchers import Superseded
from backend.jobs.queue.events import append_events
from backend.jobs.records import AttemptRef, Capacity, ProcessIdentity, WorkUnit
from backend.jobs.tables import ACTIVE, attempts, dispatchers, jobs, sweeps

WINDOW = 64
CLAIM_LOCK = 0x61786973
_CLAIMABLE = (jobs.c.state == "queued", jobs.c.blocked == sa.false(), jobs.c.not_before <= NOW)
_PACKED_BY = ("kind", "sweep_id", "cpus", "gpus", "pack")
_GRACE_SECONDS = sa.bindparam("grace_seconds", type_=sa.Double)
# The statements of `snapshot`, which every dispatcher executes several times a second, are built once.
_ACTIVE_ATTEMPTS = (
    sa.select(
        *(jobs.c[name] for name in ("id", "attempt", "state", "cpus", "gpus", "stall_seconds")),
        *(attempts.c[name] for name in ("unit", "scope", "pid", "pid_started", "boot", "device")),
        (jobs.c.lease_until < NOW).label("expired"),
        (jobs.c.progress_at < NOW - jobs.c.stall_seconds).label("stalled"),
        sa.func.coalesce(jobs.c.cancel_requested_at < NOW - _GRACE_SECONDS, sa.false()).label("overdue"),
    )
    .join(attempts, sa.and_(attempts.c.job_id == jobs.c.id, attempts.c.attempt == jobs.c.attempt))
    .where(jobs.c.state.in_(ACTIVE))
    .order_by(jobs.c.id)
)
_ANY_CLAIMABLE = sa.select(jobs.c.id).where(*_CLAIMABLE).limit(1)
_ANY_UNEXPANDED = sa.select(sweeps.c.id).where(sweeps.c.expanded < sweeps.c.total, sa.not_(sweeps.c.cancelled)).limit(1)


@dataclass(frozen=True)
class ActiveAttempt:
    """A leased or running attempt.

    Parameters
    ----------
    expired : bool
        Whether its lease ran out.
    stalled : bool
        Whether it made no step for ``stall_seconds``.
    overdue : bool
        Whether it did not stop within the grace period of a cancel request.
    """

    ref: AttemptRef
    unit: WorkUnit
    state: str
    scope: str
    identity: ProcessIdentity | None
    device: str
    stall_seconds: float
    expired: bool
    stalled: bool
    overdue: bool


@dataclass(frozen=True)
class QueueSnapshot:
    """All active attempts, whether a job can be claimed, and whether a sweep has rows to make."""

    active: list[ActiveAttempt]
    claimable: bool
    unexpanded: bool


def claim(database: Database, scope: str, epoch: int, free: Capacity, lease_seconds: float) -> list[WorkUnit]:
    """Lease the jobs that fit into ``free``: queued -> leased, ``attempt`` + 1.

    Raises
    ------
    Superseded
        If ``epoch`` is no longer the one in force for ``scope``; nothing is claimed then.
    """
    units: list[WorkUnit] = []
    if free.units <= 0:
        return units
    with database.write() as connection:
        if not database.is_sqlite:  # claims take turns, as they do on SQLite: limits of sweeps are then exact
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(CLAIM_LOCK)))
        current = connection.execute(sa.select(dispatchers.c.epoch).where(dispatchers.c.scope == scope)).scalar()
        if current != epoch:
            raise Superseded(scope)
        while free.units > 0:
            pack = _next_pack(_candidates(connection, free, _full_sweeps(connection)))
            if not pack:
                break
            unit = _lease(connection, scope, pack, lease_seconds)
            units.append(unit)
            free = replace(free, cpus=free.cpus - unit.cpus, gpus=free.gpus - unit.gpus, units=free.units - 1)
    return units


def _full_sweeps(connection: sa.Connection) -> Sequence[int]:
    """Return the sweeps that have ``max_parallel`` processes."""
    query = (
        sa.select(jobs.c.sweep_id)
        .join(sweeps, sweeps.c.id == jobs.c.sweep_id)
        .where(jobs.c.state.in_(ACTIVE), sweeps.c.max_parallel.is_not(None))
        .group_by(jobs.c.sweep_id, sweeps.c.max_parallel)
        .having(sa.func.count(sa.distinct(jobs.c.unit)) >= sweeps.c.max_parallel)
    )
    return connection.execute(query).scalars().all()


def _candidates(connection: sa.Connection, free: Capacity, full: Sequence[int]) -> Sequence[sa.RowMapping]:
    columns = (jobs.c.id, jobs.c.attempt, *(jobs.c[name] for name in _PACKED_BY))
    query = sa.select(*columns).where(*_CLAIMABLE, jobs.c.cpus <= free.cpus, jobs.c.gpus <= free.gpus)
    if full:
        query = query.where(sa.or_(jobs.c.sweep_id.is_(None), jobs.c.sweep_id.not_in(full)))
    query = query.order_by(jobs.c.priority.desc(), jobs.c.id).limit(WINDOW)
    return connection.execute(query.with_for_update(skip_locked=True)).mappings().all()


def _next_pack(rows: Sequence[sa.RowMapping]) -> list[sa.RowMapping]:
    """Return the first job, with the similar ones behind it that may share its process."""
    similar = [row for row in rows if all(row[name] == rows[0][name] for name in _PACKED_BY)]
    return similar[: rows[0]["pack"]] if rows else []


def _lease(connection: sa.Connection, scope: str, pack: list[sa.RowMapping], lease_seconds: float) -> WorkUnit:
    refs = tuple(AttemptRef(row["id"], row["attempt"] + 1) for row in pack)
    name = f"{refs[0].job}-{refs[0].attempt}"
    ids = [ref.job for ref in refs]
    lease = {"state": "leased", "unit": name, "lease_until": NOW + lease_seconds, "progress_at": NOW}
    connection.execute(jobs.update().where(jobs.c.id.in_(ids)).values(attempt=jobs.c.attempt + 1, **lease))
    rows = [{"job_id": ref.job, "attempt": ref.attempt, "unit": name, "scope": scope} for ref in refs]
    connection.execute(attempts.insert(), rows)
    append_events(connection, ids, "leased", {"scope": scope})
    return WorkUnit(name, refs, pack[0]["cpus"], pack[0]["gpus"])


def snapshot(database: Database, grace_seconds: float) -> QueueSnapshot:
    """Read the whole queue in one transaction.

    Parameters
    ----------
    database : Database
    grace_seconds : float
        Time that an attempt has to stop after a cancel request.
    """
    with database.read() as connection:
        return QueueSnapshot(
            [
                _active_attempt(row)
                for row in connection.execute(_ACTIVE_ATTEMPTS, {"grace_seconds": grace_seconds}).mappings()
            ],
            connection.execute(_ANY_CLAIMABLE).first() is not None,
            connection.execute(_ANY_UNEXPANDED).first() is not None,
        )


def _active_attempt(row: sa.RowMapping) -> ActiveAttempt:
    identity = None if row["pid"] is None else ProcessIdentity(row["pid"], row["pid_started"], row["boot"])
    return ActiveAttempt(
        AttemptRef(row["id"], row["attempt"]),
        WorkUnit(row["unit"], (), row["cpus"], row["gpus"]),
        row["state"],
        row["scope"],
        identity,
        row["device"] or "",
        stall_seconds=row["stall_seconds"],
        expired=bool(row["expired"]),
        stalled=bool(row["stalled"]),
        overdue=bool(row["overdue"]),
    )


def renew(database: Database, refs: Sequence[AttemptRef], lease_seconds: float) -> None:
    """Renew the leases of attempts that were submitted and have not begun."""
    if not refs:
        return
    with database.write() as connection:
        for ref in refs:
            leased = sa.and_(jobs.c.id == ref.job, jobs.c.attempt == ref.attempt, jobs.c.state == "leased")
            connection.execute(jobs.update().where(leased).values(lease_until=NOW + lease_seconds))
