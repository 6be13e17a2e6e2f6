"""Figures of studies, with those for which models encode and decode."""

import asyncio
from collections.abc import Sequence

import numpy as np

from backend.context import Context
from backend.figures.base import add_note
from backend.figures.service import FigureService
from backend.figures.study.panels import line_name
from backend.figures.study.pictures import reconstructions
from backend.figures.study.service import Shown, StudyService, figure_of
from backend.figures.traversal import traversal
from backend.formats.pictures import Pixels, to_pixels
from backend.models import samples
from backend.schemas.inference import TraverseRequest
from models_zoo.catalog import ZooModel
from models_zoo.json_types import JsonObject
from models_zoo.manifest import Manifest
from training.studies.study import Study

IMAGES = 8
MAX_MODELS = 14


async def make_figure(
    context: Context,
    study: Study,
    name: str,
    *,
    scale: float | None = None,
    imported: int | None = None,
    choice: Sequence[str] = (),
) -> JsonObject:
    """Return one figure of a study.

    Parameters
    ----------
    context : Context
    study : Study
    name : str
        Name of the figure in the study's definition.
    scale : float, optional
        Scale of measured results, by default the largest.
    imported : int, optional
        Import to show instead.
    choice : sequence of str
        One value for each setting that the figure lets the reader choose.

    Raises
    ------
    NotFound, InvalidInput
    """

    def prepare() -> tuple[Shown, JsonObject | None]:
        with context.database.read_session() as session:
            service = StudyService(FigureService(context.registry, context.datasets, session))
            figure = figure_of(study, name)
            shown = service.show(service.source(study, figure, scale, imported), figure, choice)
            needs_models = figure.kind == "reconstructions" or figure.view == "traversal"
            return shown, None if needs_models else service.draw(shown)

    shown, made = await asyncio.to_thread(prepare)
    if made is None:
        made = await (_traversal(context, shown) if shown.figure.view == "traversal" else _side_by_side(context, shown))
    return made


async def _traversal(context: Context, shown: Shown) -> JsonObject:
    """Move every latent, the one of the largest KL first."""
    model_id = shown.runs[0].model or ""
    options = dict(shown.figure.options)
    around = options.pop("around", None)
    if around is None:
        request = TraverseRequest(model=model_id, **options)
        manifest, _, dims, values, frames = await context.inference.traverse(request)
        pixels, caption = to_pixels(frames), "the origin"
    else:
        model, manifest = await context.inference.find(model_id)
        (index,) = await _indices(model, 1)
        dims = list(range(manifest.latents))
        images = await context.inference.dataset_images(manifest, [int(index)])
        mean, _ = await context.inference.encode(model, manifest, images)
        offsets = np.linspace(-around, around, options["steps"], dtype=np.float32)
        values = mean[0][:, None] + offsets
        points = np.tile(mean[0], (len(dims), len(offsets), 1))
        points[dims, :, dims] = values
        flat = points.reshape(-1, manifest.latents)
        pixels = await context.inference.run_decoder(model, manifest, flat, to_pixels)
        pixels = pixels.reshape(len(dims), len(offsets), *manifest.image_shape)
        caption = f"the code of image {index}, ± {around:g}"
    figure = traversal(manifest.name, dims, values, pixels, caption)
    add_note(figure["layout"], shown.note)
    return shown.finished(figure)


async def _side_by_side(context: Context, shown: Shown) -> JsonObject:
    """Reconstruct images of the first model's sample by all models."""
    runs = shown.runs[:MAX_MODELS]
    models: list[tuple[ZooModel, Manifest]] = [await context.inference.find(run.model or "") for run in runs]
    indices = await _indices(models[0][0], IMAGES)
    images = await context.inference.dataset_images(models[0][1], indices.tolist())
    decoded: list[Pixels] = []
    for model, manifest in models:
        _, pictures = await context.inference.reconstruct(model, manifest, images)
        decoded.append(to_pixels(pictures))
    fixed = {each["name"] for each in shown.choices}
    varied = dict.fromkeys(name for run in runs for name in run.varied)
    varying = [name for name in varied if len({str(run.varied.get(name)) for run in runs}) > 1]
    names = [line_name(run, ["group", *(name for name in varying if name not in fixed)]) for run in runs]
    note = shown.note if len(runs) == len(shown.runs) else f"{shown.note} · {len(runs)} of {len(shown.runs)} models"
    return shown.finished(reconstructions(shown.title, names, indices, to_pixels(images), decoded, note))


async def _indices(model: ZooModel, count: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    sample = await asyncio.to_thread(samples.read, model)
    return sample.indices[:count]
