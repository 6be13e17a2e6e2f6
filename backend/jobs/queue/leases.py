"""Leases of attempts: claimed by a dispatcher, by priority and then by age, read as one snapshot, renewed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from backend.jobs.database import NOW, Database
from backend.jobs.queue.dispatchers import Superseded
from backend.jobs.queue.events import note
from backend.jobs.records import Capacity, Identity, Ref, Unit
from backend.jobs.tables import ACTIVE, attempts, dispatchers, jobs, sweeps

WINDOW = 64
CLAIM_LOCK = 0x61786973


def claim(database: Database, scope: str, epoch: int, free: Capacity, lease_seconds: float) -> list[Unit]:
    """Lease what fits into ``free``: queued -> leased, ``attempt`` + 1.

    Raises
    ------
    Superseded
        If ``epoch`` is no longer the one in force for ``scope``; nothing is claimed then.
    """
    units: list[Unit] = []
    if free.units <= 0:
        return units
    with database.write() as connection:
        if not database.is_sqlite:  # claims take turns, as they do on SQLite: limits of sweeps are then exact
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(CLAIM_LOCK)))
        held = connection.execute(sa.select(dispatchers.c.epoch).where(dispatchers.c.scope == scope)).scalar()
        if held != epoch:
            raise Superseded(scope)
        while free.units > 0:
            busy = _busy_sweeps(connection)
            pack = _next_pack(_candidates(connection, free, busy))
            if not pack:
                break
            units.append(_lease(connection, scope, pack, lease_seconds))
            free = replace(free, cpus=free.cpus - pack[0].cpus, gpus=free.gpus - pack[0].gpus, units=free.units - 1)
    return units


def _busy_sweeps(connection: sa.Connection) -> list[int]:
    """Sweeps that have as many processes running as they may."""
    query = (
        sa.select(jobs.c.sweep_id)
        .join(sweeps, sweeps.c.id == jobs.c.sweep_id)
        .where(jobs.c.state.in_(ACTIVE), sweeps.c.max_parallel.is_not(None))
        .group_by(jobs.c.sweep_id, sweeps.c.max_parallel)
        .having(sa.func.count(sa.distinct(jobs.c.unit)) >= sweeps.c.max_parallel)
    )
    return list(connection.execute(query).scalars())


def _candidates(connection: sa.Connection, free: Capacity, busy: list[int]) -> Sequence[Any]:
    columns = (jobs.c.id, jobs.c.kind, jobs.c.attempt, jobs.c.sweep_id, jobs.c.cpus, jobs.c.gpus, jobs.c.pack)
    query = sa.select(*columns).where(
        jobs.c.state == "queued",
        jobs.c.blocked == sa.false(),
        jobs.c.not_before <= NOW,
        jobs.c.cpus <= free.cpus,
        jobs.c.gpus <= free.gpus,
    )
    if busy:
        query = query.where(sa.or_(jobs.c.sweep_id.is_(None), jobs.c.sweep_id.not_in(busy)))
    query = query.order_by(jobs.c.priority.desc(), jobs.c.id).limit(WINDOW)
    return connection.execute(query.with_for_update(skip_locked=True)).all()


def _next_pack(rows: Sequence[Any]) -> list[Any]:
    """Pick the first job, and the like ones behind it that may share its process."""
    if not rows:
        return []
    first = rows[0]
    like = [row for row in rows if row[1] == first.kind and row[3:] == first[3:]]
    return like[: first.pack]


def _lease(connection: sa.Connection, scope: str, pack: list[Any], lease_seconds: float) -> Unit:
    refs = tuple(Ref(row.id, row.attempt + 1) for row in pack)
    name = f"{refs[0].job}-{refs[0].attempt}"
    connection.execute(
        jobs.update()
        .where(jobs.c.id.in_([ref.job for ref in refs]))
        .values(state="leased", attempt=jobs.c.attempt + 1, unit=name, lease_until=NOW + lease_seconds, progress_at=NOW)
    )
    rows = [{"job_id": ref.job, "attempt": ref.attempt, "unit": name, "scope": scope} for ref in refs]
    connection.execute(attempts.insert().values(leased_at=NOW), rows)
    note(connection, [ref.job for ref in refs], "leased", {"scope": scope})
    return Unit(name, refs, pack[0].cpus, pack[0].gpus)


@dataclass(frozen=True)
class InFlight:
    """An attempt that has not ended, as the database sees it.

    ``expired``: its lease ran out. ``stalled``: it made no step for ``stall_seconds``. ``overdue``: it was
    asked to stop and has not.
    """

    ref: Ref
    unit: Unit
    state: str
    scope: str
    identity: Identity | None
    device: str
    stall_seconds: float
    expired: bool
    stalled: bool
    overdue: bool


@dataclass(frozen=True)
class Survey:
    """All attempts in flight, whether a job could be claimed, whether a sweep has rows to make."""

    flights: list[InFlight]
    claimable: bool
    unexpanded: bool


def survey(database: Database, grace_seconds: float) -> Survey:
    """Look at the whole queue once, in one transaction.

    Parameters
    ----------
    database : Database
    grace_seconds : float
        How long an attempt that was asked to stop may take.
    """
    ours = (jobs.c.id, jobs.c.attempt, jobs.c.state, jobs.c.cpus, jobs.c.gpus, jobs.c.stall_seconds)
    theirs = (attempts.c.unit, attempts.c.scope, attempts.c.pid, attempts.c.pid_started, attempts.c.boot)
    flags = (
        (jobs.c.lease_until < NOW).label("expired"),
        (jobs.c.progress_at < NOW - jobs.c.stall_seconds).label("stalled"),
        sa.func.coalesce(jobs.c.cancel_requested_at < NOW - grace_seconds, sa.false()).label("overdue"),
    )
    flying = (
        sa.select(*ours, *theirs, attempts.c.device, *flags)
        .join(attempts, sa.and_(attempts.c.job_id == jobs.c.id, attempts.c.attempt == jobs.c.attempt))
        .where(jobs.c.state.in_(ACTIVE))
        .order_by(jobs.c.id)
    )
    queued = sa.select(jobs.c.id).where(
        jobs.c.state == "queued", jobs.c.blocked == sa.false(), jobs.c.not_before <= NOW
    )
    unfinished = sa.select(sweeps.c.id).where(sweeps.c.expanded < sweeps.c.total, sa.not_(sweeps.c.cancelled))
    with database.read() as connection:
        return Survey(
            [_flight(row) for row in connection.execute(flying).mappings()],
            connection.execute(queued.limit(1)).first() is not None,
            connection.execute(unfinished.limit(1)).first() is not None,
        )


def _flight(row: Any) -> InFlight:
    identity = None if row["pid"] is None else Identity(row["pid"], row["pid_started"], row["boot"])
    return InFlight(
        Ref(row["id"], row["attempt"]),
        Unit(row["unit"], (), row["cpus"], row["gpus"]),
        row["state"],
        row["scope"],
        identity,
        row["device"] or "",
        stall_seconds=row["stall_seconds"],
        expired=bool(row["expired"]),
        stalled=bool(row["stalled"]),
        overdue=bool(row["overdue"]),
    )


def renew(database: Database, refs: Iterable[Ref], lease_seconds: float) -> None:
    """Renew the leases of attempts that were submitted and have not begun."""
    wanted = list(refs)
    if not wanted:
        return
    with database.write() as connection:
        for ref in wanted:
            which = sa.and_(jobs.c.id == ref.job, jobs.c.attempt == ref.attempt, jobs.c.state == "leased")
            connection.execute(jobs.update().where(which).values(lease_until=NOW + lease_seconds))
