"""Rows of the queue for its tests: queued, taken and begun without any process."""

from dataclasses import replace

from backend.jobs.attempt import updates
from backend.jobs.queue import leases, submit
from backend.jobs.queue.leases import claim
from backend.jobs.records import Capacity, NewJob

PLENTY = Capacity(cpus=100, gpus=8, units=100)
ONE = Capacity(cpus=1, gpus=0, units=1)


def add(database, jobs):
    """Queue ``jobs`` and return their ids."""
    with database.write() as connection:
        return submit.insert_jobs(connection, jobs)


def new(name="run", **changes):
    job = NewJob(kind="train", name=name, spec={"steps": 10}, spec_hash=f"hash of {name}", steps=10)
    return replace(job, **changes)


def take(database, free=PLENTY, lease=60.0):
    return [ref for unit in claim(database, "here", 1, free, lease) for ref in unit.refs]


def flags(database, name, grace=10.0):
    return [attempt.ref for attempt in leases.snapshot(database, grace).active if getattr(attempt, name)]


def begin(database, **changes):
    add(database, [new(**changes)])
    (ref,) = take(database)
    assert updates.start(database, ref, 60.0)
    return ref
