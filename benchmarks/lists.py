"""Listing, sorting and filtering 12,000 synthetic models with ten latents each over HTTP, on SQLite and PostgreSQL."""

import tempfile
from pathlib import Path

from sqlalchemy import create_engine, text

from benchmarks.jobs import databases
from benchmarks.load import drive, request
from benchmarks.scores_page import MODELS, fill
from benchmarks.serving import serving
from benchmarks.table import Row
from tests.demo_zoo import write_zoo

SECONDS = 2.0
PATHS = (
    "/api/v1/models?limit=50",
    "/api/v1/models?limit=50&sort=-mig",
    "/api/v1/models?limit=50&dataset=dsprites&sort=-cbd",
    "/api/v1/models?limit=50&q=factor+119",
    "/api/v1/latents?limit=50",
    "/api/v1/latents?limit=50&factor=posX&leak_below=.1",
    "/api/v1/latents?limit=50&q=posX+leak%3C.1+active",
    "/api/v1/latents?limit=50&q=purity%3E.5+factor+119&sort=leak",
    "/api/v1/latents?limit=50&dataset=dsprites&state=dead&sort=-kl",
    "/api/v1/scores?limit=50",
    "/api/v1/scores?limit=50&offset=6000&sort=-mig",
    "/api/v1/scores?limit=50&dataset=dsprites&sort=-cbd",
    "/api/v1/scores?limit=50&q=factor+119",
)


def update_statistics(database: str) -> None:
    """Update the statistics of the query planner, as PostgreSQL's autovacuum does within a minute of a bulk load."""
    engine = create_engine(database, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("VACUUM ANALYZE" if engine.name == "postgresql" else "PRAGMA optimize"))
    engine.dispose()


def run() -> list[Row]:
    """Request each list by one client for some seconds."""
    rows = []
    with tempfile.TemporaryDirectory() as folder, databases(Path(folder)) as found:
        home = Path(folder)
        write_zoo(home / "zoo")
        for name, url in found:
            with serving(home, url) as service:
                fill(home, url)
                update_statistics(url)
                for path in PATHS:
                    one = request("GET", path, f"{service.host}:{service.port}")
                    load = drive((service.host, service.port), [one], 1, SECONDS)
                    what = f"{name}, {MODELS:,} synthetic models, {path}"
                    rows.append(Row(what, load.milliseconds(0.95), "ms (p95)", reach="< 50 ms"))
    return rows
