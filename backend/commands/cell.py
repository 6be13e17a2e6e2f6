"""Page of one model for a cell of a notebook: sliders and pictures, decoded in the cell."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from backend.commands.one_file import DECODING, render
from backend.commands.site_files import copy_static, render_page, write_input
from backend.context import Context
from backend.models import documents
from backend.routes.templates import vendor
from backend.schemas.models import ModelDetail
from models_zoo.files import write_atomic
from models_zoo.manifest import DECODER

PAGE = "cell/index.html"


def cell_page(context: Context, model_id: str, *, images: int) -> tuple[str, ModelDetail]:
    """Return the HTML document for a cell, and the description of its model.

    Parameters
    ----------
    context : Context
        Context with zoo, data sets and database.
    model_id : str
    images : int
        Number of images of the data set that the page contains.

    Raises
    ------
    NotFound
        If there is no such model, or the browser libraries are not installed.
    """
    context.registry.sync()
    with context.database.read_session() as session:
        model = documents.detail(session, context.registry, context.settings, model_id)
    entry, _ = context.registry.usable(model_id)
    with TemporaryDirectory() as scratch:
        out = Path(scratch)
        copy_static(out)
        folder = out / "models" / model_id
        folder.mkdir(parents=True)
        shutil.copyfile(entry.folder / DECODER, folder / DECODER)
        files, dataset, pictures = write_input(context, model, out, images)
        files[f"/api/v1/models/{model_id}/files/{DECODER}"] = f"models/{model_id}/{DECODER}"
        copy = {"root": "../", "files": files, "images": pictures}
        boot = {"vendor": vendor(), "model": model.model_dump(mode="json"), "dataset": dataset, "copy": copy}
        (out / PAGE).parent.mkdir()
        write_atomic(out / PAGE, render_page("cell", "../", page="cell", model=model, boot=boot))
        return render(out, PAGE, lazy=DECODING), model
