"""Models: list, whole description, files, sample of codes."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import FileResponse, Response

from backend.catalog.datasets import images_link
from backend.context import Context
from backend.db import metric_results
from backend.formats.arrays import short_floats
from backend.http.problems import RESPONSES
from backend.models import listing, matching, samples
from backend.routes.dependencies import ContextDep, ModelId, SessionDep, split_names
from backend.schemas.data import Match
from backend.schemas.models import Limits, ModelDetail, ModelPage, Sample
from backend.settings import Settings
from models_zoo.errors import InvalidInput, NotFound
from models_zoo.manifest import MANIFEST, RUN_TOML, Manifest
from models_zoo.path_privacy import without_paths
from training.registry import DATASETS

router = APIRouter(prefix="/models", tags=["models"], responses=RESPONSES)
compare_router = APIRouter(prefix="/compare", tags=["compare"], responses=RESPONSES)
MAX_COMPARED = 12
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


@router.get("")
def list_models(  # noqa: PLR0913, PLR0917 - each is a query parameter
    context: ContextDep,
    session: SessionDep,
    dataset: Annotated[str | None, Query(description="only models of this data set")] = None,
    objective: Annotated[str | None, Query(description="only models of this objective")] = None,
    origin: Literal["own", "bundled"] | None = None,
    state: Literal["ready", "broken"] | None = None,
    q: Annotated[
        str | None, Query(max_length=200, description="words in id, name, data set, objective, settings")
    ] = None,
    sort: Annotated[
        str, Query(description="name, id, dataset, objective, latents, created_at or a metric; - before it: downwards")
    ] = "name",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> ModelPage:
    """List the models of the zoo; broken entries are listed with their reason."""
    context.registry.sync()
    chosen = listing.ModelFilter(dataset, objective, origin, state, q)
    rows, total, following = listing.page(session, chosen, sort, metric_results.metric_names(), limit, cursor)
    shown = listing.headlines(session, rows)
    return ModelPage(items=[listing.summary(row, shown[row.id]) for row in rows], total=total, next_cursor=following)


def limits(settings: Settings, image_shape: tuple[int, int, int] | None) -> Limits:
    """Limits of one request."""
    return Limits(
        body_bytes=settings.body_bytes,
        batch=settings.batch,
        steps=settings.steps,
        values=settings.values,
        images=settings.most_images(image_shape) if image_shape else settings.batch,
        image_pixels=settings.image_pixels,
        run_seconds=settings.run_seconds,
    )


def _empty_fields() -> dict[str, Any]:
    defaults = {name: field.get_default(call_default_factory=True) for name, field in Manifest.model_fields.items()}
    provenance = {"created_at": "", "axiscope_version": ""}
    return {name: defaults[name] for name in MANIFEST_FIELDS if name != "provenance"} | {"provenance": provenance}


def detail(session: Session, context: Context, model_id: str) -> ModelDetail:
    """Document of one model.

    Raises
    ------
    NotFound
    """
    row = listing.find(session, context.registry, model_id)
    known = listing.summary(row, listing.headlines(session, [row])[row.id]).model_dump()
    fields = _empty_fields() | {name: row.manifest[name] for name in MANIFEST_FIELDS if name in row.manifest}
    if row.dataset in DATASETS.names():
        known["links"]["images"] = images_link(row.dataset, fields["dataset_settings"], row.id)
    for name in ("dataset_settings", "training", "provenance"):
        fields[name] = without_paths(fields[name], context.settings.home)
    return ModelDetail.model_validate({**known, **fields, "limits": limits(context.settings, known["image_shape"])})


@router.get("/{model_id}")
def read_model(model_id: ModelId, context: ContextDep, session: SessionDep) -> ModelDetail:
    """Give the whole manifest: latent statistics, factor matches, learned weights, provenance, files."""
    return detail(session, context, model_id)


@router.get(
    "/{model_id}/files/{name}",
    response_class=FileResponse,
    responses={
        200: {"content": {"application/octet-stream": {}}, "description": "the file"},
        206: {"description": "the asked range"},
        304: {"description": "the client's copy is the same"},
    },
)
def read_file(
    request: Request,
    model_id: ModelId,
    name: Annotated[str, Path(description="file of the entry", examples=["decoder.onnx"])],
    context: ContextDep,
    v: Annotated[
        str | None, Query(description="beginning of the SHA-256: the answer may then be kept for ever")
    ] = None,
) -> Response:
    """Send a file of the entry: immutable by content, with a strong ETag and ranges."""
    entry, manifest = context.registry.usable(model_id)
    record = manifest.files.get(name)
    if record is None and name != MANIFEST:
        known = [*manifest.files, MANIFEST]
        raise NotFound(f"model {model_id!r} has no file {name[:80]!r}; there are: {', '.join(known)}", allowed=known)
    if name in (MANIFEST, RUN_TOML):
        text = (entry.folder / name).read_text()
        shortened = without_paths(text, context.settings.home)
        if shortened != text:  # no longer the bytes of the manifest's checksum: kept by no one
            return Response(shortened, media_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"})
    tag = f'"{record.sha256}"' if record else f'"{samples.sha256(entry.folder / name)}"'
    pinned = record is not None and v is not None and len(v) >= 6 and record.sha256.startswith(v)
    keep = "public, max-age=31536000, immutable" if pinned else "no-cache"
    headers = {"ETag": tag, "Cache-Control": keep}
    asked = request.headers.get("if-none-match", "")
    if asked == "*" or tag in (each.strip().removeprefix("W/") for each in asked.split(",")):
        return Response(status_code=304, headers=headers)
    media = "application/json" if name.endswith(".json") else "application/octet-stream"
    return FileResponse(entry.folder / name, headers=headers, media_type=media)


SAMPLE_DIGITS = 4  # of a code: far below its posterior's width, and a third less to send


@router.get("/{model_id}/sample")
def read_sample(model_id: ModelId, context: ContextDep, limit: Annotated[int, Query(ge=1, le=20_000)] = 2000) -> Sample:
    """Give codes of random images of the model's data set with their factors."""
    entry, manifest = context.registry.usable(model_id)
    sample = samples.read(entry)
    factors = samples.describe_factors(context.datasets, manifest, sample)
    return Sample(
        model=model_id,
        total=len(sample.indices),
        indices=sample.indices[:limit].tolist(),
        codes=short_floats(sample.mean[:limit], SAMPLE_DIGITS),
        factors=sample.labels[:limit].tolist(),
        factor_names=[each.name for each in factors],
        factor_sizes=[each.size for each in factors],
        factor_kinds=[each.kind for each in factors],
    )


@compare_router.get("/match")
def match(
    context: ContextDep,
    m: Annotated[
        str, Query(description="ids joined by commas, the reference first", examples=["demo-disc,demo-disc-mixed"])
    ],
) -> Match:
    """Assign the latents of each further model to the first model's, with sign and correlation."""
    models = split_names(m)
    if not 2 <= len(models) <= MAX_COMPARED:
        raise InvalidInput(f"got {len(models)} models; allowed: 2 to {MAX_COMPARED}", field="query/m")
    return matching.match(context.registry, models)
