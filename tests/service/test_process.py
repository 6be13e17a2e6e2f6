"""The running process: never loads torch, starts fast, stays small, stops gracefully."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
READY = re.compile(r"ready at (http://\S+)")


@pytest.fixture
def server(demo_zoo, tmp_path):
    """A service as a person starts it: address and process."""
    environment = {**os.environ, "AXISCOPE_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    environment["AXISCOPE_BUNDLED_ZOO"] = str(demo_zoo)
    command = [sys.executable, "-m", "backend", "serve", "--port", "0"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=tmp_path
    )
    line = process.stdout.readline()
    yield READY.search(line).group(1), process
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)


def call(url, body=None, headers=None):
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **(headers or {})})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.read()


def test_the_service_never_loads_torch_and_stays_small(server):
    address, process = server
    status = Path(f"/proc/{process.pid}/status").read_text()
    resident = int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) / 1024
    for path in (
        "/",
        "/api/v1/models",
        "/api/v1/datasets",
        "/explore/demo-disc",
        "/metrics",
        "/readyz",
        "/openapi.json",
    ):
        call(address + path)
    call(f"{address}/api/v1/models/demo-disc/figures/pcc")
    code = json.loads(call(f"{address}/encode", {"model": "demo-disc", "indices": [1, 2, 3]}))
    call(f"{address}/decode", {"model": "demo-disc", "latents": code["mu"]})
    maps = Path(f"/proc/{process.pid}/maps").read_text()
    assert "libtorch" not in maps
    assert "onnxruntime" in maps
    assert resident < 150, f"{resident:.0f} MB before the first request"


def test_a_taken_port_is_named_in_one_line_and_the_service_that_has_it_stops_clean(server, tmp_path):
    address, process = server
    port = address.rpartition(":")[2]
    done = subprocess.run(
        [sys.executable, "-m", "backend", "serve", "--port", port],
        capture_output=True,
        text=True,
        env={**os.environ, "AXISCOPE_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
        timeout=30,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: got 127.0.0.1:")
    assert "--port" in done.stderr
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=15)
    assert process.returncode in (0, -signal.SIGTERM)
    assert "Traceback" not in errors
