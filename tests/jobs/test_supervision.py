"""Supervisor of a cluster's dispatcher, here with the engine of one machine."""

import os
import signal

import pytest

from backend.jobs import processes
from backend.jobs.queue import dispatchers
from tests.jobs.programs import PATIENCE, Program, environment

pytestmark = pytest.mark.slow
SUPERVISE = "from backend.jobs.dispatcher.main import supervise; supervise()"


def dispatcher(bench, other_than=0):
    """Return the identity of the dispatcher that holds its scope."""

    def found():
        rows = [row for row in dispatchers.list_dispatchers(bench.database) if row["pid"] != other_than]
        return rows and processes.ProcessIdentity(rows[0]["pid"], rows[0]["pid_started"], rows[0]["boot"])

    return bench.wait(found, PATIENCE, "a dispatcher")


def test_a_killed_dispatcher_is_restarted_and_ends_with_its_supervisor(bench):
    supervisor = Program("-c", SUPERVISE, env=environment(bench.home, cpu_slots=1), log=bench.home / "supervisor.log")
    bench.programs.append(supervisor)
    first = dispatcher(bench)
    os.kill(first.pid, signal.SIGKILL)
    second = dispatcher(bench, other_than=first.pid)
    assert "dispatcher ended, restarting code=-9" in supervisor.log.read_text()
    assert supervisor.stop() == 0
    assert not processes.is_running(second)


def test_invalid_settings_are_refused_before_a_process_is_started(bench):
    env = environment(bench.home, runner="ray", ray_address="10.0.0.5:6379")
    refused = Program("-c", "from backend.cli import main; main()", "worker", env=env, log=bench.home / "refused.log")
    assert refused.process.wait(60) == 2
    assert "allowed: clusters with RAY_AUTH_MODE=token; set that here" in refused.log.read_text()
