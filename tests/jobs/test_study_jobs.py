"""Runs of a study in the queue: labels, models, waiting for another run, results that are reused."""

import pytest
import sqlalchemy as sa

from backend.catalog import plugins
from backend.db.tables import MetricResult, Model
from backend.jobs.api import study_cost
from backend.jobs.attempt import updates
from backend.jobs.queue import step_times, study_jobs, submit, transitions
from backend.jobs.tables import jobs
from tests.jobs.rows import take
from training.studies.study import read_study

L_VAE = "l-vae-dataset-dsprites-batch-size-64-learning-rate-0.0001-seed-0"
BETA_HAT = "beta-vae-beta-hat-dataset-dsprites-batch-size-64-learning-rate-0.0001-seed-0"


def sweep_of(*names, scale=0.001):
    return study_jobs.study_sweep(read_study("learnable-vaes"), scale, None, names, plugins.schemas())


def queue_sweep(database, sweep):
    with database.write() as connection:
        submit.insert_sweep(connection, sweep)
    while submit.expand(database, study_jobs.jobs_of):
        pass


def rows(database, kind="train"):
    with database.read() as connection:
        query = sa.select(jobs).where(jobs.c.kind == kind).order_by(jobs.c.id)
        return {row["spec"]["study"]["run"]: row for row in connection.execute(query).mappings()}


def end(database, ref, outcome, result=None):
    updates.start(database, ref, 60.0)
    assert updates.finish(database, ref, outcome, result)


def test_a_job_carries_the_label_and_the_evaluation_of_its_study(database):
    queue_sweep(database, sweep_of(L_VAE))
    (train,) = rows(database).values()
    label = train["spec"]["study"]
    assert (label["study"], label["scale"], label["run"], label["group"]) == ("learnable-vaes", 0.001, L_VAE, "L-VAE")
    assert label["varied"] == {"dataset": "dsprites", "batch_size": 64, "learning_rate": 1e-4, "seed": 0}
    assert (train["steps"], train["spec"]["evaluate_every"]) == (300, 50)
    assert train["spec"]["likelihood"] == "mse"
    (evaluation,) = rows(database, "evaluate").values()
    assert evaluation["spec"]["model"] == train["spec"]["model"]
    assert evaluation["spec"]["metrics"] == list(read_study("learnable-vaes").evaluation.metrics)
    assert (evaluation["spec"]["mode"], evaluation["spec"]["train"]) == ("corrected", 10_000)


def test_the_run_of_another_study_or_scale_is_another_run(database):
    digests = {
        job.spec_hash for scale in (0.001, 0.002) for job in study_jobs.jobs_of(sweep_of(L_VAE, scale=scale).spec, 0, 1)
    }
    assert len(digests) == 2


@pytest.mark.parametrize("outcome", ["failed", "cancelled"])
def test_a_run_waits_for_the_run_whose_weight_it_takes(database, outcome):
    queue_sweep(database, sweep_of(BETA_HAT, L_VAE))
    found = rows(database)
    source, taker = found[L_VAE], found[BETA_HAT]
    assert (taker["depends_on"], taker["blocked"]) == (source["id"], True)
    assert taker["spec"]["learned_from"] == {"model": source["spec"]["model"], "settings": {"beta": "beta_hat"}}
    (first,) = take(database)
    assert first.job == source["id"]
    end(database, first, outcome)
    assert rows(database)[BETA_HAT]["state"] == "cancelled"
    assert rows(database, "evaluate")[BETA_HAT]["state"] == "cancelled"
    transitions.retry(database, source["id"])
    assert rows(database)[BETA_HAT]["state"] == "queued"
    (again,) = take(database)
    end(database, again, "succeeded", {"model": source["spec"]["model"]})
    released = rows(database)[BETA_HAT]
    assert (released["state"], bool(released["blocked"])) == ("queued", False)
    assert rows(database, "evaluate")[BETA_HAT]["blocked"]


def test_a_run_whose_source_is_there_does_not_wait(database):
    queue_sweep(database, sweep_of(BETA_HAT))
    (taker,) = rows(database).values()
    assert (taker["depends_on"], bool(taker["blocked"])) == (None, False)


@pytest.mark.parametrize("there", [True, False])
def test_a_training_is_reused_only_while_its_model_exists(database, there):
    queue_sweep(database, sweep_of(L_VAE))
    model = rows(database)[L_VAE]["spec"]["model"]
    (ref,) = take(database)
    end(database, ref, "succeeded", {"model": model})
    if there:
        with database.write() as connection:
            values = {"id": model, "name": model, "folder": "", "origin": "own"}
            connection.execute(sa.insert(Model).values(**values))
    queue_sweep(database, sweep_of(L_VAE))
    again = rows(database)[L_VAE]
    assert again["id"] != ref.job
    assert again["state"] == ("succeeded" if there else "queued")


def test_short_runs_share_a_process_and_long_ones_do_not():
    assert sweep_of(L_VAE, scale=0.001).spec["pack"] == study_jobs.SHORT_PACK
    assert sweep_of(L_VAE, scale=1.0).spec["pack"] == 1


def test_a_run_that_the_definition_no_longer_has_is_left_out():
    spec = sweep_of(L_VAE).spec
    assert list(study_jobs.jobs_of({**spec, "grid": {"run": ["gone"]}}, 0, 1)) == []


def test_an_evaluation_takes_as_long_as_the_metrics_of_other_models_for_its_images(database):
    """Results of the study's mode count, else those of the other one."""
    evaluation = read_study("xu-li-3dshapes").evaluation
    assert study_cost.evaluation_seconds(database, evaluation) is None
    with database.write() as connection:
        connection.execute(sa.insert(Model).values(id="m", name="m", folder="", origin="own"))
        for metric, mode, seconds in [("mig", "corrected", 3.0), ("mig", "parity", 90.0), ("dci", "parity", 30.0)]:
            row = {"metric": metric, "mode": mode, "seconds": seconds, "n": 30_000, "score": 0.5}
            connection.execute(sa.insert(MetricResult).values(model_id="m", model_version="1", **row))
    assert study_cost.evaluation_seconds(database, evaluation) == pytest.approx((3 + 30) / 2)
    cost = study_cost.cost_of(database, evaluation, sweep_of(L_VAE))
    assert (cost.steps, cost.training, cost.evaluation) == (300, None, pytest.approx((3 + 30) / 2))
    assert [spec["study"]["run"] for spec in cost.untimed] == [L_VAE]
    step_times.record(database, cost.untimed[0], 0.1)
    assert study_cost.cost_of(database, evaluation, sweep_of(L_VAE)).training == pytest.approx(30)


def test_on_a_gpu_each_run_counts_its_part_of_a_measured_pack(database):
    study = read_study("learnable-vaes")
    evaluation = study.evaluation
    names = [run.name for run in study.runs if run.name.startswith("l-vae-")][:2]
    sweep = study_jobs.study_sweep(study, 0.001, None, names, plugins.schemas(), gpus=0.5)
    specs = study_cost.cost_of(database, evaluation, sweep).untimed
    assert len(specs) == 2
    for spec in specs:
        step_times.record(database, spec, 0.1)
    assert study_cost.cost_of(database, evaluation, sweep).training == pytest.approx(2 * 300 * 0.1)
    for spec in specs:
        step_times.record(database, spec, 0.12, together=2)
    assert study_cost.cost_of(database, evaluation, sweep).training == pytest.approx(2 * 300 * 0.06)


def test_on_a_gpu_runs_share_processes_and_are_the_same_runs():
    study, names = read_study("learnable-vaes"), [L_VAE, BETA_HAT]
    sweep = study_jobs.study_sweep(study, 1.0, None, names, plugins.schemas(), gpus=0.5)
    on_gpu, on_cpu = (list(study_jobs.jobs_of(spec, 0, 2)) for spec in (sweep.spec, sweep_of(*names, scale=1.0).spec))
    assert [(job.gpus, job.pack) for job in on_gpu] == [(0.5, 8)] * 2
    assert [(job.gpus, job.pack) for job in on_cpu] == [(0.0, 1)] * 2
    assert [job.spec_hash for job in on_gpu] == [job.spec_hash for job in on_cpu]
