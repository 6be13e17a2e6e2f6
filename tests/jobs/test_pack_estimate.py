"""Estimate of a sweep: the time of packs beside that of single runs."""

import pytest
from fastapi.testclient import TestClient

from backend.app import create_app
from backend.jobs import processes
from backend.jobs.queue import dispatchers, step_times
from backend.settings import Settings

BASE = {"dataset": "dsprites", "objective": "vae", "steps": 300}


def test_an_estimate_of_a_sweep_has_the_time_of_packs_beside_that_of_single_runs(tmp_path):
    app = create_app(Settings(home=tmp_path, bundled_zoo=tmp_path / "none", device="cpu"))
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        spec = client.post("/api/v1/jobs", json={"kind": "train", "spec": BASE}).json()["spec"]
        for seconds, gpus, together in ((0.02, 0, 1), (0.03, 1, 1), (0.05, 1, 6)):
            step_times.record(app.state.context.database, {**spec, "gpus": gpus}, seconds, together=together)

        def estimate(pack, gpus):
            sweep = {"base": {**BASE, "gpus": gpus}, "grid": {"seed": list(range(12))}, "pack": pack}
            found = client.post("/api/v1/jobs/estimate", json={"kind": "sweep", "spec": sweep}).json()
            assert (found["slots"], found["gpu_share"]) == (1, None)
            return found["pack"], found["seconds"], found["packed_seconds"]

        cpu, gpu = 300 * 0.02, 300 * 0.03
        assert estimate(6, 0) == (6, pytest.approx(12 * cpu), pytest.approx(12 * cpu))
        assert estimate(6, 1) == (6, pytest.approx(12 * gpu), pytest.approx(2 * 300 * 0.05))
        assert estimate(5, 1) == (5, pytest.approx(12 * gpu), None)


def test_packs_share_a_gpu_by_the_memory_that_one_took(tmp_path):
    app = create_app(Settings(home=tmp_path, bundled_zoo=tmp_path / "none", device="cpu"))
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        database = app.state.context.database
        spec = client.post("/api/v1/jobs", json={"kind": "train", "spec": BASE}).json()["spec"]
        step_times.record(database, {**spec, "gpus": 1}, 0.05, together=6, gpu_bytes=10 * 2**30)
        me = processes.identify()
        epoch = dispatchers.acquire(database, "tower", "tower:1", me, has_exited=lambda _: False, seconds=60)
        capacity = {"cpus": 16.0, "gpus": 1.0, "units": 16, "gpu_bytes": 80 * 2**30}
        dispatchers.renew(database, "tower", epoch, seconds=60, healthy=True, capacity=capacity)

        def estimate(gpus):
            sweep = {"base": {**BASE, "gpus": gpus}, "grid": {"seed": list(range(60))}, "pack": 6}
            found = client.post("/api/v1/jobs/estimate", json={"kind": "sweep", "spec": sweep}).json()
            return found["gpu_share"], found["slots"], found["packed_seconds"]

        assert estimate(1) == (0.14, 1, pytest.approx(10 * 300 * 0.05))
        assert estimate(0.14) == (0.14, 7, pytest.approx(2 * 300 * 0.05))
