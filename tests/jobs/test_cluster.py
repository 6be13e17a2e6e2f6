"""The failure table's rows about a cluster, on real Ray nodes in a network namespace (`make test-cluster`)."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys

import pytest

from backend.jobs.dispatcher.ray_runner import check_cluster
from backend.settings import Settings
from models_zoo.errors import InvalidInput
from tests.jobs.programs import ROOT

NAMESPACE = ("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")


def play(name, home):
    """Return the report of a scenario of tests/jobs/cluster.py."""
    if importlib.util.find_spec("ray") is None:
        pytest.skip("Ray is not installed: pip install axiscope[ray]")
    if os.geteuid() != 0 or shutil.which("ip") is None or shutil.which("unshare") is None:
        pytest.skip("a network namespace needs root, util-linux and iproute2")
    command = [*NAMESPACE, sys.executable, "-m", "tests.jobs.cluster", name, str(home)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr[-6000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


@pytest.mark.cluster
@pytest.mark.timeout(1000)
@pytest.mark.parametrize("name", ["worker_killed", "dispatcher_killed", "node_lost", "head_late"])
def test_a_run_on_the_cluster_ends_with_the_same_weights(name, tmp_path, uninterrupted_seconds):
    report = play(name, tmp_path / "home")
    assert (report["state"], report["successes"]) == ("succeeded", 1), report
    assert report["attempt"] == (2 if name in {"worker_killed", "node_lost"} else 1)
    assert bytes.fromhex(report["weights"]) == uninterrupted_seconds


@pytest.mark.cluster
@pytest.mark.timeout(1000)
def test_a_head_that_is_lost_for_twenty_seconds_costs_no_job_and_needs_no_action(tmp_path, uninterrupted_long):
    report = play("head_lost", tmp_path / "home")
    assert (report["state"], report["successes"], report["faults"]) == ("succeeded", 1, 0), report
    assert (report["attempt"], report["losses"]) == (2, 1)
    assert report["resumed_at"] >= 50
    assert bytes.fromhex(report["weights"]) == uninterrupted_long


@pytest.mark.parametrize(
    ("address", "mode", "more", "message"),
    [
        ("", "", {}, "host:port"),
        ("10.0.0.5:6379", "", {}, "RAY_AUTH_MODE=token"),
        ("10.0.0.5:6379", "token", {}, "got SQLite, which a cluster"),
        ("10.0.0.5:6379", "token", {"database_url": "postgresql://h/a"}, "cannot reach; allowed: a store"),
    ],
)
def test_a_cluster_that_would_lose_jobs_or_is_open_to_anyone_is_refused(address, mode, more, message, monkeypatch):
    monkeypatch.setenv("RAY_AUTH_MODE", mode)
    with pytest.raises(InvalidInput, match=message):
        check_cluster(Settings(ray_address=address, **more))


def test_a_loopback_cluster_and_a_guarded_one_are_taken(monkeypatch):
    check_cluster(Settings(ray_address="127.0.0.1:6379"))
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    guarded = {"database_url": "postgresql://h/a", "artifacts_url": "s3://bucket/jobs"}
    check_cluster(Settings(ray_address="ray-head:6379", **guarded))
