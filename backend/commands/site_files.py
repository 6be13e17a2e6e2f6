"""Files of a static copy of the explorer, with relative addresses: pages, decoders, codes, figures and images."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

import numpy as np
from pydantic_core import to_json
from sqlalchemy.orm import Session

from backend.catalog import datasets, plugins
from backend.commands.site_scores import write_matches, write_scores
from backend.context import Context
from backend.figures.service import FigureService
from backend.formats.pictures import encode_png
from backend.models import documents
from backend.routes.templates import FRONTEND, product_version, templates, vendor
from backend.schemas.models import ModelDetail
from backend.scores import listing as metric_table
from backend.scores.card import read_card
from models_zoo.errors import AxiscopeError, NotFound
from models_zoo.files import write_atomic
from models_zoo.json_types import JsonObject
from models_zoo.manifest import DECODER, FILM, HISTORY, RUN_TOML, START

SAMPLE_ROWS = 2000
METRIC_ROWS = 500


def write_site(
    context: Context, model_ids: Sequence[str], out: Path, *, images: int, progress: Callable[[str], None]
) -> int:
    """Write a static copy of the pages of models.

    Parameters
    ----------
    context : Context
        Context with zoo, data sets and database.
    model_ids : sequence of str
    out : Path
        Folder to write into.
    images : int
        Number of images of the data set to copy for each model.
    progress : callable
        Called with the id of each model before it is written.

    Returns
    -------
    int
        Bytes of the folder.

    Raises
    ------
    NotFound
        If there is no such model, or the browser libraries are not installed.
    """
    context.registry.sync()
    with context.database.read_session() as session:
        models = [documents.detail(session, context.registry, context.settings, model_id) for model_id in model_ids]
        copy_static(out)
        write_atomic(out / "models.json", to_json({"items": models, "total": len(models), "next_cursor": None}))
        files = {"/api/v1/models": "models.json"} | write_scores(session, models, out)
        boot = {"vendor": vendor(), "copy": {"root": "", "files": files, "images": {}}}
        write_atomic(
            out / "index.html",
            render_page("site", "", page="gallery", models=models, compare=len(models) > 1, boot=boot),
        )
        copies = []
        for model in models:
            progress(model.id)
            copies.append(_write_model(context, session, model, files, out, images, compare=len(models) > 1))
    if len(models) > 1:
        files |= write_matches(context.registry, models, out)
        _write_compare(files, copies, out)
    written = [path for path in out.rglob("*") if path.is_file()]
    for path in written:
        path.chmod(0o644)  # for a web server that runs as another user
    return sum(path.stat().st_size for path in written)


def copy_static(out: Path) -> None:
    """Copy scripts, styles and libraries of the pages.

    Raises
    ------
    NotFound
        If the browser libraries are not installed.
    """
    if not vendor()["ort"]:
        raise NotFound(
            "got no browser libraries, which the pages need for decoding; allowed: those that `make vendor` "
            "installs; run it"
        )
    shutil.copytree(
        FRONTEND / "static", out / "static", dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.br", "bundle")
    )


def render_page(template: str, root: str, **values: object) -> bytes:
    """Render a template; absolute addresses of its files and pages become relative to ``root``."""
    html = templates.get_template(f"{template}.html").render(copy=True, version=product_version(), **values)
    html = html.replace('"/static/', f'"{root}static/').replace('href="/"', f'href="{root}index.html"')
    return html.replace('href="/compare"', f'href="{root}compare/index.html"').encode()


def _write_compare(files: dict[str, str], copies: Sequence[JsonObject], out: Path) -> None:
    """Write the Compare page; its images are those of which every model has a code."""
    shared: dict[str, JsonObject] = {}
    for copy in copies:
        files |= {address: file for address, file in copy["files"].items() if address != "/metrics"}
        for address, own in copy["images"].items():
            known = shared.get(address, own)
            shared[address] = own | {"indices": [index for index in known["indices"] if index in own["indices"]]}
    boot = {"vendor": vendor(), "copy": {"root": "../", "files": files, "images": shared}}
    (out / "compare").mkdir(exist_ok=True)
    write_atomic(out / "compare" / "index.html", render_page("compare", "../", page="compare", compare=True, boot=boot))


def _write_model(
    context: Context,
    session: Session,
    model: ModelDetail,
    shared: dict[str, str],
    out: Path,
    images: int,
    *,
    compare: bool,
) -> JsonObject:
    """Write the page of a model and what it requests; return which files stand for which addresses, and its images."""
    entry, _ = context.registry.usable(model.id)
    folder = out / "models" / model.id
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    path = f"/api/v1/models/{model.id}"
    files = {path: f"models/{model.id}/model.json"}
    write_atomic(folder / "model.json", to_json(model))
    for name in (DECODER, FILM, HISTORY, RUN_TOML, START):
        if (entry.folder / name).is_file():
            shutil.copyfile(entry.folder / name, folder / name)
            files[f"{path}/files/{name}"] = f"models/{model.id}/{name}"
    versions = plugins.metric_versions()
    rows, _ = metric_table.read(session, [model.id], [], versions=versions, details=True, limit=METRIC_ROWS)
    write_atomic(folder / "metrics.json", to_json({"items": rows, "next_cursor": None}))
    files["/metrics"] = f"models/{model.id}/metrics.json"
    write_atomic(folder / "card.json", to_json(read_card(session, context.registry, context.settings, model.id)))
    files[f"{path}/card"] = f"models/{model.id}/card.json"
    files |= _write_figures(FigureService(context.registry, context.datasets, session), model, path, out)
    input_files, dataset, copied = write_input(context, model, out, images)
    files |= input_files
    copy: JsonObject = {"root": "../../", "files": shared | files, "images": copied}
    boot = {"vendor": vendor(), "model": model.model_dump(mode="json"), "dataset": dataset, "copy": copy}
    html = render_page("explore", "../../", page="explore", model=model, compare=compare, boot=boot)
    write_atomic(out / "explore" / model.id / "index.html", html)
    return copy


def write_input(
    context: Context, model: ModelDetail, out: Path, images: int
) -> tuple[dict[str, str], JsonObject | None, dict[str, JsonObject]]:
    """Write codes, data set and images of a model, where it has them.

    Returns
    -------
    files : dict
        File of each address.
    dataset : dict or None
        Document of the data set.
    images : dict
        Folder and indices of the images by their address.
    """
    _, manifest = context.registry.usable(model.id)
    files = {}
    folder = f"models/{model.id}"
    try:
        sample = documents.sample(context.registry, context.datasets, model.id, SAMPLE_ROWS)
        write_atomic(out / folder / "sample.json", to_json(sample))
        files[f"/api/v1/models/{model.id}/sample"] = f"{folder}/sample.json"
        opened = context.datasets.of_model(manifest.dataset, manifest.dataset_settings, model.id)
    except AxiscopeError:
        return files, None, {}  # the page of a model without data set or codes shows samples of the prior
    address = model.links["images"]
    pictures = f"images/{model.id if '?' in address else model.dataset}"
    indices = np.array(sample.indices[:images], np.int64)
    _write_images(out / pictures, datasets.pick(opened, indices), indices)
    dataset = datasets.detail(model.dataset or "", opened, address).model_dump(mode="json") | {"complete": False}
    write_atomic(out / folder / "dataset.json", to_json(dataset))
    files[f"/api/v1/datasets/{model.dataset}?model={quote(model.id, safe='')}"] = f"{folder}/dataset.json"
    return files, dataset, {address: {"folder": pictures, "indices": indices.tolist()}}


def _write_figures(figures: FigureService, model: ModelDetail, path: str, out: Path) -> dict[str, str]:
    """Write the figures that the Explore page requests; return the file of each address.

    A figure that the model lacks is left out: the page shows what is missing.
    """
    makers: dict[str, Callable[..., JsonObject]] = {
        "pcc": figures.pcc,
        "hinton": figures.hinton,
        "history": figures.history,
        "kl": figures.kl,
        "scatter": figures.scatter,
        "tuning": figures.tuning,
    }
    live = [d for d, each in enumerate(model.statistics) if each.state != "dead"]
    live.sort(key=lambda d: -model.statistics[d].information)
    wanted: list[tuple[str, JsonObject]] = [
        ("pcc", {}),
        ("pcc", {"signed": True}),
        ("pcc", {"measure": "by_kind"}),
        ("hinton", {}),
        ("history", {}),
        ("kl", {}),
        ("kl", {"over": "steps"}),
        ("scatter", {"colour": model.factor_names[0]} if model.factor_names else {}),
        *(("tuning", {"latents": str(d)}) for d in range(model.latents or 0)),
        *(("tuning", {"latents": str(d), "points": True}) for d in range(model.latents or 0)),
        *(("tuning", {"latents": ",".join(map(str, live)), "factors": name}) for name in model.factor_names),
    ]
    files = {}
    for number, (kind, query) in enumerate(wanted):
        file = f"models/{model.id}/figures/{number}-{kind}.json"
        try:
            write_atomic(out / file, to_json(makers[kind](model.id, **query)))
        except AxiscopeError:
            continue
        pairs = [f"{key}={quote(str(value).replace('True', 'true'), safe='')}" for key, value in query.items()]
        files[f"{path}/figures/{kind}" + (f"?{'&'.join(pairs)}" if pairs else "")] = file
    return files


def _write_images(folder: Path, pictures: np.ndarray, indices: np.ndarray) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for picture, index in zip(pictures, indices, strict=True):
        write_atomic(folder / f"{index}.png", encode_png(picture))
