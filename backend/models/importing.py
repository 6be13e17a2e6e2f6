"""Bring your own model: a foreign encoder and decoder become an entry of the zoo."""

import importlib.metadata
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from backend.db.base import now
from backend.models.sandbox import probe
from models_zoo.codec import Codec
from models_zoo.errors import Conflict, InvalidInput
from models_zoo.files import new_directory
from models_zoo.manifest import DECODER, ENCODER, SAMPLE, Manifest, Provenance, check_id, record_files, write_manifest
from models_zoo.statistics import encode_all, latent_statistics, reconstruction_statistics
from training.data.dataset import Dataset

SAMPLE_IMAGES = 5_000
SAMPLE_SEED = 0
RECONSTRUCTION_IMAGES = 1_000


@dataclass(frozen=True)
class DatasetOfOrder:
    """Plugin name and settings of a data set, and the opened data set."""

    name: str
    settings: dict[str, Any]
    opened: Dataset


@dataclass(frozen=True)
class Order:
    """What to import.

    Parameters
    ----------
    encoder, decoder : Path
        ONNX files.
    name : str
        Name for people; the id is made from it unless ``model_id`` is given.
    dataset : DatasetOfOrder, optional
        For statistics and correlations; without it the model is measured on images that it decodes itself.
    pixels : {"auto", "unit", "logits", "symmetric"}
        Meaning of the decoder's output; ``symmetric`` is [-1, 1], and the encoder then takes that too.
    image_shape : tuple of int, optional
        Height, width, channels, where graphs and data set leave it open.
    allow_loops : bool
        Whether operators that repeat a part of the graph (Loop, Scan) may be in it.
    """

    encoder: Path
    decoder: Path
    name: str
    model_id: str | None = None
    dataset: DatasetOfOrder | None = None
    pixels: str = "auto"
    image_shape: tuple[int, int, int] | None = None
    replace: bool = False
    allow_loops: bool = False


def id_from(name: str) -> str:
    """Id made from a name: lower case, dashes for everything else."""
    return check_id(re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-._")[:80] or "model")


def import_model(order: Order, zoo: Path, progress: Callable[[str], None] = lambda _: None) -> tuple[Path, list[str]]:
    """Write the entry and return its folder with notes on what was taken for what.

    Raises
    ------
    InvalidInput, UnsupportedFormat, TooLarge
        If the graphs are refused.
    Conflict
        If the id is taken and ``replace`` is not set.
    """
    model_id = check_id(order.model_id) if order.model_id else id_from(order.name)
    if (zoo / model_id).exists() and not order.replace:
        raise Conflict(f"the zoo has a model {model_id!r} already: choose another --id, or say --replace")
    shape = order.dataset.opened.image_shape if order.dataset else order.image_shape
    with new_directory(zoo / model_id) as folder:
        progress("looking at the graphs")
        found = probe(
            {
                "encoder": str(order.encoder.absolute()),
                "decoder": str(order.decoder.absolute()),
                "out": str(folder),
                "pixels": order.pixels,
                "image_shape": shape,
                "allow_loops": order.allow_loops,
            }
        )
        image_shape: tuple[int, int, int] = tuple(found["image_shape"])
        if order.dataset:
            facts = _measure(order.dataset, image_shape, folder, progress)
        else:
            facts = _measure_own_samples(found["latents"], folder, progress)
        manifest = Manifest(
            id=model_id,
            name=order.name,
            latents=found["latents"],
            image_shape=image_shape,
            files=record_files(folder, (ENCODER, DECODER, SAMPLE)),
            provenance=Provenance(
                created_at=now().isoformat(timespec="seconds"),
                axiscope_version=importlib.metadata.version("axiscope"),
                note=f"imported from {order.encoder.name} and {order.decoder.name}: " + "; ".join(found["notes"]),
            ),
            **facts,
        )
        write_manifest(folder, manifest)
    return zoo / model_id, found["notes"]


def _measure(
    named: DatasetOfOrder, image_shape: tuple[int, int, int], folder: Path, progress: Callable[[str], None]
) -> dict[str, Any]:
    """Encode a sample of the data set; fields of the manifest that come from it."""
    name, dataset = named.name, named.opened
    if tuple(dataset.image_shape) != image_shape:
        raise InvalidInput(f"the model takes images of {image_shape}, {name} has {tuple(dataset.image_shape)}")
    progress(f"encoding a sample of {dataset.title}")
    rng = np.random.default_rng(SAMPLE_SEED)
    indices = rng.choice(len(dataset), size=min(SAMPLE_IMAGES, len(dataset)), replace=False)
    images, labels = dataset.images(indices), dataset.labels(indices)
    codec = Codec(folder, device="cpu")
    mean, logvar = encode_all(codec, images)
    np.savez(folder / SAMPLE, indices=indices, mean=mean, logvar=logvar, labels=labels)
    some = slice(0, RECONSTRUCTION_IMAGES)
    return {
        "dataset": name,
        "dataset_title": dataset.title,
        "dataset_settings": named.settings,
        "statistics": latent_statistics(mean, logvar, labels, dataset.factors.names),
        "statistics_rows": len(indices),
        "factor_names": dataset.factors.names,
        "reconstruction": reconstruction_statistics(
            codec, images[some], mean[some], logvar[some], np.random.default_rng(SAMPLE_SEED)
        ),
    }


def _measure_own_samples(latents: int, folder: Path, progress: Callable[[str], None]) -> dict[str, Any]:
    """Statistics of a model whose data nobody has: it encodes images that it decoded from the prior.

    A latent that the decoder does not use comes back as the prior, with a KL of nothing: dead ones are found
    without data, and the sliders get the range that the decoder knows.
    """
    progress(f"encoding {SAMPLE_IMAGES:,} images of its own")
    codec = Codec(folder, device="cpu")
    points = np.random.default_rng(SAMPLE_SEED).standard_normal((SAMPLE_IMAGES, latents), dtype=np.float32)
    parts = [codec.encode(codec.decode(part)) for part in np.array_split(points, SAMPLE_IMAGES // 50)]
    mean, logvar = (np.concatenate(column) for column in zip(*parts, strict=True))
    nothing = np.empty((SAMPLE_IMAGES, 0), np.int64)
    return {
        "statistics": latent_statistics(mean, logvar, nothing, ()),
        "statistics_rows": SAMPLE_IMAGES,
        "statistics_of": "own samples",
    }
