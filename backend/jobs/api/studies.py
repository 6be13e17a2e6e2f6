"""Runs of a study to do: those without model or scores, what they cost, and their sweep."""

import fnmatch
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from backend.catalog import plugins
from backend.db.engine import Database
from backend.db.tables import MetricResult, Model
from backend.jobs.api.service import JobService
from backend.jobs.queue import step_times, study_jobs
from backend.jobs.queue.submit import NewSweep
from backend.jobs.tables import TERMINAL, jobs, sweeps
from backend.schemas.studies import StudyRunsAnswer, StudyRunsRequest, UnavailableRuns
from models_zoo.errors import AxiscopeError, NotFound, Unavailable
from models_zoo.json_types import JsonObject
from training.studies.scale import check_scale
from training.studies.study import Study, StudyRun, read_study


@dataclass(frozen=True)
class Plan:
    """Runs of a study by what is left to do for them.

    Parameters
    ----------
    study : Study
    done, active : set of str
        Runs with model and scores; runs that are queued or in progress.
    unavailable : dict of str to list of str
        Runs whose data set cannot be opened, by the reason.
    missing : list of str
        Runs to queue.
    sweep : NewSweep or None
        Their sweep; None without any.
    """

    study: Study
    done: set[str]
    active: set[str]
    unavailable: dict[str, list[str]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    sweep: NewSweep | None = None


def finished_runs(database: Database, study: Study, scale: float) -> set[str]:
    """Return the names of the runs of a study at a scale that have a usable model and all scores."""
    metrics = study.evaluation.metrics
    scored = sa.and_(
        MetricResult.model_id == Model.id,
        MetricResult.metric.in_(metrics),
        MetricResult.mode == study.evaluation.mode,
    )
    query = (
        sa.select(Model.study_run)
        .join(MetricResult, scored)
        .where(Model.study == study.name, Model.study_scale == scale, Model.problem.is_(None))
        .group_by(Model.id, Model.study_run)
        .having(sa.func.count(sa.distinct(MetricResult.metric)) == len(metrics))
    )
    with database.read() as connection:
        return {str(name) for name in connection.execute(query).scalars()}


def sweeps_of(connection: sa.Connection, study: str, scale: float) -> list[sa.RowMapping]:
    """Return the sweeps of a study at a scale that were not cancelled."""
    of_study = sweeps.c.spec["study"]["study"].as_string() == study
    rows = connection.execute(sa.select(sweeps).where(of_study, ~sweeps.c.cancelled)).mappings()
    return [row for row in rows if row["spec"]["study"]["scale"] == scale]


def active_runs(database: Database, study: str, scale: float) -> set[str]:
    """Return the names of the runs of a study at a scale that are queued or in progress."""
    with database.read() as connection:
        found = sweeps_of(connection, study, scale)
        name = jobs.c.spec["study"]["run"].as_string()
        unfinished = sa.select(name).where(
            jobs.c.sweep_id.in_([row["id"] for row in found]), jobs.c.state.not_in(TERMINAL)
        )
        names = set(connection.execute(unfinished).scalars())
    for row in found:
        names.update(row["spec"]["grid"][study_jobs.AXIS][row["expanded"] :])
    return names


def plan(service: JobService, name: str, request: StudyRunsRequest) -> Plan:
    """Return what is left to do of a study.

    Raises
    ------
    NotFound, InvalidInput
        If there is no such study, no run matches, or scale or seeds are out of range.
    """
    study, scale = read_study(name, request.seeds), check_scale(request.scale)
    chosen = [run for run in study.runs if fnmatch.fnmatchcase(run.name, request.only)]
    if not chosen:
        some = ", ".join(run.name for run in study.runs[:5])
        raise NotFound(f"no run of {name} matches {request.only[:80]!r}; the first are: {some}", field="/only")
    service.registry.refresh()
    done = finished_runs(service.database, study, scale)
    active = active_runs(service.database, name, scale)
    left = [run for run in _with_sources(study, chosen) if run.name not in done | active]
    unavailable = _unavailable(service, left)
    excluded = {each for names in unavailable.values() for each in names}
    missing = [run.name for run in left if run.name not in excluded]
    sweep = study_jobs.study_sweep(study, scale, request.seeds, missing, plugins.schemas()) if missing else None
    wanted = {run.name for run in chosen}
    return Plan(study, done & wanted, active & wanted, unavailable, missing, sweep)


def _with_sources(study: Study, chosen: Sequence[StudyRun]) -> list[StudyRun]:
    """Return ``chosen`` with the runs whose learned weights they take, in the order of the study."""
    names = {run.name for run in chosen} | {run.depends_on for run in chosen if run.depends_on}
    return [run for run in study.runs if run.name in names]


def _unavailable(service: JobService, runs: Collection[StudyRun]) -> dict[str, list[str]]:
    """Return the runs whose data set cannot be opened on this machine, by the reason."""
    reasons: dict[str, str | None] = {}
    found: dict[str, list[str]] = {}
    for run in runs:
        dataset, settings = run.config["dataset"], run.config.get("dataset_settings", {})
        key = f"{dataset} {settings}"
        if key not in reasons:
            reasons[key] = _reason(service, dataset, settings)
        reason = reasons[key]
        if reason is not None:
            found.setdefault(reason, []).append(run.name)
    return found


def _reason(service: JobService, dataset: str, settings: JsonObject) -> str | None:
    try:
        service.datasets.open(dataset, settings)
    except Unavailable:
        raise
    except AxiscopeError as error:
        return error.message
    return None


def answer(service: JobService, name: str, request: StudyRunsRequest) -> StudyRunsAnswer:
    """Queue the missing runs of a study as a sweep, or only estimate them, and return what was found."""
    found = plan(service, name, request)
    total, seconds, untimed = _cost(service, found.sweep)
    sweep = None
    if found.sweep is not None and not request.dry_run:
        sweep = service.insert(found.sweep)
    return StudyRunsAnswer(
        study=name,
        scale=request.scale,
        runs=len(found.missing),
        done=len(found.done),
        active=len(found.active),
        steps=total,
        hours=None if seconds is None else seconds / 3600,
        untimed_runs=untimed,
        slots=service.slots(),
        unavailable=[UnavailableRuns(reason=why, runs=names) for why, names in found.unavailable.items()],
        sweep=sweep,
    )


def _cost(service: JobService, sweep: NewSweep | None) -> tuple[int, float | None, int]:
    """Return the steps of all runs, the seconds of those whose step time is known, and the number of the others."""
    if sweep is None:
        return 0, 0.0, 0
    known: dict[str, float | None] = {}
    steps, seconds, untimed = 0, 0.0, 0
    for job in study_jobs.jobs_of(sweep.spec, 0, sweep.total):
        key = str(step_times.cost_key(job.spec))
        if key not in known:
            known[key] = step_times.estimate_step_time(service.database, job.spec).seconds
        steps += job.steps or 0
        time = known[key]
        if time is None:
            untimed += 1
        else:
            seconds += (job.steps or 0) * time
    return steps, seconds / service.slots() if untimed < sweep.total else None, untimed
