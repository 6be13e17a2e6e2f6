"""Documents of models: summaries of a list, the description of one model, a sample of its codes."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.catalog.datasets import images_link
from backend.catalog.opened_datasets import Datasets
from backend.db.tables import MetricResult, Model
from backend.formats.arrays import short_floats
from backend.models import samples, verification_reports
from backend.models.registry import Registry
from backend.schemas.models import Headline, Limits, ModelDetail, ModelSummary, Sample, TopLatent
from backend.schemas.verification import VerificationBadge
from backend.settings import Settings
from models_zoo.json_types import JsonObject
from models_zoo.manifest import LatentStatistics, Manifest
from models_zoo.path_privacy import without_paths
from training.registry import DATASETS

SAMPLE_DIGITS = 4
"""Digits of a code: much finer than the width of its posterior, and a third fewer bytes than all digits."""
MAX_TOP_LATENTS = 4
ROW_FIELDS = ("id", "name", "dataset", "dataset_title", "objective", "architecture", "latents", "image_shape")
ACTIVE_STATES = ("active", "saturated")
MANIFEST_FIELDS = [name for name in ModelDetail.model_fields.keys() & Manifest.model_fields if name not in ROW_FIELDS]


def _links(row: Model) -> dict[str, str]:
    """Return the addresses of a model's pages, files and data set."""
    base = f"/api/v1/models/{row.id}"
    found = {"self": base, "explore": f"/explore/{row.id}", "metrics": f"/api/v1/metrics?model={row.id}"}
    found["verification"] = f"{base}/verification"
    if row.problem is None:
        files = row.manifest.get("files", {})
        for name in ("encoder.onnx", "decoder.onnx"):
            if name in files:
                found[name.partition(".")[0]] = f"{base}/files/{name}?v={files[name]['sha256'][:12]}"
        if row.dataset:
            found["sample"] = f"{base}/sample"
        found["figures"] = f"{base}/figures"
    if row.dataset:
        found["dataset"] = f"/api/v1/datasets/{row.dataset}"
    return found


def _summary(row: Model, metrics: dict[str, Headline], verification: VerificationBadge) -> ModelSummary:
    manifest = row.manifest
    statistics = manifest.get("statistics") or []
    training = without_paths(manifest.get("training") or {})
    settings = manifest.get("objective_settings") or {}
    top = sorted(enumerate(statistics), key=lambda latent: -LatentStatistics.model_construct(**latent[1]).information)
    return ModelSummary(
        id=row.id,
        version=row.version,
        name=row.name,
        dataset=row.dataset,
        dataset_title=manifest.get("dataset_title"),
        objective=row.objective,
        architecture=row.architecture,
        hyperparameters={**training, **settings},
        objective_settings=settings,
        training=training,
        latents=row.latents,
        states=Counter(each["state"] for each in statistics),
        top_latents=[
            TopLatent(
                index=index,
                factor=each["best_factor"],
                correlation=each["best_correlation"],
                kl_nats=each["kl_nats"],
            )
            for index, each in top[:MAX_TOP_LATENTS]
        ],
        reconstruction=manifest.get("reconstruction") or {},
        active_latents=sum(each["state"] in ACTIVE_STATES for each in statistics) if statistics else None,
        image_shape=manifest.get("image_shape"),
        study=manifest.get("study"),
        origin="bundled" if row.origin == "bundled" else "own",
        state="ready" if row.problem is None else "broken",
        problem=without_paths(row.problem),
        created_at=row.created_at,
        metrics=metrics,
        verification=verification,
        links=_links(row),
    )


def summaries(session: Session, rows: Sequence[Model], home: Path) -> list[ModelSummary]:
    """Return the documents of rows with their headline metrics and the states of their verifications.

    Absolute paths in settings are shortened.
    """
    versions = {row.id: row.version for row in rows}
    found: dict[str, dict[str, Headline]] = {row.id: {} for row in rows}
    query = select(
        MetricResult.model_id,
        MetricResult.model_version,
        MetricResult.metric,
        MetricResult.score,
        MetricResult.low,
        MetricResult.high,
    ).where(MetricResult.model_id.in_(versions), MetricResult.headline.is_(True))
    for model_id, version, metric, score, low, high in session.execute(query):
        interval = None if low is None or high is None else (low, high)
        state: Literal["ready", "stale"] = "ready" if version == versions[model_id] else "stale"
        found[model_id][metric] = Headline(score=score, interval=interval, state=state)
    badges = verification_reports.badges(session, home, rows)
    return [_summary(row, found[row.id], badges[row.id]) for row in rows]


def _limits(settings: Settings, image_shape: tuple[int, int, int] | None) -> Limits:
    return Limits(
        body_bytes=settings.body_bytes,
        batch=settings.batch,
        steps=settings.steps,
        values=settings.values,
        images=settings.max_images(image_shape) if image_shape else settings.batch,
        image_pixels=settings.image_pixels,
        run_seconds=settings.run_seconds,
    )


def _empty_fields() -> JsonObject:
    defaults = {name: field.get_default(call_default_factory=True) for name, field in Manifest.model_fields.items()}
    provenance = {"created_at": "", "axiscope_version": ""}
    return {name: defaults[name] for name in MANIFEST_FIELDS if name != "provenance"} | {"provenance": provenance}


def detail(session: Session, registry: Registry, settings: Settings, model_id: str) -> ModelDetail:
    """Return the description of a model; the fields of a broken one are empty.

    Raises
    ------
    NotFound
        If there is no such model.
    """
    registry.find(model_id)
    row = session.get_one(Model, model_id)
    known = summaries(session, [row], settings.home)[0].model_dump()
    fields = _empty_fields() | {name: row.manifest[name] for name in MANIFEST_FIELDS if name in row.manifest}
    if row.dataset in DATASETS.names():
        known["links"]["images"] = images_link(row.dataset, fields["dataset_settings"], row.id)
    for name in ("dataset_settings", "training", "provenance"):
        fields[name] = without_paths(fields[name], settings.home)
    return ModelDetail.model_validate({**known, **fields, "limits": _limits(settings, known["image_shape"])})


def sample(registry: Registry, datasets: Datasets, model_id: str, limit: int) -> Sample:
    """Return at most ``limit`` stored codes of random images with their factors.

    Raises
    ------
    NotFound
        If there is no such model, or it has no codes.
    """
    model, manifest = registry.usable(model_id)
    stored = samples.read(model)
    factors = samples.describe_factors(datasets, manifest, stored)
    return Sample(
        model=model_id,
        total=len(stored.indices),
        indices=stored.indices[:limit].tolist(),
        codes=short_floats(stored.mean[:limit], SAMPLE_DIGITS),
        factors=stored.labels[:limit].tolist(),
        factor_names=[each.name for each in factors],
        factor_sizes=[each.size for each in factors],
        factor_kinds=[each.kind for each in factors],
    )
