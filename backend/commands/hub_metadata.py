"""Metadata of a model card in the form of the Hugging Face Hub: the YAML block before its text.

Source: https://github.com/huggingface/hub-docs/blob/main/modelcard.md
"""

from collections.abc import Sequence

import yaml

from backend.schemas.data import MetricRow
from backend.schemas.models import ModelDetail
from models_zoo.json_types import JsonObject

TASK = "image-feature-extraction"
"""The hub's task that an encoder of images does; it has none for exploring latents."""
LICENCES = (
    "apache-2.0",
    "bsd-2-clause",
    "bsd-3-clause",
    "cc-by-4.0",
    "cc-by-nc-4.0",
    "cc-by-nc-sa-4.0",
    "cc-by-sa-4.0",
    "cc0-1.0",
    "gpl-3.0",
    "lgpl-3.0",
    "mit",
    "mpl-2.0",
    "unlicense",
)
"""Licences whose SPDX names, in lower case, are the hub's: https://huggingface.co/docs/hub/repositories-licenses"""


def metadata(model: ModelDetail, scores: Sequence[MetricRow], titles: JsonObject) -> JsonObject:
    """Return the metadata of a model card.

    Parameters
    ----------
    model : ModelDetail
    scores : sequence of MetricRow
        Current results.
    titles : dict
        Title of each metric by its name.
    """
    tags = ["onnx", "safetensors", "variational-autoencoder", "disentanglement", model.objective, model.architecture]
    found: JsonObject = {
        **_licence(model.licence),
        "library_name": "axiscope",
        "pipeline_tag": TASK,
        "tags": [tag.replace("_", "-") for tag in tags if tag],
    }
    if model.dataset not in (None, "own"):
        found["datasets"] = [model.dataset]
    results = _results(model, scores, titles)
    if results:
        found["model-index"] = [{"name": model.id, "results": results}]
    return found


def front_matter(found: JsonObject) -> str:
    """Return metadata as the block of YAML that begins a card."""
    return f"---\n{yaml.safe_dump(found, sort_keys=False, allow_unicode=True)}---\n\n"


def _licence(text: str) -> JsonObject:
    if text == "unknown":
        return {}
    known = text.lower()
    return {"license": known} if known in LICENCES else {"license": "other", "license_name": text[:96]}


def _results(model: ModelDetail, scores: Sequence[MetricRow], titles: JsonObject) -> list[JsonObject]:
    """Return evaluation results: one entry for the images of each kind that were measured on."""
    dataset = {"type": model.dataset or "unknown", "name": model.dataset_title or model.dataset or "unknown"}
    by_images: dict[str, list[JsonObject]] = {}
    for row in scores:
        if row.value is None:
            continue
        arguments = {"mode": row.mode, "seed": row.seed, "n": row.n, "chance": row.chance}
        arguments["interval"] = list(row.interval) if row.interval else None
        given = {name: value for name, value in arguments.items() if value is not None}
        by_images.setdefault(row.images, []).append(
            {
                "type": row.metric,
                "value": row.value,
                "name": titles.get(row.metric, row.metric),
                "args": given | row.parameters,
            }
        )
    task = {"type": TASK, "name": "Disentangled representation"}
    return [
        {"task": task, "dataset": {**dataset, "split": images}, "metrics": metrics}
        for images, metrics in by_images.items()
    ]
