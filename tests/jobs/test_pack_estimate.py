"""Estimate of a sweep: the time of packs beside that of single runs."""

import pytest
from fastapi.testclient import TestClient

from backend.app import create_app
from backend.jobs.queue import step_times
from backend.settings import Settings

BASE = {"dataset": "dsprites", "objective": "vae", "steps": 300}


def test_an_estimate_of_a_sweep_has_the_time_of_packs_beside_that_of_single_runs(tmp_path):
    app = create_app(Settings(home=tmp_path, bundled_zoo=tmp_path / "none", device="cpu"))
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        spec = client.post("/api/v1/jobs", json={"kind": "train", "spec": BASE}).json()["spec"]
        for seconds, together in ((0.02, 1), (0.05, 6)):
            step_times.record(app.state.context.database, spec, seconds, together=together)

        def estimate(pack, gpus):
            sweep = {"base": {**BASE, "gpus": gpus}, "grid": {"seed": list(range(12))}, "pack": pack}
            found = client.post("/api/v1/jobs/estimate", json={"kind": "sweep", "spec": sweep}).json()
            assert found["slots"] == 1
            return found["pack"], found["seconds"], found["packed_seconds"]

        one = 300 * 0.02
        assert estimate(6, 0) == (6, pytest.approx(12 * one), pytest.approx(12 * one))
        assert estimate(6, 1) == (6, pytest.approx(12 * one), pytest.approx(2 * 300 * 0.05))
        assert estimate(5, 1) == (5, pytest.approx(12 * one), None)
