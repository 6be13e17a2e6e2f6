"""Leases of dispatchers: one dispatcher for each scope, with an epoch that only rises."""

from collections.abc import Callable

import sqlalchemy as sa

from backend.db.base import NOW
from backend.db.engine import Database
from backend.jobs.processes import has_exited
from backend.jobs.records import ProcessIdentity
from backend.jobs.tables import dispatchers
from models_zoo.json_types import JsonObject


class Superseded(Exception):
    """Raised when another dispatcher has taken over this scope: stop at once."""


def acquire(
    database: Database,
    scope: str,
    holder: str,
    identity: ProcessIdentity,
    *,
    has_exited: Callable[[ProcessIdentity], bool],
    seconds: float,
) -> int | None:
    """Become the dispatcher of ``scope``.

    Parameters
    ----------
    database : Database
    scope : str
        Machine or cluster that the dispatcher serves, e.g. ``"local:host"``.
    holder : str
        Host name and process number.
    identity : ProcessIdentity
        This process.
    has_exited : callable
        Whether the present holder is known to have ended; the end of its lease is then not awaited.
    seconds : float
        Length of the lease.

    Returns
    -------
    int or None
        The epoch, or None while another dispatcher holds the scope.
    """
    lease = {
        "holder": holder,
        "pid": identity.pid,
        "pid_started": identity.started,
        "boot": identity.boot,
        "lease_until": NOW + seconds,
        "healthy": True,
    }
    with database.write() as connection:
        query = sa.select(dispatchers, (dispatchers.c.lease_until < NOW).label("over"))
        row = connection.execute(query.where(dispatchers.c.scope == scope).with_for_update()).mappings().first()
        if row is None:
            connection.execute(dispatchers.insert().values(scope=scope, epoch=1, capacity={}, **lease))
            return 1
        present = ProcessIdentity(row["pid"], row["pid_started"], row["boot"])
        if present != identity and not row["over"] and not has_exited(present):
            return None
        epoch = int(row["epoch"]) + 1
        connection.execute(dispatchers.update().where(dispatchers.c.scope == scope).values(epoch=epoch, **lease))
        return epoch


def _held(scope: str, epoch: int) -> sa.ColumnElement[bool]:
    return sa.and_(dispatchers.c.scope == scope, dispatchers.c.epoch == epoch)


def renew(database: Database, scope: str, epoch: int, *, seconds: float, healthy: bool, capacity: JsonObject) -> None:
    """Renew the lease of the scope and record the health and capacity of its engine.

    Raises
    ------
    Superseded
        If another dispatcher has taken the scope.
    """
    values = {"lease_until": NOW + seconds, "healthy": healthy, "capacity": capacity}
    with database.write() as connection:
        if connection.execute(dispatchers.update().where(_held(scope, epoch)).values(**values)).rowcount == 0:
            raise Superseded(scope)


def release(database: Database, scope: str, epoch: int) -> None:
    """End the lease of the scope, so that a successor need not wait."""
    with database.write() as connection:
        connection.execute(dispatchers.update().where(_held(scope, epoch)).values(lease_until=NOW))


def list_dispatchers(database: Database) -> list[sa.RowMapping]:
    """Return the dispatchers whose lease runs, by scope, without those of this machine that were killed."""
    query = sa.select(dispatchers).where(dispatchers.c.lease_until >= NOW).order_by(dispatchers.c.scope)
    with database.read() as connection:
        rows = connection.execute(query).mappings().all()
    return [row for row in rows if not has_exited(ProcessIdentity(row["pid"], row["pid_started"], row["boot"]))]
