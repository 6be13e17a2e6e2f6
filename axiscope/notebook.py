"""Sliders and pictures of a model in a cell of a notebook, decoded in the cell."""

import html
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anywidget
import numpy as np
import traitlets
from numpy.typing import NDArray

from backend.commands.cell import cell_page
from backend.context import open_context
from backend.models.importing import ImportDataset, ImportRequest, import_model
from backend.routes.templates import FRONTEND
from backend.schemas.models import ModelDetail
from backend.settings import Settings, read_settings
from models_zoo.errors import InvalidInput
from training.registry import DATASETS

Parts = tuple[str | Path, str | Path, NDArray[Any]]
"""Encoder and decoder as ONNX files, and images."""


class Explorer(anywidget.AnyWidget):
    """Widget of one model: its sliders and pictures.

    Attributes
    ----------
    latents : list of float
        Point that is decoded, as long as the model has latents; setting it moves the sliders. Empty until the cell is
        shown.
    height : int
        Height of the cell, pixels.
    """

    _esm = FRONTEND / "static" / "js" / "pages" / "notebook.js"
    page = traitlets.Unicode().tag(sync=True)
    latents = traitlets.List(traitlets.Float()).tag(sync=True)
    height = traitlets.Int(560).tag(sync=True)

    def __init__(self, page: str, model: ModelDetail, **traits: object) -> None:
        self.n_latents = model.latents
        self.name = model.name
        super().__init__(page=page, **traits)

    @traitlets.validate("latents")
    def _check_latents(self, proposal: Mapping[str, Any]) -> list[float]:
        latents: list[float] = proposal["value"]
        if len(latents) not in (0, self.n_latents) or not np.isfinite(latents).all():
            raise traitlets.TraitError(f"got {len(latents)} latents; allowed: {self.n_latents} finite numbers")
        return latents

    def _repr_mimebundle_(self, **options: dict[Any, Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Return the widget, and the page as a frame for readers without widgets, such as exports to HTML."""
        found = super()._repr_mimebundle_(**options)
        if found is None:
            return None
        data, metadata = found if isinstance(found, tuple) else (found, {})
        style = (
            f"width: 100%; height: {self.height}px; border: 1px solid #8884; border-radius: 6px; box-sizing: border-box"
        )
        frame = f'<iframe title="{html.escape(self.name)}" style="{style}" srcdoc="{html.escape(self.page)}"></iframe>'
        return {**data, "text/html": frame, "text/plain": f"Explorer({self.name!r})"}, metadata


def show(model: str | Parts, *, images: int = 50, height: int = 560, name: str = "notebook") -> Explorer:
    """Show a model in a cell: drag its latents, decoded in the cell.

    Parameters
    ----------
    model : str or tuple
        Id of a model of the zoo; or encoder, decoder and images: two ONNX files and an array (n, height, width) or
        (n, height, width, channels), uint8 or float in [0, 1].
    images : int
        Number of images that the cell contains as inputs.
    height : int
        Height of the cell, pixels.
    name : str
        Display name of a model that is given as encoder and decoder.

    Raises
    ------
    NotFound
        If the zoo has no such model.
    InvalidInput
        If graphs or images are refused.
    """
    if isinstance(model, str):
        return Explorer(*_page(read_settings(), model, images), height=height)
    if not isinstance(model, tuple) or len(model) != 3:
        raise InvalidInput(f"got {type(model).__name__}; allowed: the id of a model, or (encoder, decoder, images)")
    with TemporaryDirectory() as scratch:
        settings = Settings(home=Path(scratch), bundled_zoo=Path(scratch) / "none")
        return Explorer(*_page(settings, _import(model, settings, name), images), height=height)


def _page(settings: Settings, model_id: str, images: int) -> tuple[str, ModelDetail]:
    context = open_context(settings)
    context.datasets.wait_seconds = None  # wait for every conversion
    try:
        context.database.migrate()
        return cell_page(context, model_id, images=images)
    finally:
        context.close()


def _import(parts: Parts, settings: Settings, name: str) -> str:
    """Import encoder, decoder and images into the zoo of a scratch home; return the id."""
    encoder, decoder, images = parts
    file = settings.home / "images.npz"
    np.savez(file, images=_bytes_of(images))
    plugin = DATASETS.load("own")
    config = plugin.Config(path=str(file), title=name, side=images.shape[1])
    dataset = ImportDataset("own", config.model_dump(mode="json"), plugin.load(config, settings.home / "data"))
    request = ImportRequest(Path(encoder), Path(decoder), name, model_id="notebook", dataset=dataset)
    import_model(request, settings.home / "zoo")
    return "notebook"


def _bytes_of(images: NDArray[Any]) -> NDArray[np.uint8]:
    """Return images as uint8 (n, height, width, channels)."""
    if images.ndim not in (3, 4) or (images.ndim == 4 and images.shape[3] not in (1, 3)):
        shown = tuple(images.shape)
        raise InvalidInput(f"got images of shape {shown}; allowed: (n, height, width) or (n, height, width, 1 or 3)")
    if images.dtype != np.uint8:
        if not (np.isfinite(images).all() and images.min() >= 0 and images.max() <= 1):
            raise InvalidInput(f"got images of {images.dtype} outside [0, 1]; allowed: uint8, or floats in [0, 1]")
        images = np.round(255 * images).astype(np.uint8)
    return images if images.ndim == 4 else images[..., None]
