"""Step times by machine: recorded by runs and measurements, and estimated for new ones."""

import socket
from collections.abc import Mapping
from typing import Literal, NamedTuple

import sqlalchemy as sa

from backend.db.base import NOW
from backend.db.engine import Database
from backend.jobs.records import json_digest
from backend.jobs.tables import step_times
from models_zoo.json_types import JsonObject

COST_SETTINGS = ("dataset", "architecture", "objective", "latents", "batch_size", "threads")
MATCH_ORDER = ("architecture", "dataset", "objective")
SMOOTHING = 0.5
Basis = Literal["measured", "scaled", "unknown"]


def is_on_gpu(spec: Mapping[str, object]) -> bool:
    """Return whether a job trains on a GPU; one that asks for none sees none, whatever its `device`."""
    return bool(spec.get("gpus")) and spec.get("device") != "cpu"


def cost_key(spec: Mapping[str, object], together: int = 1) -> JsonObject:
    """Return what decides the time of a step: settings, kind of device, number of runs that are trained together."""
    device = "cuda" if is_on_gpu(spec) else "cpu"
    of_pack = {"together": together} if together > 1 else {}
    return {**{name: spec.get(name) for name in COST_SETTINGS}, "device": device, **of_pack}


def record(
    database: Database,
    spec: Mapping[str, object],
    seconds: float,
    host: str | None = None,
    *,
    together: int = 1,
    gpu_bytes: int | None = None,
) -> None:
    """Record a measured step time, averaged with earlier ones.

    Parameters
    ----------
    database : Database
    spec : mapping
        Settings of the run, and the `gpus` of its job.
    seconds : float
        Time in which each of ``together`` runs makes a step.
    host : str, optional
        Machine of the measurement; this one by default.
    together : int
        Runs that the process trains at once.
    gpu_bytes : int, optional
        Memory of the GPU that the process took.
    """
    key, machine = cost_key(spec, together), host or socket.gethostname()
    digest = json_digest(key)
    about = key if gpu_bytes is None else {**key, "gpu_bytes": gpu_bytes}
    same = sa.and_(step_times.c.host == machine, step_times.c.key == digest)
    with database.write() as connection:
        known = connection.execute(sa.select(step_times.c.seconds).where(same)).scalar()
        if known is None:
            row = {"host": machine, "key": digest, "about": about, "seconds": seconds}
            connection.execute(step_times.insert().values(**row))
        else:
            mean = known + SMOOTHING * (seconds - known)
            connection.execute(step_times.update().where(same).values(seconds=mean, about=about, measured_at=NOW))


class StepTime(NamedTuple):
    """Time of one step, and the measurement that it rests on.

    Parameters
    ----------
    seconds : float or None
        None while no similar run was measured.
    basis : {"measured", "scaled", "unknown"}
        ``scaled``: from a run with the same networks, in proportion to the batch.
    host : str or None
        Machine of the measurement.
    """

    seconds: float | None
    basis: Basis
    host: str | None


def estimate_step_time(
    database: Database, spec: Mapping[str, object], host: str | None = None, together: int = 1
) -> StepTime:
    """Return the step time of ``spec`` on its kind of device, preferably measured on ``host``, by default this machine.

    Of ``together`` runs that are trained at once it is the time in which each makes a step.
    """
    key, machine = cost_key(spec, together), host or socket.gethostname()
    distance = sa.case((step_times.c.host == machine, 0), else_=1)
    query = sa.select(step_times).order_by(distance, step_times.c.measured_at.desc())
    with database.read() as connection:
        stored = connection.execute(query).mappings().all()
    rows = [
        row
        for row in stored
        if row["about"].get("together", 1) == together and row["about"].get("device") == key["device"]
    ]
    digest = json_digest(key)
    for row in rows:
        if row["key"] == digest:
            return StepTime(float(row["seconds"]), "measured", row["host"])
    for count in (3, 2, 1):
        for row in rows:
            measured = row["about"]
            same = all(measured.get(name) == key[name] for name in MATCH_ORDER[:count])
            if same and measured.get("batch_size") and key["batch_size"]:
                seconds = float(row["seconds"]) * key["batch_size"] / measured["batch_size"]
                return StepTime(seconds, "scaled", row["host"])
    return StepTime(None, "unknown", None)


def gpu_bytes(database: Database, spec: Mapping[str, object], together: int = 1) -> int | None:
    """Return the memory of the GPU that a process of ``together`` such runs took at most; None where none ran."""
    digest = json_digest(cost_key({**spec, "gpus": 1}, together))
    with database.read() as connection:
        found = connection.execute(sa.select(step_times.c.about).where(step_times.c.key == digest)).scalars()
        return max((about["gpu_bytes"] for about in found if about.get("gpu_bytes")), default=None)
