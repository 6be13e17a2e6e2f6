"""The queue with 10,800 runs, on both databases: inserting, claiming, cancelling, and the lists of the page."""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fastapi.testclient import TestClient

from backend.app import create_app
from backend.db.engine import Database
from backend.jobs import processes
from backend.jobs.attempt import updates
from backend.jobs.queue import dispatchers, queries, submit, transitions
from backend.jobs.queue.leases import claim
from backend.jobs.records import Capacity
from backend.settings import Settings
from benchmarks.table import Row
from tests.jobs.conftest import Postgres, postgres_programs

RUNS = 10_800
CLAIMS = 300
PAGES = 60
REACH = "< 50 ms"
BASE = {
    "dataset": "dsprites",
    "objective": "beta_vae",
    "objective_settings": {"beta": 4.0},
    "architecture": "conv64",
    "steps": 300_000,
    "threads": 1,
    "evaluate": False,
}


def timed(call: Callable[[], object]) -> float:
    """Return the milliseconds of one call."""
    begun = time.perf_counter()
    call()
    return (time.perf_counter() - begun) * 1000


def p95(values: list[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(values, n=20)[-1]


@contextmanager
def databases(folder: Path) -> Iterator[list[tuple[str, str]]]:
    """Return names and URLs: SQLite, and a PostgreSQL server of this benchmark where one is installed."""
    found = [("SQLite", f"sqlite:///{folder / 'axiscope.db'}")]
    programs = postgres_programs()
    if programs is None:
        sys.stderr.write("PostgreSQL is not installed: SQLite only\n")
        yield found
        return
    place = Path(tempfile.mkdtemp(prefix="axiscope-pg-"))
    server = Postgres(programs, place)
    server.start()
    try:
        yield [*found, ("PostgreSQL", server.url("postgres"))]
    finally:
        server.stop("immediate")
        shutil.rmtree(place, ignore_errors=True)


def insert(database: Database) -> float:
    """Return the seconds to store the sweep and insert all its rows."""
    spec = {
        "base": BASE,
        "grid": {"objective_settings.beta": [float(beta) for beta in range(1, 109)], "seed": list(range(100))},
        "defaults": {"run": {}, "objective": {"beta_vae": {}}, "dataset": {"dsprites": {}}},
    }
    begun = time.perf_counter()
    with database.write() as connection:
        submit.insert_sweep(connection, submit.NewSweep("benchmark", spec, RUNS))
    while submit.expand(database):
        pass
    return time.perf_counter() - begun


def pages(client: TestClient) -> list[float]:
    """Return the milliseconds of the list of the jobs page."""
    return [timed(lambda: client.get("/api/v1/jobs?limit=50").raise_for_status()) for _ in range(PAGES)]


def measure(name: str, url: str, home: Path) -> list[Row]:
    """Return the figures of one database."""
    sys.stderr.write(f"{name}: {RUNS:,} runs\n")
    settings = Settings(home=home, database_url=url, bundled_zoo=home / "none", device="cpu")
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as client:
        database = Database(url)
        database.migrate()
        empty = pages(client)
        seconds = insert(database)
        full = pages(client)
        me = processes.identify()
        epoch = dispatchers.acquire(database, "bench", "bench", me, has_exited=lambda _: True, seconds=3600)
        one = Capacity(1, 0, 1)
        claims = [timed(lambda: claim(database, "bench", epoch or 0, one, 3600.0)) for _ in range(CLAIMS)]
        flying = queries.listing(database, states=["leased"], limit=CLAIMS)[0]
        cancels = [timed(lambda row=row: transitions.cancel(database, row["id"])) for row in flying[:100]]  # type: ignore[misc]
        busy = _pages_beside_work(client, url)
        cells = [timed(lambda: client.get("/api/v1/sweeps/1/cells").raise_for_status()) for _ in range(20)]
        sweep = timed(lambda: transitions.cancel_sweep(database, 1))
        database.close()
    return [
        Row(f"{name}: sweep of {RUNS:,} runs stored and expanded", seconds, "s"),
        Row(f"{name}: claim one of {RUNS:,}, p50", statistics.median(claims), "ms"),
        Row(f"{name}: claim one of {RUNS:,}, p95", p95(claims), "ms", reach=REACH),
        Row(f"{name}: cancel one, p95", p95(cancels), "ms"),
        Row(f"{name}: cancel the sweep with all its runs", sweep, "ms"),
        Row(f"{name}: list of jobs, queue empty, p95", p95(empty), "ms"),
        _compared(f"{name}: list of jobs, {RUNS:,} queued, p95", p95(full), p95(empty)),
        _compared(f"{name}: list of jobs beside claims and heartbeats, p95", p95(busy), p95(empty)),
        Row(f"{name}: state of all {RUNS:,} runs for the sweep's page, p50", statistics.median(cells), "ms"),
    ]


def _compared(what: str, value: float, baseline: float) -> Row:
    return Row(what, value, "ms", f"empty queue, {baseline:.1f} ms", baseline / value, REACH)


def _pages_beside_work(client: TestClient, url: str) -> list[float]:
    """Measure the list while another process claims jobs, renews leases and reports, as 20 attempts do."""
    command = [sys.executable, "-m", "benchmarks.jobs", url]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        worker.stdout.readline()
        found = pages(client)
        worker.terminate()
    return found


def work(url: str) -> None:
    """Report progress of 20 attempts, each once a second, until the process is killed."""
    database = Database(url)
    epoch = dispatchers.acquire(database, "work", "work", processes.identify(), has_exited=lambda _: True, seconds=3600)
    refs = [ref for unit in claim(database, "work", epoch or 0, Capacity(20, 0, 20), 3600.0) for ref in unit.refs]
    for ref in refs:
        updates.start(database, ref, 3600.0)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    step = 0
    while True:
        step += 1
        for ref in refs:
            updates.progress(database, ref, 3600.0, step, [{"step": step, "parts": {"kl": 1.0}}])
            time.sleep(1 / len(refs))


def run() -> list[Row]:
    """Measure both databases."""
    folder = Path(tempfile.mkdtemp(prefix="axiscope-bench-"))
    try:
        with databases(folder) as found:
            return [row for name, url in found for row in measure(name, url, folder / name)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    work(sys.argv[1])
