"""Copies of models and of reports that other machines made, from the artifact store into this machine's home."""

import logging
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from backend.db.engine import Database
from backend.jobs.artifacts import Artifacts, StoreUnavailable
from backend.jobs.tables import jobs
from backend.models.verification_reports import FOLDER as REPORTS
from models_zoo.files import write_atomic

POLL_SECONDS = 2.0
OVERLAP = timedelta(seconds=60)
log = logging.getLogger("axiscope.jobs")


class ModelSync:
    """Poll for finished models; with a local store they are in the zoo already.

    Parameters
    ----------
    database : Database
    artifacts : Artifacts
    home : Path
        AXISCOPE_HOME of this machine.
    """

    def __init__(self, database: Database, artifacts: Artifacts, home: Path) -> None:
        self._database, self._artifacts, self._home = database, artifacts, home
        self._since = datetime.fromtimestamp(0, UTC)
        self._polled_at = 0.0

    def _install(self, kind: str, model: str) -> None:
        if kind == "verify":
            name = f"{model}.json"
            write_atomic(self._home / REPORTS / name, self._artifacts.read(REPORTS, name))
        else:
            self._artifacts.install_model(model, self._home / "zoo")

    def step(self) -> None:
        """Install the models that finished since the last poll."""
        if self._artifacts.is_local or time.monotonic() - self._polled_at < POLL_SECONDS:
            return
        self._polled_at = time.monotonic()
        query = (
            sa.select(jobs.c.kind, jobs.c.result, jobs.c.finished_at)
            .where(jobs.c.state == "succeeded", jobs.c.kind != "evaluate", jobs.c.finished_at >= self._since)
            .order_by(jobs.c.finished_at)
        )
        with self._database.read() as connection:
            finished = connection.execute(query).all()
        for kind, result, finished_at in finished:
            if result and result.get("model") and result.get("stored"):
                try:
                    self._install(kind, result["model"])
                except StoreUnavailable as error:
                    log.warning("model not installed yet model=%s error=%s", result["model"], error.message)
                    return
            self._since = finished_at - OVERLAP
