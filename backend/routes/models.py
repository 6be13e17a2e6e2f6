"""Models: list, description, files, sample of codes, matches of latents."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import FileResponse, Response

from backend.http.negotiation import IMMUTABLE, JSON, MARKDOWN, choose, is_cached
from backend.http.problems import RESPONSES
from backend.models import documents, listing, matching, samples, verification_reports
from backend.models.stability import latents_of_seeds
from backend.routes.dependencies import ContextDep, ModelId, SessionDep, split_names
from backend.schemas.card import Card
from backend.schemas.data import Match, Stability
from backend.schemas.models import ModelDetail, ModelPage, Sample
from backend.schemas.verification import Verification
from backend.scores.card import read_card
from backend.scores.card_markdown import to_markdown
from models_zoo.errors import InvalidInput, NotFound
from models_zoo.manifest import MANIFEST, RUN_TOML
from models_zoo.path_privacy import without_paths
from training.registry import METRICS

router = APIRouter(prefix="/models", tags=["models"], responses=RESPONSES)
compare_router = APIRouter(prefix="/compare", tags=["compare"], responses=RESPONSES)
MAX_COMPARED = 12
MAX_SEEDS = 50


@router.get("")
def list_models(  # noqa: PLR0913, PLR0917 - each is a query parameter
    context: ContextDep,
    session: SessionDep,
    dataset: Annotated[str | None, Query(description="only models of this data set")] = None,
    objective: Annotated[str | None, Query(description="only models of this objective")] = None,
    origin: Literal["own", "bundled"] | None = None,
    state: Literal["ready", "broken"] | None = None,
    study: Annotated[str | None, Query(max_length=80, description="only models that this study trained")] = None,
    q: Annotated[
        str | None, Query(max_length=200, description="words in id, name, data set, objective, settings")
    ] = None,
    sort: Annotated[
        str, Query(description="name, id, dataset, objective, latents, created_at or a metric; - before it: downwards")
    ] = "name",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> ModelPage:
    """List the models of the zoo; a broken one is listed with the reason."""
    context.registry.sync()
    chosen = listing.ModelFilter(dataset, objective, origin, state, q, study=study)
    rows, total, following = listing.page(session, chosen, sort, METRICS.names(), limit, cursor)
    items = documents.summaries(session, rows, context.settings.home)
    return ModelPage(items=items, total=total, next_cursor=following)


@router.get("/{model_id}")
def read_model(model_id: ModelId, context: ContextDep, session: SessionDep) -> ModelDetail:
    """Describe a model: latent statistics, factor matches, learned weights, provenance, files."""
    return documents.detail(session, context.registry, context.settings, model_id)


@router.get(
    "/{model_id}/files/{name}",
    response_class=FileResponse,
    responses={
        200: {"content": {"application/octet-stream": {}}, "description": "the file"},
        206: {"description": "the requested range"},
        304: {"description": "the client's copy is the same"},
    },
)
def read_file(
    request: Request,
    model_id: ModelId,
    name: Annotated[str, Path(description="file of the model", examples=["decoder.onnx"])],
    context: ContextDep,
    v: Annotated[
        str | None, Query(description="first digits of the SHA-256; the response may then be cached without end")
    ] = None,
) -> Response:
    """Send a file of the model, with a strong ETag and ranges."""
    entry, manifest = context.registry.usable(model_id)
    record = manifest.files.get(name)
    if record is None and name != MANIFEST:
        known = [*manifest.files, MANIFEST]
        raise NotFound(f"got file {name[:80]!r}; allowed: {', '.join(known)}", allowed=known)
    if name in (MANIFEST, RUN_TOML):
        text = (entry.folder / name).read_text()
        shortened = without_paths(text, context.settings.home)
        if shortened != text:  # other bytes than those of the checksum
            return Response(shortened, media_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"})
    tag = f'"{record.sha256}"' if record else f'"{samples.sha256(entry.folder / name)}"'
    pinned = record is not None and v is not None and len(v) >= 6 and record.sha256.startswith(v)
    headers = {"ETag": tag, "Cache-Control": IMMUTABLE if pinned else "no-cache"}
    if is_cached(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    media = "application/json" if name.endswith(".json") else "application/octet-stream"
    return FileResponse(entry.folder / name, headers=headers, media_type=media)


@router.get("/{model_id}/sample")
def read_sample(model_id: ModelId, context: ContextDep, limit: Annotated[int, Query(ge=1, le=20_000)] = 2000) -> Sample:
    """Return codes of random images of the model's data set with their factors."""
    return documents.sample(context.registry, context.datasets, model_id, limit)


@router.get("/{model_id}/verification")
def read_verification(model_id: ModelId, context: ContextDep, session: SessionDep) -> Verification:
    """Return the newest report of `axiscope verify` or of a job of kind verify; 404 before the first one."""
    context.registry.find(model_id)
    return verification_reports.read(session, context.settings.home, model_id)


@router.get(
    "/{model_id}/card",
    response_model=Card,
    responses={200: {"content": {MARKDOWN: {"schema": {"type": "string"}}}}},
)
def read_model_card(request: Request, model_id: ModelId, context: ContextDep, session: SessionDep) -> Response:
    """Return the model card as Markdown, or as JSON by `Accept`: training, scores, limits, use, citation."""
    accept = choose(request, (MARKDOWN, JSON))
    card = read_card(session, context.registry, context.settings, model_id)
    text = card.model_dump_json() if accept == JSON else to_markdown(card)
    return Response(text, media_type=accept, headers={"Vary": "Accept"})


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


@compare_router.get("/stability")
def stability(
    context: ContextDep,
    m: Annotated[
        str,
        Query(
            description="ids of seeds of one configuration, joined by commas, the reference first",
            examples=["demo-disc,demo-disc-mixed"],
        ),
    ],
) -> Stability:
    """Count the seeds that hold each latent of the first model; calibrated by chance matches, no labels needed."""
    models = split_names(m)
    if len(set(models)) != len(models) or not 2 <= len(models) <= MAX_SEEDS:
        raise InvalidInput(f"got {m!r}; allowed: 2 to {MAX_SEEDS} different models", field="query/m")
    return latents_of_seeds(context.registry, models)
