"""Import of a model in a child process with limits: inspection, or the whole import.

``python -m backend.models.import_process`` reads a request as described in `backend.limited_process`.
"""

from pathlib import Path

from backend.formats.pictures import encode_png
from backend.limited_process import serve
from backend.models.importing import ImportDataset, ImportRequest, import_model, preview
from models_zoo.json_types import JsonObject
from training.config import build
from training.registry import DATASETS

PREVIEW = "preview.png"


def carry_out(request: JsonObject) -> JsonObject:
    """Import a model, or with ``dry_run`` only inspect it.

    Parameters
    ----------
    request : dict
        ``encoder``, ``decoder``, ``out``, ``data``, ``zoo`` (paths), ``dataset`` (or None), ``dataset_settings``,
        ``id``, ``dry_run``, and the other fields of an `ImportRequest`.

    Returns
    -------
    dict
        ``notes``; with ``dry_run`` also ``latents`` and ``image_shape``, and `PREVIEW` is in ``out``.
    """
    named = None
    if request["dataset"]:
        plugin = DATASETS.load(request["dataset"])
        config = build(plugin.Config, request["dataset_settings"])
        opened = plugin.load(config, Path(request["data"]))
        named = ImportDataset(request["dataset"], config.model_dump(mode="json"), opened)
    wanted = ImportRequest(
        Path(request["encoder"]),
        Path(request["decoder"]),
        request["name"],
        request["id"],
        named,
        request["pixels"],
        request["image_shape"] and tuple(request["image_shape"]),
        request["replace"],
        request["allow_loops"],
    )
    if not request["dry_run"]:
        return {"notes": import_model(wanted, Path(request["zoo"]))[1]}
    out = Path(request["out"])
    found, pictures = preview(wanted, out)
    (out / PREVIEW).write_bytes(encode_png(pictures))
    return dict(found)


if __name__ == "__main__":
    serve(lambda request, _report: carry_out(request))
