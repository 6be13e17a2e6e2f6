"""Failure table of docs/jobs.md: a full disk, a store or database that is unavailable.

The final weights equal those of an undisturbed run, bit for bit.
"""

import os
import subprocess
import time

import pytest
import s3fs
from moto.server import ThreadedMotoServer

from backend.jobs import processes
from backend.jobs.artifacts import Artifacts
from backend.jobs.queue import events, transitions
from tests.jobs.conftest import running_postgres
from tests.jobs.programs import LONG, PATIENCE, Bench, weights, weights_in

pytestmark = pytest.mark.slow


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 10 MB, mounted for the test."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=10m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("a small file system can only be mounted by root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_leaves_the_old_checkpoint_valid_and_is_named_in_the_error(bench, small_disk, uninterrupted):
    bench.dispatcher(artifacts_url=small_disk)
    job_id = bench.add()
    job = bench.wait_state(job_id, "failed", "succeeded")
    assert job["state"] == "failed"
    assert "No space left on device" in job["error"]
    assert "The last checkpoint is usable" in job["error"]
    assert job["checkpoint_step"] == 10
    subprocess.run(["mount", "-o", "remount,size=200m", str(small_disk)], check=True)
    transitions.retry(bench.database, job_id)
    job = bench.wait_state(job_id, "failed", "succeeded")
    assert job["state"] == "succeeded", job["error"]
    assert job["attempts"][-1]["first_step"] >= 10
    assert weights(small_disk, job, "") == uninterrupted


def test_a_store_that_takes_nothing_fails_the_job_at_once_with_a_remedy(bench, tmp_path):
    place = tmp_path / "store"
    place.write_text("a file where a folder should be")
    bench.dispatcher(artifacts_url=place)
    job = bench.wait_state(bench.add(), "failed", "succeeded")
    assert (job["state"], job["reason"], job["attempt"]) == ("failed", "failed", 1)
    assert "Not a directory" in job["error"]
    assert "make room or correct the path, then retry" in job["error"]


def serve_s3(port=0):
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    return server


def test_a_store_that_goes_away_costs_no_job(bench, tmp_path, monkeypatch, uninterrupted):
    server = serve_s3()
    host, port = server.get_host_and_port()
    given = {"ENDPOINT_URL": f"http://{host}:{port}", "ACCESS_KEY_ID": "test", "SECRET_ACCESS_KEY": "test"}
    for name, value in {**given, "DEFAULT_REGION": "us-east-1", "MAX_ATTEMPTS": "1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    s3fs.S3FileSystem.clear_instance_cache()
    try:
        s3fs.S3FileSystem(use_listings_cache=False).mkdir("outage")
        bench.dispatcher(held=True, artifacts_url="s3://outage/jobs")
        job_id = bench.add()
        bench.wait_step(job_id, 20)
        server.stop()
        bench.release()
        bench.wait(lambda: bench.job(job_id)["losses"] >= 1, PATIENCE, "the job back in the queue")
        server = serve_s3(port)
        job = bench.wait_state(job_id, "succeeded", "failed")
        assert (job["state"], job["faults"]) == ("succeeded", 0), bench.report()
        assert "got no answer of the artifact store" in job["attempts"][0]["error"]
        assert job["attempts"][-1]["first_step"] >= 20
        Artifacts("s3://outage/jobs").get_checkpoint(job_id, job["checkpoint"], tmp_path / "back")
        assert weights_in(tmp_path / "back") == uninterrupted
    finally:
        server.stop()
        s3fs.S3FileSystem.clear_instance_cache()


def outage(bench, server, seconds, **changes):
    """Stop the database for ``seconds`` while a trainer runs, and return the finished job."""
    bench.dispatcher(held=True, lease_seconds=60)
    job_id = bench.add(**changes)
    bench.wait(lambda: bench.job(job_id)["step"] >= 20, PATIENCE, "a few steps")
    trainer = bench.trainer(job_id)
    server.stop("immediate")
    bench.release()
    time.sleep(seconds)
    assert processes.is_running(trainer)
    server.start()
    bench.database.engine.dispose()
    return bench.wait_state(job_id, "succeeded", "failed")


@pytest.fixture
def own_postgres():
    with running_postgres() as server:
        yield server


@pytest.mark.parametrize(
    ("seconds", "changes", "same"),
    [(4, {}, "uninterrupted"), pytest.param(30, LONG, "uninterrupted_long", marks=pytest.mark.endurance)],
)
def test_a_database_that_goes_away_stops_no_trainer_and_loses_nothing(
    own_postgres, tmp_path, request, seconds, changes, same
):
    bench = Bench(tmp_path / "home", own_postgres.url("postgres"))
    bench.database.migrate()
    try:
        job = outage(bench, own_postgres, seconds, **changes)
        assert (job["state"], job["attempt"]) == ("succeeded", 1), bench.report()
        found = events.events_after(bench.database, job["id"], 0)[0]
        assert found[-1]["kind"] == "succeeded"
        log = (bench.home / "jobs" / str(job["id"]) / "1.log").read_text()
        assert "database unavailable" in log
        assert weights(bench.home, job) == request.getfixturevalue(same)
    finally:
        bench.close()
