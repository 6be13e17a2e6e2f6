"""Measure a model of the zoo and record the results: the work of `axiscope evaluate` and of evaluation jobs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from backend.db import metric_results
from backend.db.engine import make_engine, transaction
from backend.db.tables import MetricResult
from backend.models.registry import Registry
from backend.settings import Settings
from models_zoo.catalog import Entry
from models_zoo.errors import InvalidInput
from models_zoo.manifest import Manifest
from training.data import local
from training.data.dataset import Dataset
from training.evaluation.codes import choose_indices, content_key
from training.evaluation.score import EvaluationOptions
from training.evaluation.suite import Settings as MetricSettings
from training.evaluation.suite import check_settings, metric, plain
from training.evaluation.zoo_model import ROWS, LoadNetwork, evaluate_entry
from training.registry import METRICS

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Wanted:
    """What to measure and how.

    Parameters
    ----------
    metrics : sequence of str
        All that there are when empty.
    seed : int
        Draws the images, and everything random in the metrics.
    options : EvaluationOptions
        Mode and threads.
    settings : mapping
        Settings by metric.
    rows : int or None
        Images to encode, None for all.
    again : bool
        Compute also what the database holds already.
    """

    metrics: Sequence[str] = ()
    seed: int = 0
    options: EvaluationOptions = field(default_factory=EvaluationOptions)
    settings: MetricSettings = field(default_factory=dict)
    rows: int | None = ROWS
    again: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Metrics without repetition."""
        return tuple(dict.fromkeys(self.metrics)) or METRICS.names()


def open_dataset(settings: Settings, manifest: Manifest) -> Dataset:
    """Data set that the model was trained on.

    Raises
    ------
    InvalidInput
        If the model names none.
    """
    if manifest.dataset is None:
        raise InvalidInput(f"model {manifest.id!r} names no data set: nothing to measure it on", field="/model")
    return local.open_dataset(manifest.dataset, manifest.dataset_settings, settings.home / "data")


def as_record(row: MetricResult) -> dict[str, Any]:
    """Result record of a stored row."""
    return {
        "metric": row.metric,
        "mode": row.mode,
        "score": row.score,
        "interval": None if row.low is None or row.high is None else (row.low, row.high),
        "chance": row.chance,
        "reason": row.reason,
        "details": row.details,
        "settings": row.settings,
        "seed": row.seed,
        "n": row.n,
        "version": int(row.metric_version) if row.metric_version.isdigit() else row.metric_version,
        "seconds": row.seconds,
        "computed_at": row.computed_at.isoformat(),
        "cached": True,
    }


def stored(session: Session, manifest: Manifest, wanted: Wanted, codes: str) -> dict[str, dict[str, Any]]:
    """Results that still hold: same weights, codes, metric version, settings, seed and mode."""
    configs = check_settings(wanted.names, wanted.settings)
    found = {}
    for name, config in configs.items():
        row = session.scalars(
            select(MetricResult).where(
                MetricResult.model_id == manifest.id,
                MetricResult.model_version == manifest.version,
                MetricResult.codes == codes,
                MetricResult.metric == name,
                MetricResult.metric_version == str(metric(name).INFO.version),
                MetricResult.mode == wanted.options.mode,
                MetricResult.seed == wanted.seed,
                MetricResult.settings_hash == metric_results.settings_hash(plain(config.model_dump(mode="json"))),
            )
        ).first()
        if row is not None:
            found[name] = as_record(row)
    return found


def evaluate_model(
    settings: Settings,
    model_id: str,
    wanted: Wanted | None = None,
    progress: Progress | None = None,
    *,
    networks: LoadNetwork,
) -> list[dict[str, Any]]:
    """Measure model ``model_id`` and store the results in the database; what is stored already is not computed again.

    ``networks`` is `training.evaluation.networks.loading.load_network`, handed in by the process that measures: it
    loads PyTorch.

    Returns
    -------
    list of dict
        Result records of training.evaluation.suite; ``cached`` says whether one was stored already.

    Raises
    ------
    NotFound, DamagedFile, InvalidInput
    """
    wanted = wanted or Wanted()
    engine = make_engine(settings.database)
    sessions = sessionmaker(engine, expire_on_commit=False)
    try:
        registry = Registry(settings, sessions)
        registry.refresh()
        entry, manifest = registry.sound(model_id)
        dataset = open_dataset(settings, manifest)
        codes = content_key(entry.folder, dataset, choose_indices(len(dataset), wanted.rows, wanted.seed))
        with sessions() as session:
            known = {} if wanted.again else stored(session, manifest, wanted, codes)
        missing = [name for name in wanted.names if name not in known]
        fresh = _measure(entry, dataset, wanted, missing, networks, progress)
        results = list(fresh.values())
        transaction(
            sessions, lambda session: metric_results.record(session, model_id, manifest.version, results, codes)
        )
        return [known[name] if name in known else {**fresh[name], "cached": False} for name in wanted.names]
    finally:
        engine.dispose()


def _measure(
    entry: Entry,
    dataset: Dataset,
    wanted: Wanted,
    missing: Sequence[str],
    networks: LoadNetwork,
    progress: Progress | None,
) -> dict[str, dict[str, Any]]:
    if not missing:
        return {}
    asked = replace(wanted, settings={name: value for name, value in wanted.settings.items() if name in missing})
    found = evaluate_entry(
        entry.folder,
        dataset,
        missing,
        networks=networks,
        seed=asked.seed,
        options=asked.options,
        settings=asked.settings,
        rows=asked.rows,
        progress=progress,
    )
    return {each.metric: each.as_dict() for each in found}
