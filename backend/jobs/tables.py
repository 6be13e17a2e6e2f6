"""Tables of the queue, the only record of all jobs. Times are those of the database's clock."""

import sqlalchemy as sa

from backend.db.base import NOW, Base, EpochDateTime

ACTIVE = ("leased", "running")
TERMINAL = ("succeeded", "failed", "cancelled")
STATES = ("queued", *ACTIVE, *TERMINAL)

sweeps = sa.Table(
    "sweeps",
    Base.metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("spec", sa.JSON, nullable=False),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("expanded", sa.Integer, nullable=False, default=0),
    sa.Column("max_parallel", sa.Integer),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("cancelled", sa.Boolean, nullable=False, default=False),
    sa.Column("created_at", EpochDateTime, nullable=False, default=NOW),
)

jobs = sa.Table(
    "jobs",
    Base.metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String(12), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("spec", sa.JSON, nullable=False),
    sa.Column("spec_hash", sa.String(64), nullable=False),
    sa.Column("sweep_id", sa.Integer, sa.ForeignKey("sweeps.id")),
    sa.Column("position", sa.Integer),
    sa.Column("depends_on", sa.Integer, sa.ForeignKey("jobs.id")),
    sa.Column("blocked", sa.Boolean, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("cpus", sa.Double, nullable=False),
    sa.Column("gpus", sa.Double, nullable=False),
    sa.Column("pack", sa.Integer, nullable=False),
    sa.Column("stall_seconds", sa.Double, nullable=False),
    sa.Column("max_attempts", sa.Integer, nullable=False),
    sa.Column("state", sa.String(12), nullable=False, default="queued"),
    sa.Column("attempt", sa.Integer, nullable=False, default=0),
    sa.Column("faults", sa.Integer, nullable=False, default=0),
    sa.Column("losses", sa.Integer, nullable=False, default=0),
    sa.Column("not_before", EpochDateTime, nullable=False, default=NOW),
    sa.Column("unit", sa.String(40)),
    sa.Column("lease_until", EpochDateTime),
    sa.Column("cancel_requested_at", EpochDateTime),
    sa.Column("step", sa.Integer, nullable=False, default=0),
    sa.Column("steps", sa.Integer),
    sa.Column("progress", sa.JSON),
    sa.Column("progress_at", EpochDateTime),
    sa.Column("checkpoint", sa.String(500)),
    sa.Column("checkpoint_step", sa.Integer),
    sa.Column("reason", sa.String(12)),
    sa.Column("error", sa.Text),
    sa.Column("result", sa.JSON),
    sa.Column("event_count", sa.Integer, nullable=False, default=0),
    sa.Column("created_at", EpochDateTime, nullable=False, default=NOW),
    sa.Column("started_at", EpochDateTime),
    sa.Column("finished_at", EpochDateTime),
    sa.UniqueConstraint("sweep_id", "kind", "spec_hash", name="uq_jobs_once_per_sweep"),
    sa.CheckConstraint(sa.column("state").in_(STATES), name="state"),
)
sa.Index("ix_jobs_claim", jobs.c.state, jobs.c.blocked, jobs.c.priority.desc(), jobs.c.id)
sa.Index("ix_jobs_state", jobs.c.state, jobs.c.id)
sa.Index("ix_jobs_sweep", jobs.c.sweep_id, jobs.c.position)
sa.Index("ix_jobs_depends_on", jobs.c.depends_on)
sa.Index("ix_jobs_spec_hash", jobs.c.spec_hash)

attempts = sa.Table(
    "job_attempts",
    Base.metadata,
    sa.Column("job_id", sa.Integer, sa.ForeignKey("jobs.id"), primary_key=True),
    sa.Column("attempt", sa.Integer, primary_key=True),
    sa.Column("unit", sa.String(40), nullable=False),
    sa.Column("scope", sa.String(200), nullable=False),
    sa.Column("worker", sa.String(200)),
    sa.Column("pid", sa.Integer),
    sa.Column("pid_started", sa.String(40)),
    sa.Column("boot", sa.String(64)),
    sa.Column("device", sa.String(40)),
    sa.Column("first_step", sa.Integer),
    sa.Column("leased_at", EpochDateTime, nullable=False, default=NOW),
    sa.Column("started_at", EpochDateTime),
    sa.Column("ended_at", EpochDateTime),
    sa.Column("outcome", sa.String(12)),
    sa.Column("error", sa.Text),
)
sa.Index("ix_job_attempts_unit", attempts.c.unit)

events = sa.Table(
    "job_events",
    Base.metadata,
    sa.Column("job_id", sa.Integer, sa.ForeignKey("jobs.id"), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("step", sa.Integer),
    sa.Column("data", sa.JSON, nullable=False),
    sa.Column("at", EpochDateTime, nullable=False, default=NOW),
)

dispatchers = sa.Table(
    "dispatcher_leases",
    Base.metadata,
    sa.Column("scope", sa.String(200), primary_key=True),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("holder", sa.String(200), nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("pid_started", sa.String(40), nullable=False),
    sa.Column("boot", sa.String(64), nullable=False),
    sa.Column("lease_until", EpochDateTime, nullable=False),
    sa.Column("healthy", sa.Boolean, nullable=False),
    sa.Column("capacity", sa.JSON, nullable=False),
)

idempotency_records = sa.Table(
    "idempotent_answers",
    Base.metadata,
    sa.Column("key", sa.String(200), primary_key=True),
    sa.Column("body_hash", sa.String(64), nullable=False),
    sa.Column("answer", sa.JSON),
    sa.Column("created_at", EpochDateTime, nullable=False, default=NOW),
)

step_times = sa.Table(
    "step_times",
    Base.metadata,
    sa.Column("host", sa.String(100), primary_key=True),
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("about", sa.JSON, nullable=False),
    sa.Column("seconds", sa.Double, nullable=False),
    sa.Column("measured_at", EpochDateTime, nullable=False, default=NOW),
)
