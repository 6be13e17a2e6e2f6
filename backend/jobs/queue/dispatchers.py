"""One dispatcher a scope: an epoch that only rises, held by a lease on the database's clock."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from backend.jobs.database import NOW, Database
from backend.jobs.records import Identity
from backend.jobs.tables import dispatchers


class Superseded(Exception):
    """Raised when another dispatcher has taken over this scope: stop at once."""


def acquire(
    database: Database, scope: str, holder: str, identity: Identity, *, dead: Callable[[Identity], bool], seconds: float
) -> int | None:
    """Become the dispatcher of ``scope``.

    Parameters
    ----------
    database : Database
    scope : str
        What the dispatcher looks after, e.g. ``"local:host"``.
    holder : str
        Name for people.
    identity : Identity
        This process.
    dead : callable
        Whether the present holder is known to have ended; its lease is then not waited for.
    seconds : float
        Length of the lease.

    Returns
    -------
    int or None
        The epoch, or None while another one holds the scope.
    """
    ours: dict[str, Any] = {
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
            connection.execute(dispatchers.insert().values(scope=scope, epoch=1, capacity={}, **ours))
            return 1
        present = Identity(row["pid"], row["pid_started"], row["boot"])
        if present != identity and not row["over"] and not dead(present):
            return None
        epoch = int(row["epoch"]) + 1
        connection.execute(dispatchers.update().where(dispatchers.c.scope == scope).values(epoch=epoch, **ours))
        return epoch


def renew(
    database: Database, scope: str, epoch: int, *, seconds: float, healthy: bool, capacity: dict[str, Any]
) -> None:
    """Hold on to the scope.

    Raises
    ------
    Superseded
        If another dispatcher has taken it.
    """
    mine = sa.and_(dispatchers.c.scope == scope, dispatchers.c.epoch == epoch)
    values = {"lease_until": NOW + seconds, "healthy": healthy, "capacity": capacity}
    with database.write() as connection:
        if connection.execute(dispatchers.update().where(mine).values(**values)).rowcount == 0:
            raise Superseded(scope)


def release(database: Database, scope: str, epoch: int) -> None:
    """Let go of the scope, so that a successor need not wait."""
    mine = sa.and_(dispatchers.c.scope == scope, dispatchers.c.epoch == epoch)
    with database.write() as connection:
        connection.execute(dispatchers.update().where(mine).values(lease_until=NOW))


def present(database: Database) -> list[dict[str, Any]]:
    """Return the dispatchers known, with ``alive``: whether their lease still runs."""
    query = sa.select(dispatchers, (dispatchers.c.lease_until >= NOW).label("alive")).order_by(dispatchers.c.scope)
    with database.read() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]
