"""Brings models that were trained elsewhere from the artifact store into this machine's zoo."""

import logging
import time
from pathlib import Path

import sqlalchemy as sa

from backend.jobs.artifacts import Artifacts, StoreAway
from backend.jobs.database import Database
from backend.jobs.tables import jobs

MODELS = "models"
PAUSE_SECONDS = 2.0
OVERLAP_SECONDS = 60.0
log = logging.getLogger("axiscope.jobs")


class Installer:
    """Looks for finished models every two seconds; with a local store they are in the zoo already.

    Parameters
    ----------
    database : Database
    artifacts : Artifacts
    zoo : Path
        Folder that receives them.
    """

    def __init__(self, database: Database, artifacts: Artifacts, zoo: Path) -> None:
        self._database, self._artifacts, self._zoo = database, artifacts, zoo
        self._since = 0.0
        self._looked = 0.0

    def step(self) -> None:
        """Install what has finished since the last look."""
        if self._artifacts.is_local or time.monotonic() - self._looked < PAUSE_SECONDS:
            return
        self._looked = time.monotonic()
        query = (
            sa.select(jobs.c.result, jobs.c.finished_at)
            .where(jobs.c.state == "succeeded", jobs.c.kind != "evaluate", jobs.c.finished_at >= self._since)
            .order_by(jobs.c.finished_at)
        )
        with self._database.read() as connection:
            found = connection.execute(query).all()
        for result, finished_at in found:
            model = (result or {}).get("model")
            if model and result.get("stored"):
                try:
                    install(self._artifacts, model, self._zoo)
                except StoreAway as error:
                    log.warning("model %s is fetched later: %s", model, error.message)
                    return
            self._since = finished_at - OVERLAP_SECONDS


def install(artifacts: Artifacts, model: str, zoo: Path) -> None:
    """Fetch model ``model`` into ``zoo`` unless it is there."""
    if (zoo / model).exists():
        return
    artifacts.get_folder(zoo / model, MODELS, model)
    log.info("model %s is in the zoo", model)
