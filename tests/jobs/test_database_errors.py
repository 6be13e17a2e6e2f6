"""An internal error of the database reaches clients as one sentence: no SQL, no values."""

import os
import subprocess
import sys

import pytest
from fastapi.testclient import TestClient

from backend.app import create_app
from backend.settings import Settings
from tests.jobs.programs import ROOT, environment
from tests.jobs.rows import take

PROGRAM = """
import sys
import sqlalchemy as sa
from backend.jobs.attempt.execution import JobHandler, run_unit
from backend.jobs.records import AttemptRef
from backend.settings import read_settings

settings = read_settings()
def work(row, folder, watch):
    engine = sa.create_engine(settings.database)
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO sweeps (id, name) VALUES (:a, :b)"), {"a": 1, "b": "secret-value"})
run_unit([AttemptRef(int(sys.argv[1]), 1)], {"train": JobHandler(lambda: None, work)}, settings)
"""


@pytest.mark.usefixtures("bench")
def test_neither_job_nor_log_shows_the_statement_or_its_values(bench):
    job_id = bench.add(evaluate=False)
    from backend.jobs import processes
    from backend.jobs.queue import dispatchers

    dispatchers.acquire(bench.database, "here", "test", processes.identify(), has_exited=lambda _: False, seconds=60)
    (ref,) = take(bench.database)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(ref.job)],
        env={**environment(bench.home), "PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    app = create_app(Settings(home=bench.home, bundled_zoo=bench.home / "none", device="cpu"))
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        job = client.get(f"/api/v1/jobs/{job_id}").json()
        log = client.get(f"/api/v1/jobs/{job_id}/log").text
    assert job["state"] == "failed"
    assert job["error"].startswith("the database refused a write (IntegrityError): retry the job")
    assert "in work" in log
    for text in (str(job), log, done.stderr):
        for leak in ("INSERT", "secret-value", "sqlalche.me", "NOT NULL constraint"):
            assert leak not in text
