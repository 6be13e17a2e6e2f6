"""Step times: measured by another process at the first estimate, and stored."""

import socket
import threading
import time

import pytest
import torch

from backend.db.base import Base
from backend.db.engine import Database
from backend.jobs import processes
from backend.jobs.api import step_timer as timing
from backend.jobs.api.step_timer import StepTimer
from backend.jobs.queue import dispatchers, step_times

SPEC = {"dataset": "dsprites", "objective": "beta_vae", "architecture": "conv64", "latents": 4, "batch_size": 4}
PATIENCE = 120.0


@pytest.fixture
def database(tmp_path):
    opened = Database(f"sqlite:///{tmp_path / 'axiscope.db'}")
    Base.metadata.create_all(opened.engine)
    yield opened
    opened.close()


@pytest.fixture
def step_timer(database, tmp_path, monkeypatch):
    """A timer on a machine that runs jobs, whose measurements end at once."""
    monkeypatch.setattr(timing, "BUDGET_SECONDS", 0.0)
    hold(database)
    made = StepTimer(database, tmp_path)
    yield made
    made.close()
    for thread in threading.enumerate():
        if thread.name == "step-timer":
            thread.join(PATIENCE)


def hold(database, scope="local:here:/home", host=None):
    holder = f"{host or socket.gethostname()}:1"
    dispatchers.acquire(database, scope, holder, processes.identify(), has_exited=lambda _: False, seconds=600)


def wait_until(condition, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.slow
def test_a_first_estimate_has_some_steps_timed_and_later_ones_read_the_figure(database, step_timer):
    assert step_times.estimate_step_time(database, SPEC) == (None, "unknown", None)
    assert step_timer.request(SPEC)
    assert step_timer.request(SPEC)
    wait_until(lambda: not step_timer.request(SPEC), timing.WALL_SECONDS)  # it yields to all other processes
    found = step_times.estimate_step_time(database, SPEC)
    assert (found.basis, found.host) == ("measured", socket.gethostname())
    assert 0 < found.seconds < 10


@pytest.mark.slow
def test_the_latest_request_counts_and_an_invalid_run_is_not_tried_again(database, step_timer):
    assert step_timer.request({**SPEC, "latents": 3})
    wrong = {**SPEC, "objective": "nothing"}
    assert step_timer.request(wrong)
    wait_until(lambda: not step_timer.request(wrong))
    assert step_times.estimate_step_time(database, {**SPEC, "latents": 3}).basis == "unknown"
    assert not step_timer.request(wrong)


def test_a_large_batch_is_timed_by_a_smaller_one(database, step_timer):
    large = {**SPEC, "batch_size": 8192, "model": "m", "evaluate": True}
    assert timing.to_measure(large) == {**SPEC, "batch_size": timing.MAX_BATCH, "gpus": 0}
    step_times.record(database, timing.to_measure(large), 0.25)
    assert not step_timer.request(large)
    assert step_times.estimate_step_time(database, large) == (8.0, "scaled", socket.gethostname())


def test_nothing_is_timed_where_no_jobs_run(database, tmp_path):
    step_timer = StepTimer(database, tmp_path)
    assert not step_timer.request(SPEC)
    hold(database, "ray:head:6379")
    hold(database, "local:there:/home", host="another-machine")
    assert not step_timer.request(SPEC)


def test_a_figure_of_this_machine_comes_before_one_of_another(database):
    step_times.record(database, {**SPEC, "batch_size": 8}, 1.0)
    step_times.record(database, SPEC, 0.3, host="faster")
    assert step_times.estimate_step_time(database, SPEC) == (0.3, "measured", "faster")
    step_times.record(database, SPEC, 0.7)
    assert step_times.estimate_step_time(database, SPEC) == (0.7, "measured", socket.gethostname())
    assert step_times.estimate_step_time(database, SPEC, host="faster").seconds == 0.3


@pytest.mark.parametrize(
    ("spec", "is_on_gpu"), [({"gpus": 0.5}, True), ({"gpus": 1, "device": "cpu"}, False), ({}, False)]
)
def test_times_on_a_gpu_and_on_the_cpu_are_apart(database, spec, is_on_gpu):
    on_cpu, on_gpu = ({**SPEC, "device": "auto", "gpus": gpus} for gpus in (0, 1))
    step_times.record(database, on_cpu, 0.5)
    assert step_times.estimate_step_time(database, {**on_gpu, "batch_size": 8}).basis == "unknown"
    step_times.record(database, on_gpu, 0.01)
    wanted = {**SPEC, "device": "auto", **spec}
    assert step_times.estimate_step_time(database, wanted).seconds == (0.01 if is_on_gpu else 0.5)
    assert step_times.estimate_step_time(database, {**wanted, "batch_size": 8}).seconds == (0.02 if is_on_gpu else 1)


def test_a_run_on_a_gpu_is_not_timed_on_a_machine_without_one(database, step_timer):
    assert not step_timer.request({**SPEC, "gpus": 1})


@pytest.mark.slow
def test_a_run_on_a_gpu_that_was_timed_on_the_cpu_has_no_time(database, step_timer):
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    assert not step_timer.measure({**SPEC, "gpus": 1})
    assert step_times.estimate_step_time(database, {**SPEC, "gpus": 1}).basis == "unknown"


def test_runs_trained_together_have_a_time_of_their_own(database):
    step_times.record(database, SPEC, 0.5)
    step_times.record(database, SPEC, 0.8, together=8)
    assert step_times.estimate_step_time(database, SPEC).seconds == 0.5
    assert step_times.estimate_step_time(database, SPEC, together=8).seconds == 0.8
    assert step_times.estimate_step_time(database, SPEC, together=4).basis == "unknown"
