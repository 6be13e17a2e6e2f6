"""Files of a pack, the folder of a model for a model hub; `backend.models.packs` reads it back."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from safetensors.numpy import save

from backend.catalog import plugins
from backend.commands.hub_metadata import front_matter, metadata
from backend.commands.one_file import write_one_file
from backend.context import Context
from backend.models import documents
from backend.models.packs import FOLDER, GRAPHS
from backend.schemas.card import CardSection, CardTable
from backend.schemas.models import ModelDetail
from backend.scores.card import current_scores, make_card
from backend.scores.card_markdown import to_markdown
from models_zoo.errors import Conflict
from models_zoo.files import new_directory, sha256_of, sync_directory
from models_zoo.json_types import JsonObject
from models_zoo.manifest import CHECKSUMS, DECODER, ENCODER, MANIFEST, RUN_TOML, Manifest, record_files, write_manifest
from models_zoo.path_privacy import without_paths

CARD, CONFIG, WEIGHTS, PAGE = "README.md", "config.json", "model.safetensors", "index.html"
CONFIG_FIELDS = (
    "id",
    "name",
    "version",
    "objective",
    "objective_settings",
    "architecture",
    "likelihood",
    "dataset",
    "dataset_settings",
    "training",
    "latents",
    "image_shape",
    "factor_names",
    "learned_weights",
    "licence",
)


def write_pack(context: Context, model_id: str, out: Path, *, images: int, progress: Callable[[str], None]) -> Path:
    """Write the pack of a model as the folder ``out``, which appears whole, and return it.

    Parameters
    ----------
    context : Context
        Context with zoo, data sets and a migrated database.
    model_id : str
    out : Path
    images : int
        Number of images of the data set in the page.
    progress : callable
        Called with the next step.

    Raises
    ------
    NotFound
        If there is no such model, or the browser libraries are not installed.
    Conflict
        If ``out`` has files.
    """
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise Conflict(f"got {out.name}, which has files; allowed: a new folder; choose another --out, or remove it")
    context.registry.sync()
    zoo_model, manifest = context.registry.usable(model_id)
    with new_directory(out) as folder:
        progress("copying")
        write_model(zoo_model.folder, manifest, folder / FOLDER)
        write_graphs(zoo_model.folder, manifest, folder)
        progress("writing the page")
        write_one_file(context, [model_id], folder / PAGE, images=images, progress=lambda _: None)
        progress("writing the card")
        write_card(context, model_id, folder, images)
        _write_sums(folder)
        sync_directory(folder / FOLDER)
    return out


def write_card(context: Context, model_id: str, folder: Path, images: int) -> None:
    """Write the card with the hub's metadata, and `config.json`; ``images`` is their number in the page."""
    with context.database.read_session() as session:
        model = documents.detail(session, context.registry, context.settings, model_id)
        scores = current_scores(session, model_id)
    described = plugins.schemas()
    card = make_card(model, scores, described)
    card.sections.append(_contents(images if model.dataset else 0))
    titles = {name: each["info"]["title"] for name, each in described["metrics"].items()}
    text = front_matter(metadata(model, scores, titles)) + to_markdown(card)
    (folder / CARD).write_text(text, "utf-8")
    (folder / CONFIG).write_text(json.dumps(config(model), indent=1) + "\n", "utf-8")


def write_model(source: Path, manifest: Manifest, target: Path) -> None:
    """Copy the files of a model other than its graphs; absolute paths in its settings are shortened."""
    target.mkdir()
    for path in sorted(source.iterdir()):
        if path.is_file() and path.name not in GRAPHS and not path.name.startswith("."):
            shutil.copyfile(path, target / path.name)
    shortened = []
    for name in (MANIFEST, RUN_TOML):
        path = target / name
        text = path.read_text("utf-8") if path.is_file() else ""
        without = without_paths(text)
        if without != text:
            path.write_text(without, "utf-8")
            shortened.append(name)
    if shortened:
        public = Manifest.model_validate_json((target / MANIFEST).read_bytes())
        files = manifest.files | record_files(target, (RUN_TOML,))
        write_manifest(target, public.model_copy(update={"files": files}))


def graph_with_metadata(graph: bytes, properties: dict[str, str]) -> bytes:
    """Return an ONNX graph with further metadata properties behind its own bytes, see `backend.models.packs`."""
    further = onnx.ModelProto()
    for name, value in properties.items():
        further.metadata_props.add(key=name, value=value)
    behind: bytes = further.SerializeToString()
    return graph + behind


def write_graphs(source: Path, manifest: Manifest, folder: Path) -> None:
    """Write both graphs with metadata, and their weights as safetensors."""
    weights: dict[str, np.ndarray] = {}
    for name, role in ((ENCODER, "encoder"), (DECODER, "decoder")):
        graph = (source / name).read_bytes()
        known = {
            "model": manifest.id,
            "name": manifest.name,
            "version": manifest.version,
            "part": role,
            "objective": manifest.objective,
            "dataset": manifest.dataset,
            "latents": str(manifest.latents),
            "pixels": "[0, 1]",
            "licence": manifest.licence,
        }
        properties = {f"axiscope.{key}": value for key, value in known.items() if value}
        (folder / name).write_bytes(graph_with_metadata(graph, properties))
        for initializer in onnx.load_from_string(graph).graph.initializer:
            array = numpy_helper.to_array(initializer)
            if array.dtype.kind == "f":
                weights[f"{role}.{initializer.name}"] = np.ascontiguousarray(array)
    origin = "initializers of encoder.onnx and decoder.onnx"
    about = {"model": manifest.id, "version": manifest.version, "origin": origin}
    (folder / WEIGHTS).write_bytes(save(weights, metadata=about))


def config(model: ModelDetail) -> JsonObject:
    """Return the content of `config.json`: settings, tensors of both graphs, and the ranges of the latents."""
    height, width, channels = model.image_shape or (0, 0, 0)
    image = {"dtype": "float32", "shape": ["n", channels, height, width], "range": [0, 1]}
    codes = {"dtype": "float32", "shape": ["n", model.latents]}
    statistics = [
        {"mean": each.mean, "std": each.std, "state": each.state, "best_factor": each.best_factor}
        for each in model.statistics
    ]
    return {
        "model_type": "vae",
        "library_name": "axiscope",
        "encoder": {"file": ENCODER, "inputs": {"image": image}, "outputs": {"mean": codes, "logvar": codes}},
        "decoder": {"file": DECODER, "inputs": {"latent": codes}, "outputs": {"image": image}},
        **model.model_dump(mode="json", include=set(CONFIG_FIELDS)),
        "latent_statistics": statistics,
    }


def _contents(images: int) -> CardSection:
    rows = [
        [f"{ENCODER}, {DECODER}", "the graphs, with metadata properties axiscope.*"],
        [WEIGHTS, "their weights, named as in the graphs with encoder. or decoder. before the name"],
        [CONFIG, "settings, tensors of the graphs, mean and deviation of each latent"],
        [PAGE, f"sliders, traversals and figures, opened from disk; it contains {images} images of the data set"],
        [f"{FOLDER}/", "the other files of the model: manifest, sample of codes, history, scores, settings"],
        [CHECKSUMS, "SHA-256 of each file: sha256sum --check SHA256SUMS"],
    ]
    return CardSection(
        title="Files",
        text=["axiscope import FOLDER brings the model back, each of its files bit for bit."],
        table=CardTable(columns=["file", "content"], rows=rows),
    )


def _write_sums(folder: Path) -> None:
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    (folder / CHECKSUMS).write_text("".join(f"{sha256_of(folder / name)}  {name}\n" for name in names), "ascii")
