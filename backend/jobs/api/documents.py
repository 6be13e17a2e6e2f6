"""Documents of the HTTP API, made from rows of the queue."""

from collections.abc import Mapping
from typing import Literal

from backend.jobs.records import Row
from backend.jobs.tables import TERMINAL
from backend.schemas.jobs import (
    AttemptDocument,
    Axis,
    Cell,
    CellEvaluation,
    Job,
    JobDetail,
    Phase,
    State,
    Sweep,
    Worker,
)
from models_zoo.json_types import JsonObject
from models_zoo.path_privacy import without_paths

BASE = "/api/v1/jobs"


def _phase(row: Row) -> Phase | None:
    if row["state"] in TERMINAL:
        return None
    if row["state"] == "queued":
        return "blocked" if row["blocked"] else "waiting"
    if row["cancel_requested_at"] is not None:
        return "stopping"
    return "starting" if row["state"] == "leased" else "running"


def client_state(state: str) -> State:
    """Return the state that clients see: a leased job is shown as running."""
    shown: State = "running" if state == "leased" else state  # type: ignore[assignment]
    return shown


def client_counts(counts: Mapping[str, int]) -> dict[str, int]:
    """Return counts by each of the five states that clients see."""
    shown = {name: counts.get(name, 0) for name in ("queued", "running", *TERMINAL)}
    shown["running"] += counts.get("leased", 0)
    return shown


def _eta(row: Row) -> float | None:
    step_time = (row["progress"] or {}).get("seconds_per_step")
    if row["state"] != "running" or not step_time or not row["steps"]:
        return None
    return float(round(max(0, row["steps"] - row["step"]) * step_time, 1))


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)


def job_fields(row: Row) -> JsonObject:
    """Return the fields of a job's document."""
    base = f"{BASE}/{row['id']}"
    links = {"self": base, "events": f"{base}/events", "log": f"{base}/log"}
    if row["kind"] == "train":
        links["film"] = f"{base}/film"
    model = (row["result"] or {}).get("model")
    if model and row["state"] == "succeeded":
        links["model"] = f"/explore/{model}"
    if row["sweep_id"] is not None:
        links["sweep"] = f"/sweeps/{row['sweep_id']}"
    same = ("kind", "name", "priority", "position", "step", "steps", "progress", "attempt", "max_attempts", "reason")
    return {
        **{name: row[name] for name in (*same, "created_at", "started_at", "finished_at")},
        **{name: without_paths(row[name]) for name in ("error", "result", "spec")},
        "id": str(row["id"]),
        "state": client_state(row["state"]),
        "phase": _phase(row),
        "sweep": _text(row["sweep_id"]),
        "depends_on": _text(row["depends_on"]),
        "eta_seconds": _eta(row),
        "links": links,
    }


def job(row: Row) -> Job:
    """Return the document of one job in a list."""
    return Job(**job_fields(row))


def worker(row: Row) -> Worker:
    """Return the document of a dispatcher from its lease."""
    kind, _, place = row["scope"].partition(":")
    name = f"Ray at {place}" if kind == "ray" else place.partition(":")[0]
    return Worker(name=name, answers=row["healthy"], slots=int(row["capacity"].get("units", 0)))


def _attempt(row: Row) -> AttemptDocument:
    state = row["outcome"] or ("running" if row["started_at"] else "starting")
    return AttemptDocument(
        attempt=row["attempt"],
        worker=row["worker"],
        device=f"cuda:{row['device']}" if row["device"] else "cpu",
        state=state,
        first_step=row["first_step"],
        started_at=row["started_at"] or row["leased_at"],
        ended_at=row["ended_at"],
        error=without_paths(row["error"]),
    )


def detail(row: Row) -> JobDetail:
    """Return the document of one job with its attempts and dependents."""
    return JobDetail(
        **job_fields(row),
        attempts=[_attempt(each) for each in row["attempts"]],
        followers=[str(each) for each in row["dependents"]],
    )


def sweep(row: Row, counts: Mapping[str, Mapping[str, int]]) -> Sweep:
    """Return the document of one sweep from its row and its jobs by kind and state.

    It is finished when its evaluations are.
    """
    training, evaluations = (client_counts(counts.get(kind, {})) for kind in ("train", "evaluate"))
    open_runs = sum(each[state] for each in (training, evaluations) for state in ("queued", "running"))
    state: Literal["expanding", "running", "finished", "cancelled"]
    if row["cancelled"]:
        state = "cancelled"
    elif row["expanded"] < row["total"]:
        state = "expanding"
    else:
        state = "running" if open_runs else "finished"
    base = f"/api/v1/sweeps/{row['id']}"
    return Sweep(
        **{name: row[name] for name in ("name", "total", "expanded", "max_parallel", "priority", "created_at")},
        id=str(row["id"]),
        state=state,
        counts=training,
        evaluations=evaluations,
        axes=[Axis(name=name, values=without_paths(values)) for name, values in row["spec"]["grid"].items()],
        spec=without_paths(row["spec"]),
        links={
            "self": base,
            "cells": f"{base}/cells",
            "jobs": f"{BASE}?sweep={row['id']}",
            "page": f"/sweeps/{row['id']}",
        },
    )


def cell(row: Row) -> Cell:
    """Return the document of one run in a sweep's matrix."""
    evaluation = None
    if row["evaluation_job"] is not None:
        evaluation = CellEvaluation(
            job=str(row["evaluation_job"]),
            state=client_state(row["evaluation_state"]),
            error=without_paths(row["evaluation_error"]),
        )
    return Cell(
        **{name: row[name] for name in ("position", "step", "steps", "model")},
        job=str(row["id"]),
        state=client_state(row["state"]),
        error=without_paths(row["error"]),
        evaluation=evaluation,
    )
