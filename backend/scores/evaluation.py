"""Evaluation of a model of the zoo, with recorded results: `axiscope evaluate` and evaluation jobs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db import metric_results
from backend.db.engine import Database
from backend.db.tables import MetricResult
from backend.models.registry import Registry
from backend.settings import Settings
from models_zoo.json_types import JsonObject
from models_zoo.manifest import Manifest
from training.data.local import open_dataset_of
from training.evaluation.codes import content_key
from training.evaluation.images import ImageChoice, pool_of
from training.evaluation.score import EvaluationOptions
from training.evaluation.suite import Settings as MetricSettings
from training.evaluation.suite import check_settings, metric, plain
from training.evaluation.zoo_model import ROWS, LoadNetwork, evaluate_zoo_model
from training.registry import METRICS

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class EvaluationRequest:
    """Metrics to compute, and how.

    Parameters
    ----------
    metrics : sequence of str
        All metrics when empty.
    seed : int
        Of the random choice of images and of the metrics.
    options : EvaluationOptions
        Mode and threads.
    settings : mapping
        Settings by metric.
    rows : int or None
        Images to encode, None for all.
    images : {"all", "held_out", "training", "held_out_combinations"}
        Images that the rows are drawn from, see `training.evaluation.images`.
    split : tuple of int, optional
        Number of rows to fit on and to score on.
    recompute : bool
        Compute results that the database has already.
    """

    metrics: Sequence[str] = ()
    seed: int = 0
    options: EvaluationOptions = field(default_factory=EvaluationOptions)
    settings: MetricSettings = field(default_factory=dict)
    rows: int | None = ROWS
    images: ImageChoice = "all"
    split: tuple[int, int] | None = None
    recompute: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the metrics, each once."""
        return tuple(dict.fromkeys(self.metrics)) or METRICS.names()


def request_of(spec: JsonObject) -> EvaluationRequest:
    """Return the request of an evaluation job; that of a study names mode, settings and images too."""
    split = (spec["train"], spec["test"]) if "train" in spec else None
    return EvaluationRequest(
        metrics=spec["metrics"],
        seed=spec["seed"],
        options=EvaluationOptions(mode=spec.get("mode", "corrected")),
        settings=spec.get("settings", {}),
        rows=ROWS if split is None else sum(split),
        images=spec.get("images", "all"),
        split=split,
    )


def as_record(row: MetricResult) -> JsonObject:
    """Return the result record of a stored row."""
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
        "images": row.images,
        "split": row.split,
        "computed_at": row.computed_at.isoformat(),
        "cached": True,
    }


def stored(session: Session, manifest: Manifest, request: EvaluationRequest, codes: str) -> dict[str, JsonObject]:
    """Return the stored results of the same weights, codes, metric versions, settings, seed and mode."""
    found = {}
    for name, config in check_settings(request.names, request.settings).items():
        result = {
            "metric": name,
            "version": metric(name).INFO.version,
            "mode": request.options.mode,
            "seed": request.seed,
            "images": request.images,
            "settings": plain(config.model_dump(mode="json")),
        }
        key = metric_results.result_key(manifest.id, manifest.version, result)
        row = session.scalars(select(MetricResult).filter_by(codes=codes, **key)).first()
        if row is not None:
            found[name] = as_record(row)
    return found


def evaluate_model(
    settings: Settings,
    model_id: str,
    request: EvaluationRequest | None = None,
    progress: Progress | None = None,
    *,
    networks: LoadNetwork,
) -> list[JsonObject]:
    """Evaluate a model and store the results in the database; stored results are not computed again.

    Parameters
    ----------
    settings : Settings
    model_id : str
    request : EvaluationRequest, optional
    progress : callable, optional
        Called with step, done and total.
    networks : callable
        `training.evaluation.networks.loading.load_network`; passed in by the caller, because it loads PyTorch.

    Returns
    -------
    list of dict
        Result records of training.evaluation.suite; ``cached`` is set for stored ones.
    """
    request = request or EvaluationRequest()
    with Database(settings.database) as database:
        registry = Registry(settings, database)
        registry.refresh()
        model, manifest = registry.usable(model_id)
        dataset = open_dataset_of(manifest, settings.home / "data")
        pool = pool_of(manifest, dataset, request.images)
        codes = content_key(model.folder, dataset, pool.choose(request.rows, request.seed))
        with database.read_session() as session:
            known = {} if request.recompute else stored(session, manifest, request, codes)
        missing = [name for name in request.names if name not in known]
        found = (
            evaluate_zoo_model(
                model.folder,
                dataset,
                missing,
                networks=networks,
                seed=request.seed,
                options=request.options,
                settings={name: value for name, value in request.settings.items() if name in missing},
                rows=request.rows,
                images=request.images,
                split=request.split,
                progress=progress,
            )
            if missing
            else ()
        )
        fresh = {result.metric: result.as_dict() for result in found}
        database.transact(
            lambda session: metric_results.record(session, model_id, manifest.version, fresh.values(), codes)
        )
        return [known[name] if name in known else {**fresh[name], "cached": False} for name in request.names]
