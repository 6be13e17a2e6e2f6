"""Documents of data sets, and the images that a query names."""

from dataclasses import asdict
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from backend.catalog.opened_datasets import Datasets
from backend.schemas.data import (
    DatasetDetail,
    DatasetSummary,
    FactorDocument,
    FileDocument,
    Located,
    ProvenanceDocument,
)
from models_zoo.errors import AxiscopeError, InvalidInput, TooLarge
from models_zoo.json_types import JsonObject
from models_zoo.path_privacy import without_folders, without_paths
from training.config import build
from training.data.dataset import Dataset, Images
from training.data.distribution import image_settings
from training.data.local import dataset_status
from training.registry import DATASETS

MAX_INDEX = 2**62


def pick(dataset: Dataset, indices: NDArray[np.int64]) -> Images:
    """Return the images at ``indices``.

    Raises
    ------
    InvalidInput
        For an index outside the data set.
    """
    outside = (indices < 0) | (indices >= len(dataset))
    if outside.any():
        row = int(np.argmax(outside))
        raise InvalidInput(f"got image index {indices[row]}; allowed: 0 to {len(dataset) - 1}", field=f"/indices/{row}")
    return dataset.images(indices)


def summary(datasets: Datasets, name: str) -> DatasetSummary:
    """Return the entry of a data set in the list, with the reason if it cannot be opened.

    A data set with files that is not open yet is not opened: reading or converting its files may take minutes.
    """
    facts = dataset_status(name, datasets.directory)
    base = f"/api/v1/datasets/{name}"
    opened, problem = None, None
    if datasets.is_open(name) or not facts.has_files:
        try:
            opened = datasets.open(name)
        except (AxiscopeError, OSError) as error:
            problem = without_folders(str(error))
    return DatasetSummary(
        name=name,
        title=opened.title if opened else facts.title,
        source=facts.source,
        how=facts.how,
        files=[
            FileDocument(name=each.name, state=each.state, bytes=each.bytes, official_bytes=each.official_bytes)
            for each in facts.files
        ],
        bytes_on_disk=facts.bytes_on_disk,
        available=problem is None,
        problem=problem,
        n_images=len(opened) if opened else None,
        image_shape=opened.image_shape if opened else None,
        factors=list(opened.factors.names) if opened else [],
        provenance=without_paths(opened.provenance.source) if opened else None,
        links={"self": base, "images": f"{base}/images", "page": f"/data/{name}"},
    )


def images_link(name: str, settings: JsonObject, model_id: str) -> str:
    """Return the address of the images that a model was trained on; with the model, unless it has default settings."""
    base = f"/api/v1/datasets/{name}/images"
    config = DATASETS.load(name).Config
    try:
        default = build(config, image_settings(settings)) == config()
    except InvalidInput:
        default = False
    return base if default else f"{base}?model={quote(model_id)}"


def detail(name: str, dataset: Dataset, images: str | None = None) -> DatasetDetail:
    """Return the document of a data set; ``images`` is the address of its images if it is not the default one."""
    base = f"/api/v1/datasets/{name}"
    images = images or f"{base}/images"
    factors = [
        FactorDocument(name=each.name, size=each.size, values=list(each.values), kind=each.kind, unit=each.unit)
        for each in dataset.factors.factors
    ]
    return DatasetDetail(
        name=name,
        title=dataset.title,
        n_images=len(dataset),
        image_shape=dataset.image_shape,
        factors=factors,
        complete=dataset.factors.complete,
        provenance=ProvenanceDocument(
            **{key: each if key == "url" else without_paths(each) for key, each in asdict(dataset.provenance).items()}
        ),
        links={
            "self": base,
            "images": images,
            "locate": images.replace("/images", "/locate", 1),
            "distribution": images.replace("/images", "/distribution", 1),
            "page": f"/data/{name}",
        },
    )


def _integers(text: str, field: str) -> list[int]:
    try:
        numbers = [int(part) for part in text.split(",")]
    except ValueError:
        raise InvalidInput(f"got {text[:60]!r}; allowed: integers joined by commas", field=field) from None
    if any(abs(number) > MAX_INDEX for number in numbers):
        raise InvalidInput(f"got a larger number; allowed: up to {MAX_INDEX} in size; correct it", field=field)
    return numbers


def locate(dataset: Dataset, factors: str | None, index: str | None, limit: int) -> NDArray[np.int64]:
    """Return the indices that a query names by ``factors=0,3,12`` or ``index=5,17``.

    Raises
    ------
    InvalidInput
        If it names neither or both, or an image outside the data set.
    """
    if (factors is None) == (index is None):
        raise InvalidInput(
            "got both or neither of factors= and index=; allowed: one of them; send factors=, one class per factor, "
            "or index=",
            field="query/factors",
        )
    if index is not None:
        indices = _integers(index, "query/index")
        if len(indices) > limit:
            raise TooLarge(f"got {len(indices)} indices; allowed: {limit}", field="query/index", allowed=limit)
        return np.array(indices, np.int64)
    if not dataset.factors.complete or not dataset.factors.factors:
        raise InvalidInput(
            f"got factors= of {dataset.title}, which lacks some combinations; allowed: index=; send that, or use "
            "/locate for the nearest image",
            field="query/factors",
        )
    return dataset.factors.to_index(np.array([_integers(factors or "", "query/factors")]))


def nearest(dataset: Dataset, factors: str | None, index: str | None) -> Located:
    """Return one image by its index, or the one nearest to a combination of factors.

    Raises
    ------
    InvalidInput
        As `locate`.
    """
    if factors is not None and index is None and dataset.factors.factors and not dataset.factors.complete:
        everything = dataset.labels(np.arange(len(dataset)))
        found = dataset.factors.nearest(everything, np.array(_integers(factors, "query/factors")))
    else:
        found = int(locate(dataset, factors, index, 1)[0])
    (classes,) = dataset.labels(np.array([found]))
    return Located(index=found, factors=classes.tolist())
