"""How long a step takes on this machine: measured by the runs themselves, kept in the database."""

import hashlib
import json
import socket
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from backend.jobs.database import NOW, Database
from backend.jobs.tables import step_times

DECIDING = ("dataset", "architecture", "objective", "latents", "batch_size", "threads", "device")
NEAREST = ("architecture", "dataset", "objective")
SMOOTHING = 0.5
Basis = Literal["measured", "scaled", "unknown"]


def about(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Settings that decide how long a step takes."""
    return {name: spec.get(name) for name in DECIDING}


def _key(facts: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def record(database: Database, spec: Mapping[str, Any], seconds: float, host: str | None = None) -> None:
    """Note a measured step time; it is averaged with what was measured before."""
    facts, place = about(spec), host or socket.gethostname()
    which = sa.and_(step_times.c.host == place, step_times.c.key == _key(facts))
    with database.write() as connection:
        known = connection.execute(sa.select(step_times.c.seconds).where(which)).scalar()
        if known is None:
            row = {"host": place, "key": _key(facts), "about": facts, "seconds": seconds}
            connection.execute(step_times.insert().values(**row, measured_at=NOW))
        else:
            mean = known + SMOOTHING * (seconds - known)
            connection.execute(step_times.update().where(which).values(seconds=mean, measured_at=NOW))


class Pace(NamedTuple):
    """How long one step takes, and what the figure rests on.

    Parameters
    ----------
    seconds : float or None
        None while nothing like it has run.
    basis : {"measured", "scaled", "unknown"}
        ``scaled``: from a run with the same networks, in proportion to the batch.
    host : str or None
        Machine it was measured on.
    """

    seconds: float | None
    basis: Basis
    host: str | None


def step_pace(database: Database, spec: Mapping[str, Any], host: str | None = None) -> Pace:
    """Find what is known of one step of ``spec``: rather on ``host``, by default this machine, than on another."""
    facts, place = about(spec), host or socket.gethostname()
    near = sa.case((step_times.c.host == place, 0), else_=1)
    query = sa.select(step_times).order_by(near, step_times.c.measured_at.desc())
    with database.read() as connection:
        rows = connection.execute(query).mappings().all()
    for row in rows:
        if row["key"] == _key(facts):
            return Pace(float(row["seconds"]), "measured", row["host"])
    for matching in (3, 2, 1):
        for row in rows:
            theirs = row["about"]
            same = all(theirs.get(name) == facts[name] for name in NEAREST[:matching])
            if same and theirs.get("batch_size") and facts["batch_size"]:
                seconds = float(row["seconds"]) * facts["batch_size"] / theirs["batch_size"]
                return Pace(seconds, "scaled", row["host"])
    return Pace(None, "unknown", None)
