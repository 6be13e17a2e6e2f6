"""Taking attempts away from processes that died, vanished or hang; the attempt's number makes each act happen once."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from backend.jobs.database import NOW, Database
from backend.jobs.queue.events import note
from backend.jobs.queue.transitions import close, end_attempt, settle_followers
from backend.jobs.records import Blame, Identity, Ref, Unit
from backend.jobs.tables import ACTIVE, attempts, jobs, sweeps

MAX_LOSSES = 10
BACK_OFF_SECONDS = 60.0


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


def requeue(database: Database, ref: Ref, error: str, blame: Blame) -> str | None:
    """End attempt ``ref`` without a verdict of its own.

    Parameters
    ----------
    database : Database
    ref : Ref
    error : str
        What happened, for a person.
    blame : {"fault", "loss", "none"}
        ``fault``: the job's own process died; ``max_attempts`` of them fail the job.
        ``loss``: the machine or engine went away; counted apart, with back-off.
        ``none``: it never began (the rest of a pack).

    Returns
    -------
    str or None
        The job's new state; None if the attempt had already ended or been fenced.
    """
    with database.write() as connection:
        query = sa.select(jobs).where(jobs.c.id == ref.job, jobs.c.attempt == ref.attempt, jobs.c.state.in_(ACTIVE))
        row = connection.execute(query.with_for_update()).mappings().first()
        if row is None:
            return None
        which = jobs.c.id == ref.job
        faults = row["faults"] + (blame == "fault")
        losses = row["losses"] + (blame == "loss")
        counts: dict[str, Any] = {"faults": faults, "losses": losses, "error": error}
        if row["cancel_requested_at"] is not None:
            close(connection, which, "cancelled", "cancelled", counts)
            settle_followers(connection, ref.job, "cancelled")
            return "cancelled"
        if faults >= row["max_attempts"] or losses > MAX_LOSSES:
            times = f"{faults} of {row['max_attempts']} attempts" if blame == "fault" else f"{losses} losses"
            counts["error"] = f"{error} (given up after {times})"
            close(connection, which, "failed", "crashed" if blame == "fault" else "lost", counts)
            settle_followers(connection, ref.job, "failed")
            return "failed"
        delay = min(2.0 ** (losses - 1), BACK_OFF_SECONDS) if blame == "loss" else 0.0
        values = {**counts, "state": "queued", "lease_until": None, "unit": None, "not_before": NOW + delay}
        connection.execute(jobs.update().where(which).values(**values))
        end_attempt(connection, ref, {"fault": "crashed", "loss": "lost", "none": "returned"}[blame], error)
        note(connection, [ref.job], "requeued", {"error": error, "blame": blame}, row["checkpoint_step"])
        return "queued"


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
