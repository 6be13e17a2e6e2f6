"""Jobs that one process executes at once: each has its own row, log, outcome and cancel."""

import os
import subprocess
import sys

import pytest

from backend.jobs import processes
from backend.jobs.queue import dispatchers, submit, transitions
from tests.jobs.programs import ROOT, RUN, environment
from tests.jobs.rows import add, take

PROGRAM = """
import dataclasses
import sys
from backend.commands.attempt import handlers
from backend.jobs.attempt.execution import run_unit
from backend.jobs.records import AttemptRef
from backend.logging_config import configure_logging
from backend.settings import read_settings

settings = read_settings()
configure_logging(settings.log_level, json_lines=False)
own = handlers(settings)
train = dataclasses.replace(own["train"], together_pays=lambda row: True)  # as on a GPU
run_unit([AttemptRef(int(job), 1) for job in sys.argv[1:]], {**own, "train": train}, settings)
"""


@pytest.mark.slow
def test_runs_of_a_pack_are_trained_at_once_and_end_each_in_its_own_way(bench):
    changes = [
        {"seed": 1},
        {"seed": 2},
        {"seed": 3},
        {"seed": 4, "objective_settings": {"beta": 1e30}, "learning_rate": 1.0},
    ]
    run = {**RUN, "steps": 20}
    jobs = [submit.training_job({**run, **each}, "packed", pack=4) for each in changes]
    ids = add(bench.database, jobs)
    dispatchers.acquire(bench.database, "here", "test", processes.identify(), has_exited=lambda _: False, seconds=600)
    refs = take(bench.database)
    assert [ref.job for ref in refs] == ids
    transitions.cancel(bench.database, ids[2])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, ids)],
        env={**environment(bench.home), "PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    found = [bench.job(each) for each in ids]
    assert [job["state"] for job in found] == ["succeeded", "succeeded", "cancelled", "failed"], done.stderr
    assert "not finite" in found[3]["error"]
    assert [job["checkpoint_step"] for job in found[:2]] == [20, 20]
    for job in found[:2]:
        assert (bench.home / "zoo" / job["result"]["model"] / "decoder.onnx").exists()
        assert job["result"]["trained_together"] == 4
        log = (bench.home / "jobs" / str(job["id"]) / "1.log").read_text()
        assert f"job succeeded job={job['id']}" in log
    assert found[0]["result"]["model"] != found[1]["result"]["model"]
