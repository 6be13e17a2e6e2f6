"""Supervisor of a cluster's dispatcher, here with the engine of one machine."""

import os
import signal

import pytest

from backend.jobs import processes
from backend.jobs.queue import dispatchers
from tests.jobs.programs import PATIENCE, Program, environment

pytestmark = pytest.mark.slow
KEEP = "from backend.jobs.dispatcher.main import keep; raise SystemExit(keep())"


def dispatcher(bench, other_than=0):
    """Return the identity of the dispatcher that holds its scope."""

    def found():
        rows = [row for row in dispatchers.list_dispatchers(bench.database) if row["pid"] != other_than]
        return rows and processes.ProcessIdentity(rows[0]["pid"], rows[0]["pid_started"], rows[0]["boot"])

    return bench.wait(found, PATIENCE, "a dispatcher")


def test_a_killed_dispatcher_is_restarted_and_ends_with_its_supervisor(bench):
    keeper = Program("-c", KEEP, env=environment(bench.home, cpu_slots=1), log=bench.home / "keeper.log")
    bench.programs.append(keeper)
    first = dispatcher(bench)
    os.kill(first.pid, signal.SIGKILL)
    second = dispatcher(bench, other_than=first.pid)
    assert "the dispatcher ended with exit code -9: starting it again" in keeper.log.read_text()
    assert keeper.stop() == 0
    assert not processes.is_running(second)


def test_invalid_settings_are_refused_before_a_process_is_started(bench):
    env = environment(bench.home, runner="ray", ray_address="10.0.0.5:6379")
    refused = Program("-c", "from backend.cli import main; main()", "worker", env=env, log=bench.home / "refused.log")
    assert refused.process.wait(60) == 2
    assert "set RAY_AUTH_MODE=token here and on its machines" in refused.log.read_text()
