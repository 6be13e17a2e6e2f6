"""Runs of a study to do: those without model or scores, what they cost, and their sweep."""

import fnmatch
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from backend.catalog import plugins
from backend.db.engine import Database
from backend.db.tables import MetricResult, Model
from backend.jobs.api.service import JobService
from backend.jobs.api.study_cost import cost_of
from backend.jobs.queue import study_jobs
from backend.jobs.queue.submit import NewSweep
from backend.jobs.records import Capacity
from backend.jobs.tables import TERMINAL, jobs, sweeps
from backend.schemas.studies import StudyRunsAnswer, StudyRunsRequest, UnavailableRuns
from models_zoo.errors import AxiscopeError, InvalidInput, NotFound, Unavailable
from models_zoo.json_types import JsonObject
from training.evaluation.images import TABLED
from training.studies.scale import check_scale
from training.studies.study import Study, StudyRun, read_study, run_count


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
        MetricResult.images.in_(TABLED),
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
        If there is no such study, no run matches, or scale or seeds are out of range or make too many runs.
    """
    scale, count = check_scale(request.scale), run_count(name, request.seeds)
    if count > service.settings.sweep_runs:
        raise InvalidInput(
            f"seeds: got {request.seeds}, which makes {count:,} runs; allowed: studies of up to "
            f"{service.settings.sweep_runs:,} runs (AXISCOPE_SWEEP_RUNS)",
            field="/seeds",
        )
    study = read_study(name, request.seeds)
    chosen = [run for run in study.runs if fnmatch.fnmatchcase(run.name, request.only)]
    if not chosen:
        some = ", ".join(run.name for run in study.runs[:5])
        raise NotFound(
            f"got {request.only[:80]!r}, which matches no run of {name}; allowed: runs as {some}; correct it",
            field="/only",
        )
    service.registry.refresh()
    done = finished_runs(service.database, study, scale)
    active = active_runs(service.database, name, scale)
    left = [run for run in _with_sources(study, chosen) if run.name not in done | active]
    unavailable = _unavailable(service, left)
    excluded = {each for names in unavailable.values() for each in names}
    missing = [run.name for run in left if run.name not in excluded]
    sweep = None
    if missing:
        sweep = study_jobs.study_sweep(study, scale, request.seeds, missing, plugins.schemas(), gpus=request.gpus)
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


def answer(
    service: JobService, name: str, request: StudyRunsRequest, *, own: Capacity | None = None
) -> StudyRunsAnswer:
    """Queue the missing runs of a study as a sweep, or only estimate them, and return what was found.

    Parameters
    ----------
    service : JobService
    name : str
    request : StudyRunsRequest
    own : Capacity, optional
        Slots of the caller, which executes the runs itself if no dispatcher is present. A step of each architecture
        without a known step time is then measured first; without it the measurement begins where jobs run on this
        machine, and a later answer has its result.
    """
    found = plan(service, name, request)
    cost = cost_of(service.database, found.study.evaluation, found.sweep)
    measuring = False
    if cost.untimed and own:
        for spec in {spec["architecture"]: spec for spec in cost.untimed}.values():
            service.step_timer.measure(spec)
        cost = cost_of(service.database, found.study.evaluation, found.sweep)
    elif cost.untimed:
        measuring = service.step_timer.request(cost.untimed[0])
    sweep = None
    if found.sweep is not None and not request.dry_run:
        sweep = service.insert(found.sweep)
    runs = len(found.missing)
    processes = math.ceil(runs / found.sweep.spec["pack"]) if found.sweep else 1
    slots = min(service.slots(request.gpus, own), processes)
    evaluations = min(service.slots(own=own), max(1, runs))
    return StudyRunsAnswer(
        study=name,
        scale=request.scale,
        runs=runs,
        done=len(found.done),
        active=len(found.active),
        steps=cost.steps,
        hours=None if cost.training is None else cost.training / slots / 3600,
        evaluation_hours=None if cost.evaluation is None else cost.evaluation / evaluations / 3600,
        untimed_runs=len(cost.untimed),
        measuring=measuring,
        slots=slots,
        waits_for_gpu=request.gpus > 0 and not service.has_gpu(),
        unavailable=[UnavailableRuns(reason=why, runs=names) for why, names in found.unavailable.items()],
        sweep=sweep,
    )
