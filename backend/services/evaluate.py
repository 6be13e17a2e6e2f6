"""Measure a model of the zoo and record the results: the work of `axiscope evaluate` and of evaluation jobs."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy.orm import sessionmaker

from backend.db.engine import make_engine
from backend.services import scores
from backend.services.registry import Registry
from backend.settings import Settings
from models_zoo.errors import InvalidInput
from training.config import build
from training.entry_evaluation import ROWS, evaluate_entry
from training.evaluation import Settings as MetricSettings
from training.registry import DATASETS


def evaluate_model(
    settings: Settings,
    model_id: str,
    metrics: Sequence[str] = (),
    *,
    seed: int = 0,
    metric_settings: MetricSettings | None = None,
    rows: int | None = ROWS,
    progress: Callable[[str, int, int], None] | None = None,
) -> list[dict[str, Any]]:
    """Measure model ``model_id`` and store the results in the database.

    Parameters
    ----------
    settings : Settings
    model_id : str
    metrics : sequence of str
        All that there are when empty.
    seed : int
    metric_settings : mapping, optional
        Settings by metric.
    rows : int or None
        Images to encode, None for all.
    progress : callable, optional
        See `training.entry_evaluation.evaluate_entry`.

    Returns
    -------
    list of dict
        Result records of training.evaluation.

    Raises
    ------
    InvalidInput
        If the model names no data set.
    """
    engine = make_engine(settings.database)
    sessions = sessionmaker(engine, expire_on_commit=False)
    try:
        registry = Registry(settings, sessions)
        registry.refresh()
        entry, manifest = registry.sound(model_id)
        if manifest.dataset is None:
            raise InvalidInput(f"model {model_id!r} names no data set: nothing to measure it on", field="/model")
        plugin = DATASETS.load(manifest.dataset)
        dataset = plugin.load(build(plugin.Config, manifest.dataset_settings), settings.home / "data")
        found = evaluate_entry(
            entry.folder, dataset, metrics, seed=seed, settings=metric_settings, rows=rows, progress=progress
        )
        records = [each.as_dict() for each in found]
        with sessions.begin() as session:
            scores.record(session, model_id, manifest.version, records)
        return records
    finally:
        engine.dispose()
