"""A service in a process of its own that tests attack, while another client is served."""

import http.client
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[2]
READY = re.compile(r"ready at (http://\S+)")
MAX_JSON_BYTES = 16 * 1024**2
DECODE = {"model": "demo-disc", "latents": [[0.0] * 6]}


class Service:
    """Address and process of a running service, and its requests."""

    def __init__(self, address: str, process: subprocess.Popen[str], home: Path) -> None:
        self.host = urlsplit(address).netloc
        self.process, self.home = process, home

    def send(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, seconds: float = 120
    ) -> tuple[int, Any, http.client.HTTPMessage]:
        """Status, body and headers of an answer; ``body`` is JSON unless it is bytes or a file.

        A body of JSON is read, but for one above MAX_JSON_BYTES, which stays bytes.
        """
        plain = isinstance(body, dict | list)
        given = {"Content-Type": "application/json", **(headers or {})} if plain else headers or {}
        connection = http.client.HTTPConnection(self.host, timeout=seconds)
        try:
            connection.request(method, path, json.dumps(body) if plain else body, given)
            answer = connection.getresponse()
            data = answer.read()
            is_json = 0 < len(data) < MAX_JSON_BYTES and "json" in answer.headers.get("content-type", "")
            return answer.status, json.loads(data) if is_json else data, answer.headers
        finally:
            connection.close()

    def memory(self, key: str = "VmRSS") -> int:
        """Resident bytes of the web process; ``VmHWM`` for the most that they ever were."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{key}:\s+(\d+) kB", text)[1]) * 1024  # type: ignore[index]

    def cpu_seconds(self) -> float:
        """CPU time that the web process has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def log(self) -> str:
        """What the process wrote to its log."""
        return (self.home / "service.log").read_text()

    @contextmanager
    def serving_others(self, most_bytes: int) -> Iterator[None]:
        """Check during a block that another client gets its answers and the process grows by ``most_bytes`` at most.

        The other client pauses for 100 ms between its requests: at least one answer begins and ends inside the
        block.
        """
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")  # the peak counts from here
        before = self.memory()
        answers: list[int] = []
        ended = threading.Event()

        def other() -> None:
            while not ended.is_set():
                answers.append(self.send("GET", "/healthz", seconds=20)[0])
                answers.append(self.send("POST", "/decode", DECODE, {"Accept": "image/png"}, seconds=20)[0])
                ended.wait(0.1)

        client = threading.Thread(target=other)
        client.start()
        try:
            yield
            deadline = time.monotonic() + 30
            while len(answers) < 2 and client.is_alive() and time.monotonic() < deadline:
                time.sleep(0.05)
        finally:
            ended.set()
            client.join()
        assert len(answers) >= 2
        assert set(answers) == {200}, set(answers)
        grown = self.memory("VmHWM") - before
        assert grown <= most_bytes, f"the service grew by {grown / 1024**2:.0f} MiB"


@contextmanager
def running(home: Path, command: str = "serve", **settings: str) -> Iterator[Service]:
    """Start ``axiscope serve`` (or ``command``) on a free port with AXISCOPE_HOME ``home``; ended with the block."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "AXISCOPE_HOME": str(home)}
    environment |= {"AXISCOPE_BUNDLED_ZOO": str(home / "none"), **settings}
    arguments = [sys.executable, "-m", "backend", command, "--port", "0"]
    with (home / "service.log").open("w") as log:
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=log, text=True, env=environment, cwd=home)
        try:
            assert process.stdout is not None
            found = READY.search(process.stdout.readline())
            assert found, (home / "service.log").read_text()[-2000:]
            yield Service(found[1], process, home)
        finally:
            process.terminate()
            process.communicate(timeout=30)
