"""`axiscope study run`: stopped and resumed, beside a running dispatcher; a killed run that takes a learned weight."""

import json
import os
import signal
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from backend.catalog import plugins
from backend.commands.study import app
from backend.jobs import processes
from backend.jobs.queue import dispatchers, queries, step_times, study_jobs, submit, transitions
from models_zoo.errors import InvalidInput
from models_zoo.manifest import read_manifest
from tests.jobs.held import STEP_VARIABLE
from tests.jobs.programs import RUN, Program, environment
from tests.jobs.rows import add
from training.studies.study import read_study

STUDY = "de-nardin-beta-gamma"
ONE = ("--only", "beta-dataset-dsprites-seed-0-beta-4")


def jobs_of(bench, kind):
    return [bench.job(row["id"]) for row in queries.listing(bench.database)[0] if row["kind"] == kind]


@pytest.mark.slow
def test_a_stopped_study_resumes_where_it_was(bench):
    study, run, scale = "hartmann-constrained-vaes", "beta-vae-dataset-dsprites-seed-0-beta-4", 0.00003
    sweep = study_jobs.study_sweep(read_study(study), scale, None, [run], plugins.schemas())
    (queued,) = study_jobs.jobs_of(sweep.spec, 0, 1)
    step_times.record(bench.database, queued.spec, 0.1)  # the estimate measures no step; that is not the subject
    command = ("-m", "tests.jobs.held", "study", "run", study, "--only", run, "--scale", str(scale))
    env = environment(bench.home, cpu_slots=1) | {STEP_VARIABLE: "5"}

    def start():
        program = Program(*command, env=env, log=bench.home / "study.log")
        bench.programs.append(program)
        return program

    program = start()
    job_id = bench.wait(lambda: jobs_of(bench, "train"), what="a queued run")[0]["id"]
    bench.wait(lambda: bench.job(job_id)["step"] >= 3, what="a few steps")
    program.process.send_signal(signal.SIGINT)
    assert program.process.wait(60) == 130
    bench.release()
    job = bench.job(job_id)
    assert (job["state"], job["faults"]) == ("queued", 0)
    (evaluation,) = jobs_of(bench, "evaluate")
    transitions.cancel(bench.database, evaluation["id"])  # its time is not the subject
    assert 3 <= job["checkpoint_step"] < queued.steps
    assert "1 are queued or in progress" in program.log.read_text()
    program = start()
    bench.wait_state(job_id, "succeeded", "failed")
    assert program.process.wait(60) == 0, bench.report()
    assert bench.job(job_id)["attempts"][-1]["first_step"] == job["checkpoint_step"]
    text = program.log.read_text()
    assert "no run is missing; 0 done, 1 queued or in progress" in text
    assert "0 runs have a model and all scores, 1 failed" in text


@pytest.mark.slow
def test_a_killed_run_resumes_with_the_weight_that_it_took(bench):
    l_vae = {**RUN, "objective": "l_vae", "objective_settings": {}, "steps": 20, "model": "source"}
    source = submit.training_job(l_vae, "source")
    learned = {"model": "source", "settings": {"beta": "beta_hat"}}
    taker = submit.training_job(
        {**RUN, "objective_settings": {}, "model": "taker", "learned_from": learned},
        "taker",
        waits_for=source.spec_hash,
    )
    (source_id,) = add(bench.database, [source])
    (job_id,) = add(bench.database, [taker])
    bench.dispatcher(held=True)
    bench.wait_state(source_id, "succeeded", "failed")
    bench.wait_step(job_id, 10)
    bench.signal_trainer(job_id, signal.SIGKILL)
    bench.release()
    job = bench.wait_state(job_id, "succeeded", "failed")
    assert job["state"] == "succeeded", bench.report()
    assert job["attempts"][-1]["first_step"] >= 10
    beta_hat = read_manifest(bench.home / "zoo" / "source").learned_weights["beta_hat"]
    assert beta_hat != 1
    assert read_manifest(bench.home / "zoo" / "taker").objective_settings["beta"] == beta_hat


def run_in(home, monkeypatch, *options):
    monkeypatch.setenv("AXISCOPE_HOME", str(home))
    return CliRunner().invoke(app, ["run", STUDY, "--scale", "0.00001", *ONE, *options])


def test_a_share_of_a_gpu_is_refused_where_there_is_none(bench, monkeypatch):
    monkeypatch.setattr("backend.jobs.dispatcher.local_runner.gpu_memory", list)
    result = run_in(bench.home, monkeypatch, "--gpus", "0.5")
    assert isinstance(result.exception, InvalidInput)
    assert str(result.exception).startswith("--gpus: got 0.5 on a machine without an NVIDIA GPU; allowed: 0")
    assert jobs_of(bench, "train") == []


def hold(bench, who):
    scope = f"local:here:{bench.home}"
    dispatchers.acquire(bench.database, scope, "here:1", who, has_exited=lambda _: False, seconds=600)


@pytest.mark.parametrize(
    ("share", "wanted", "slots"), [("0", "*", 2), ("0", ONE[1], 1), ("0.5", "*dsprites*", 2), ("0.2", "*dsprites*", 2)]
)
def test_an_estimate_counts_the_slots_of_the_machine_that_executes_the_runs(bench, monkeypatch, share, wanted, slots):
    monkeypatch.setenv("AXISCOPE_HOME", str(bench.home))
    monkeypatch.setenv("AXISCOPE_CPU_SLOTS", "2")
    monkeypatch.setattr("backend.jobs.dispatcher.local_runner.gpu_memory", lambda: [80 * 2**30])
    monkeypatch.setattr("backend.jobs.api.step_timer.StepTimer.measure", lambda *_: False)
    options = ["--scale", "0.1", "--only", wanted, "--gpus", share, "--dry-run", "--json"]
    result = CliRunner().invoke(app, ["run", STUDY, *options])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["slots"] == slots


def test_the_runs_are_left_to_a_dispatcher_that_runs(bench, monkeypatch):
    hold(bench, processes.identify())
    # The estimate measures a step; that is not the subject.
    monkeypatch.setattr("backend.jobs.api.step_timer.StepTimer.measure", lambda *_: False)
    result = run_in(bench.home, monkeypatch)
    assert result.exit_code == 0, result.output
    assert "queued: a dispatcher of this home executes them" in result.output
    assert "0 runs have a model and all scores, 1 are queued or in progress, 0 failed" in result.output
    assert [row["state"] for row in jobs_of(bench, "train")] in ([], ["queued"])


def test_a_killed_dispatcher_whose_lease_runs_is_no_dispatcher(bench):
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    hold(bench, processes.ProcessIdentity(child.pid, processes.start_time(child.pid), processes.boot_id()))
    assert len(dispatchers.list_dispatchers(bench.database)) == 1
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    assert dispatchers.list_dispatchers(bench.database) == []
