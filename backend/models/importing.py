"""Import of external models: an encoder and a decoder become a model folder of the zoo."""

import importlib.metadata
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import numpy as np

from backend.formats.pictures import Pixels, sheet, to_pixels
from backend.models.sandbox import InspectedGraphs, inspect_in_sandbox
from models_zoo.codec import Codec
from models_zoo.errors import Conflict, InvalidInput
from models_zoo.files import new_directory
from models_zoo.home import data_directory
from models_zoo.json_types import JsonObject
from models_zoo.manifest import (
    DECODER,
    ENCODER,
    SAMPLE,
    Manifest,
    Parity,
    Provenance,
    check_id,
    record_files,
    write_manifest,
)
from models_zoo.statistics import SAMPLE_IMAGES, encode_all, measure_decoded_samples, sample_indices, write_sample
from training.config import build
from training.data.dataset import Dataset
from training.registry import DATASETS

PREVIEW_IMAGES = 8
PREVIEW_PIXELS = 1024
"""Largest width of the pictures of a preview together."""


@dataclass(frozen=True)
class ImportDataset:
    """Data set of an imported model: plugin name, settings, and the opened data set."""

    name: str
    settings: JsonObject
    opened: Dataset

    @classmethod
    def open(cls, name: str, settings: JsonObject) -> Self:
        """Open a data set by its plugin name."""
        plugin = DATASETS.load(name)
        config = build(plugin.Config, settings)
        return cls(name, config.model_dump(mode="json"), plugin.load(config, data_directory()))


@dataclass(frozen=True)
class ImportRequest:
    """Files, name and options of an import.

    Parameters
    ----------
    encoder, decoder : Path
        ONNX files; the same one twice is a whole autoencoder, from image to reconstruction.
    name : str
        Display name; the id is derived from it unless ``model_id`` is given.
    dataset : ImportDataset, optional
        For statistics and correlations; without it the statistics are those of images that the model decodes.
    pixels : {"auto", "unit", "logits", "symmetric"}
        Meaning of the decoder's output; ``symmetric`` is [-1, 1], for the encoder's input as well.
    image_shape : tuple of int, optional
        Height, width, channels, where graphs and data set leave it open.
    replace : bool
        Whether a model of the same id is replaced.
    allow_loops : bool
        Whether the graphs may have operators that repeat a part of them (Loop, Scan).
    parity : Parity, optional
        Differences to the program that wrote the graphs, where it measured them.
    """

    encoder: Path
    decoder: Path
    name: str
    model_id: str | None = None
    dataset: ImportDataset | None = None
    pixels: str = "auto"
    image_shape: tuple[int, int, int] | None = None
    replace: bool = False
    allow_loops: bool = False
    parity: Parity | None = None


def id_from(name: str) -> str:
    """Return an id derived from a name: lower case, dashes for all other characters."""
    return check_id(re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-._")[:80] or "model")


def parse_shape(text: str | None) -> tuple[int, int, int] | None:
    """Return height, width, channels of a text such as ``"64,64,3"``."""
    if text is None:
        return None
    parts = text.replace("x", ",").split(",")
    if len(parts) != 3 or not all(part.strip().isdigit() and int(part) > 0 for part in parts):
        raise InvalidInput(f"got image shape {text[:40]!r}; allowed: height,width,channels, e.g. 64,64,3")
    height, width, channels = (int(part) for part in parts)
    return height, width, channels


def require_free(folder: Path) -> None:
    """Raise Conflict where a model of the zoo has this folder."""
    if folder.exists():
        raise Conflict(
            f"got the id {folder.name!r}, which a model of the zoo has; allowed: a new one; choose another --id, or "
            "use --replace"
        )


def import_model(
    request: ImportRequest, zoo: Path, progress: Callable[[str], None] = lambda _: None
) -> tuple[Path, list[str]]:
    """Write the model folder and return it, with notes on how inputs and outputs were interpreted.

    Raises
    ------
    InvalidInput, UnsupportedFormat, TooLarge
        If the graphs are refused.
    Conflict
        If the id is taken and ``replace`` is not set.
    """
    model_id = check_id(request.model_id) if request.model_id else id_from(request.name)
    if not request.replace:
        require_free(zoo / model_id)
    with new_directory(zoo / model_id) as folder:
        progress("inspecting the graphs")
        found = _inspect(request, folder)
        image_shape = found["image_shape"]
        if request.dataset:
            measured = _measure(request.dataset, image_shape, folder, progress)
        else:
            progress(f"encoding {SAMPLE_IMAGES:,} images decoded from the prior")
            measured = measure_decoded_samples(Codec(folder, device="cpu"), found["latents"])
        manifest = Manifest(
            id=model_id,
            name=request.name,
            latents=found["latents"],
            image_shape=image_shape,
            parity=request.parity,
            files=record_files(folder, (ENCODER, DECODER, SAMPLE)),
            provenance=Provenance(
                created_at=datetime.now(UTC).isoformat(timespec="seconds"),
                axiscope_version=importlib.metadata.version("axiscope"),
                note=f"imported from {request.encoder.name} and {request.decoder.name}: " + "; ".join(found["notes"]),
            ),
            **measured,
        )
        write_manifest(folder, manifest)
    return zoo / model_id, found["notes"]


def preview(request: ImportRequest, folder: Path) -> tuple[InspectedGraphs, Pixels]:
    """Write the converted graphs to ``folder``, and return what was found, with pictures that show whether it is right.

    Returns
    -------
    found : InspectedGraphs
    pictures : uint8 array of shape (height, width, channels)
        Images of the data set above their reconstructions; without a data set, images decoded from the prior.

    Raises
    ------
    InvalidInput, UnsupportedFormat, TooLarge
        If the graphs are refused.
    """
    found = _inspect(request, folder)
    codec = Codec(folder, device="cpu")
    columns = max(1, min(PREVIEW_IMAGES, PREVIEW_PIXELS // found["image_shape"][1]))
    if request.dataset:
        dataset = request.dataset.opened
        _check_shape(request.dataset, found["image_shape"])
        images = dataset.images(sample_indices(len(dataset))[:columns])
        mean, _ = encode_all(codec, images)
        rows = [images, to_pixels(codec.decode(mean))]
    else:
        points = np.random.default_rng(0).standard_normal((columns, found["latents"]), dtype=np.float32)
        rows = [to_pixels(codec.decode(points))]
    return found, sheet(np.concatenate(rows), columns)


def _inspect(request: ImportRequest, folder: Path) -> InspectedGraphs:
    """Write the converted graphs to ``folder``, and return what was found."""
    return inspect_in_sandbox(
        {
            "encoder": str(request.encoder.absolute()),
            "decoder": str(request.decoder.absolute()),
            "out": str(folder),
            "pixels": request.pixels,
            "image_shape": request.dataset.opened.image_shape if request.dataset else request.image_shape,
            "allow_loops": request.allow_loops,
        }
    )


def _check_shape(named: ImportDataset, image_shape: tuple[int, int, int]) -> None:
    if tuple(named.opened.image_shape) != image_shape:
        raise InvalidInput(
            f"got a model of images of {image_shape} and {named.name} of {tuple(named.opened.image_shape)}; allowed: "
            "the model's own data set; name that"
        )


def _measure(
    named: ImportDataset, image_shape: tuple[int, int, int], folder: Path, progress: Callable[[str], None]
) -> JsonObject:
    """Encode a sample of the data set, and return the fields of the manifest that come from it."""
    name, dataset = named.name, named.opened
    _check_shape(named, image_shape)
    progress(f"encoding a sample of {dataset.title}")
    indices = sample_indices(len(dataset))
    images, labels = dataset.images(indices), dataset.labels(indices)
    described = {"dataset": name, "dataset_title": dataset.title, "dataset_settings": named.settings}
    codec = Codec(folder, device="cpu")
    return described | write_sample(folder, codec, indices, images, labels, dataset.factors.names)
