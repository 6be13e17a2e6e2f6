"""Verification of a model: every figure that is shown, computed again from its weights."""

import importlib.metadata
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.engine import Database
from backend.db.tables import MetricResult, Model
from backend.models import verification_reports
from backend.models.registry import Registry
from backend.schemas.verification import Counts, Figure, Verification, VerificationState
from backend.scores import model_figures
from backend.scores.comparison import MISSING, NEEDS_IMAGES, compare, unchecked
from backend.scores.evaluation import as_record
from backend.scores.score_figures import (
    Progress,
    Recomputation,
    StoredScore,
    results_of_file,
    row_figures,
    score_figures,
)
from backend.settings import Settings
from models_zoo.catalog import ZooModel
from models_zoo.errors import AxiscopeError, DamagedFile, MissingFiles
from models_zoo.manifest import MANIFEST, SAMPLE, Manifest, read_manifest
from models_zoo.path_privacy import without_folders
from training.data.dataset import Dataset
from training.data.local import open_dataset_of
from training.evaluation.zoo_model import LoadNetwork


@dataclass(frozen=True)
class _Stored:
    """What the database holds of a model."""

    manifest: dict[str, object]
    scores: list[StoredScore]
    headlines: Counter[str]


def _read_stored(session: Session, model_id: str) -> _Stored:
    rows = session.scalars(
        select(MetricResult).where(MetricResult.model_id == model_id).order_by(MetricResult.id)
    ).all()
    scores = [StoredScore("database", as_record(row), row.model_version, row.codes, row.settings_hash) for row in rows]
    headlines = Counter({row.metric: 0 for row in rows})
    headlines.update(row.metric for row in rows if row.headline)
    return _Stored(session.get_one(Model, model_id).manifest, scores, headlines)


class Verifier:
    """Verification of models, with a cache of its own that is deleted afterwards.

    Parameters
    ----------
    settings : Settings
    networks : callable
        `training.evaluation.networks.loading.load_network`.
    parity : callable, optional
        Measures the difference of a model and the weights of its training, where these are given.
    jobs : int
        Threads.
    """

    def __init__(
        self, settings: Settings, *, networks: LoadNetwork, parity: model_figures.Measure | None = None, jobs: int = 1
    ) -> None:
        self._settings, self._parity, self._jobs = settings, parity, jobs
        self._folder = tempfile.TemporaryDirectory(prefix="axiscope-verify-")
        self._cache = Path(self._folder.name)
        self._networks: LoadNetwork = partial(networks, cache=self._cache)
        self.database = Database(settings.database)
        self.registry = Registry(settings, self.database)
        self.registry.refresh()

    def __enter__(self) -> "Verifier":
        return self

    def __exit__(self, *_: object) -> None:
        self.database.close()
        self._folder.cleanup()

    def models(self) -> list[str]:
        """Return the ids of all models, broken ones too."""
        with self.database.read_session() as session:
            return list(session.scalars(select(Model.id).order_by(Model.id)))

    def verify(self, model_id: str, progress: Progress | None = None) -> Verification:
        """Compute every figure of a model again, compare, and store the report in the home.

        Raises
        ------
        NotFound
            If there is no such model.
        """
        began = time.monotonic()
        model = self.registry.find(model_id)
        with self.database.read_session() as session:
            stored = _read_stored(session, model_id)
            basis = verification_reports.basis(session, [session.get_one(Model, model_id)])[model_id]
        manifest, figures = self._read_manifest(model)
        figures += model_figures.file_figures(model.folder, manifest)
        reason = None
        if manifest is not None and model_figures.can_run(figures):
            figures.append(
                compare("database", "description", stored.manifest, manifest.model_dump(mode="json"), tolerance=0)
            )
            try:
                dataset = self._open_dataset(manifest)
                figures += self._recomputed(model, manifest, stored, dataset, progress)
            except MissingFiles as error:
                reason = without_folders(error.message, self._settings.home)
                figures += self._without_images(model, manifest, stored)
            except AxiscopeError as error:
                figures.append(compare("latents", "figures of the weights", MISSING, None, note=error.message))
        elif manifest is not None:
            note = "not computed: the graphs are not those of the manifest"
            figures.append(unchecked("latents", "all others", note))
        counts = Counts.model_validate(Counter(figure.state for figure in figures))
        state: VerificationState = "verified" if reason is None else "unchecked"
        if counts.different or counts.outdated:
            state = "differs"
        report = Verification(
            model=model_id,
            version=manifest.version if manifest and model_figures.can_run(figures) else "",
            state=state,
            reason=reason,
            checked_at=datetime.now(UTC),
            seconds=round(time.monotonic() - began, 1),
            axiscope_version=importlib.metadata.version("axiscope"),
            basis=basis,
            counts=counts,
            figures=figures,
        )
        verification_reports.write(self._settings.home, report)
        return report

    @staticmethod
    def _read_manifest(model: ZooModel) -> tuple[Manifest | None, list[Figure]]:
        try:
            return read_manifest(model.folder), []
        except AxiscopeError as error:
            return None, [compare("files", MANIFEST, "unreadable", "a manifest", note=error.message)]

    def _open_dataset(self, manifest: Manifest) -> Dataset | None:
        """Return the data set of a model, None if it names none.

        Raises
        ------
        MissingFiles
            If its files are missing or damaged, for which the model is not to blame.
        """
        if manifest.dataset is None:
            return None
        try:
            return open_dataset_of(manifest, self._settings.home / "data")
        except DamagedFile as error:
            raise MissingFiles(error.message) from None

    def _recomputed(
        self,
        model: ZooModel,
        manifest: Manifest,
        stored: _Stored,
        dataset: Dataset | None,
        progress: Progress | None,
    ) -> list[Figure]:
        figures = list(model_figures.sample_figures(model.folder, manifest, dataset))
        figures += model_figures.parity_figures(model.folder, manifest, dataset, self._parity)
        if dataset is None:
            return figures
        file = results_of_file(model.folder, manifest)
        figures += row_figures(stored.scores, file, stored.headlines)
        again = Recomputation(model.folder, dataset, cache=self._cache, networks=self._networks, jobs=self._jobs)
        figures += score_figures([*file, *stored.scores], manifest, again, progress)
        return figures

    def _without_images(self, model: ZooModel, manifest: Manifest, stored: _Stored) -> list[Figure]:
        """Return what can be compared without the images, and each figure that cannot as unchecked."""
        file = results_of_file(model.folder, manifest)
        return [
            unchecked("sample", SAMPLE, NEEDS_IMAGES),
            unchecked("latents", "statistics", NEEDS_IMAGES),
            unchecked("reconstruction", "reconstruction", NEEDS_IMAGES),
            *model_figures.parity_figures(model.folder, manifest, None, self._parity),
            *row_figures(stored.scores, file, stored.headlines),
            *score_figures([*file, *stored.scores], manifest, None),
        ]
