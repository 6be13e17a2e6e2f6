"""Documents of one model: its description, and a sample of its codes."""

from sqlalchemy.orm import Session

from backend.catalog.datasets import images_link
from backend.catalog.opened_datasets import Datasets
from backend.formats.arrays import short_floats
from backend.models import listing, samples
from backend.models.registry import Registry
from backend.schemas.models import Limits, ModelDetail, Sample
from backend.settings import Settings
from models_zoo.json_types import JsonObject
from models_zoo.manifest import Manifest
from models_zoo.path_privacy import without_paths
from training.registry import DATASETS

SAMPLE_DIGITS = 4
"""Digits of a code: much finer than the width of its posterior, and a third fewer bytes than all digits."""
MANIFEST_FIELDS = (
    "schema_version",
    "objective_settings",
    "dataset_settings",
    "likelihood",
    "training",
    "statistics",
    "statistics_rows",
    "statistics_of",
    "factor_names",
    "learned_weights",
    "reconstruction",
    "parity",
    "files",
    "provenance",
    "licence",
)


def _limits(settings: Settings, image_shape: tuple[int, int, int] | None) -> Limits:
    return Limits(
        body_bytes=settings.body_bytes,
        batch=settings.batch,
        steps=settings.steps,
        values=settings.values,
        images=settings.most_images(image_shape) if image_shape else settings.batch,
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
    row = listing.find(session, registry, model_id)
    known = listing.summary(row, listing.headlines(session, [row])[row.id]).model_dump()
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
    entry, manifest = registry.usable(model_id)
    stored = samples.read(entry)
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
