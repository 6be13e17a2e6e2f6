"""Decoding by the service under load, against ONNX Runtime alone in the same run, on 127.0.0.1."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.db.base import now
from backend.formats.arrays import write_npy
from benchmarks.load import Load, drive, request
from benchmarks.table import Row
from models_zoo.codec import Codec
from models_zoo.manifest import DECODER, ENCODER, Manifest, Provenance, record_files, write_manifest

ROOT = Path(__file__).parents[1]
CLIENTS = 64
SECONDS = 2.0
ROUNDS = 3
REQUESTS = 256
GOALS = {"raw": ">= .55", "PNG": ">= .50"}
LATENTS = 10
EXPORT = """
from pathlib import Path
from training.runs.process import configure_process
configure_process()
import torch, sys
from training.runs.graphs import export_graphs
from training.model.vae import VAE
torch.manual_seed(0)
export_graphs(VAE("conv64", (64, 64, 1), 10), (64, 64, 1), 10, Path(sys.argv[1]))
"""


def make_model(zoo: Path) -> Path:
    """Write a conv64 model of random weights; the cost of decoding does not depend on their values."""
    folder = zoo / "bench"
    folder.mkdir(parents=True)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", EXPORT, str(folder)], check=True, env=environment, capture_output=True)
    provenance = Provenance(created_at=now().isoformat(), axiscope_version="0")
    files = record_files(folder, (ENCODER, DECODER))
    write_manifest(
        folder,
        Manifest(
            id="bench", name="bench", latents=LATENTS, image_shape=(64, 64, 1), files=files, provenance=provenance
        ),
    )
    return folder


@dataclass(frozen=True)
class Service:
    """Running service: its host and port, its process id, and the seconds from the start until it was ready."""

    host: str
    port: int
    process: int
    ready_seconds: float

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}"


@contextmanager
def serving(home: Path, database: str = "", command: str = "serve") -> Iterator[Service]:
    """Run the service on a free port until the block ends; ``command`` is ``serve``, or ``up`` for the page too."""
    environment = {**os.environ, "AXISCOPE_HOME": str(home), "PYTHONPATH": str(ROOT), "AXISCOPE_DEVICE": "cpu"}
    environment["AXISCOPE_DATABASE_URL"] = database
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "backend", command, "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        lines = (re.search(r"http://([\d.]+):(\d+)", line) for line in process.stdout or ())
        found = next((match for match in lines if match), None)
        assert found, "the service did not start"
        yield Service(found.group(1), int(found.group(2)), process.pid, time.perf_counter() - began)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def cpu_seconds(process: int) -> float:
    """Return the CPU time of a process, user and system."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def decoder_requests(host: str) -> dict[str, list[bytes]]:
    """Return requests of one random latent each, by name of the format."""
    npy, points = "application/x-npy", np.random.default_rng(0).standard_normal((REQUESTS, 1, LATENTS))
    raw, png = [], []
    for point in points:
        body = write_npy(point.astype(np.float32))
        raw.append(request("POST", "/decode?model=bench", host, body, Content_Type=npy, Accept=npy))
        body = json.dumps({"model": "bench", "latents": point.round(4).tolist()}).encode()
        png.append(request("POST", "/decode", host, body, Content_Type="application/json", Accept="image/png"))
    return {"raw": raw, "PNG": png}


def raw_rate(codec: Codec) -> float:
    """Return the images per second of two threads that decode one image at a time."""
    point = np.zeros((1, LATENTS), np.float32)
    end = time.perf_counter() + SECONDS

    def work() -> int:
        count = 0
        while time.perf_counter() < end:
            codec.decode(point)
            count += 1
        return count

    with ThreadPoolExecutor(2) as pool:
        return sum(pool.map(lambda _: work(), range(2))) / SECONDS


def cpu_of_one(codec: Codec) -> float:
    """Return the CPU seconds of decoding one image."""
    point = np.zeros((1, LATENTS), np.float32)
    codec.decode(point)
    began = time.process_time()
    for _ in range(1000):
        codec.decode(point)
    return (time.process_time() - began) / 1000


def decode_rows(address: tuple[str, int], process: int, codec: Codec) -> Iterator[Row]:
    """Measure decoding over HTTP by many clients, in turns with ONNX Runtime alone, and by one client."""
    host = f"{address[0]}:{address[1]}"
    requests = decoder_requests(host)
    loads, used, raw = {name: Load() for name in requests}, dict.fromkeys(requests, 0.0), []
    for some in requests.values():
        drive(address, some, 8, 0.5)
    for _ in range(ROUNDS):
        raw.append(raw_rate(codec))
        for name, some in requests.items():
            used[name] -= cpu_seconds(process)
            loads[name].add(drive(address, some, CLIENTS, SECONDS))
            used[name] += cpu_seconds(process)
    alone = float(np.mean(raw))
    yield Row("ONNX Runtime alone, two threads, conv64", alone, "images/s")
    yield Row("CPU of ONNX Runtime for one image", cpu_of_one(codec) * 1000, "ms")
    for name, load in loads.items():
        what = f"decode over HTTP, {CLIENTS} clients, {name}"
        goal = GOALS[name]
        yield Row(what, load.rate, "requests/s", "ONNX Runtime alone, two threads", load.rate / alone, goal)
        yield Row(what, load.milliseconds(0.99), "ms (p99)", reach="< 100 ms")
        count = len(load.durations)
        yield Row(f"CPU of the service for one, {name}", used[name] / count * 1000, "ms")
        yield Row(f"CPU of the load generator for one, {name}", load.cpu_seconds / count * 1000, "ms")
    single = drive(address, requests["PNG"], 1, SECONDS)
    yield Row("one client alone, PNG", single.milliseconds(0.5), "ms (median)")
    yield Row("one client alone, PNG", single.milliseconds(0.95), "ms (p95)", reach="<= 25 ms with the browser")
    health = drive(address, [request("GET", "/healthz", host)], 1, SECONDS)
    yield Row("smallest answer (/healthz), one client", health.milliseconds(0.5), "ms (median)")


def run() -> list[Row]:
    """Measure start, memory and decoding."""
    home = Path(tempfile.mkdtemp(prefix="axiscope-bench-"))
    try:
        folder = make_model(home / "zoo")
        with serving(home):
            pass
        rows, codec = [], Codec(folder, device="cpu")
        with serving(home) as service:
            status = Path(f"/proc/{service.process}/status").read_text()
            cpu = cpu_seconds(service.process)
            resident = int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024  # type: ignore[union-attr]
            rows.append(Row("service ready after the first start", service.ready_seconds, "s", reach="< 1.5 s"))
            rows.append(Row("CPU time until ready", cpu, "s"))
            rows.append(Row("resident before the first request", resident, "MB", reach="< 150 MB"))
            rows.extend(decode_rows((service.host, service.port), service.process, codec))
        return rows
    finally:
        shutil.rmtree(home, ignore_errors=True)
