"""One HTML file with everything that a static copy contains, for reading from disk without a network."""

import base64
import gzip
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import onnx

from backend.commands.site_files import write_site
from backend.context import Context
from backend.http.static import modules
from backend.routes.templates import FRONTEND, templates
from models_zoo.files import write_atomic
from models_zoo.manifest import DECODER

LOADER = FRONTEND / "static" / "js" / "pages" / "one-file.js"
REFERENCE = re.compile(r'(?:src|href)="([^"]*static/[^"]+)"')
DECODING = ("vendor/runtime/kernel.wasm", "glossary.json")
LAZY = ("vendor/plotly.min.js", *DECODING)
"""Files that the pages load when they need them; those of a page without figures first."""
ONNX_RUNTIME = (
    "vendor/ort/ort.wasm.min.mjs",
    "vendor/ort/ort-wasm-simd-threaded.mjs",
    "vendor/ort/ort-wasm-simd-threaded.wasm",
)
_SHAPES = ("Cast", "Constant", "Dropout", "Flatten", "Identity", "Reshape", "Squeeze", "Transpose", "Unsqueeze")
_NUMBERS = ("Add", "BatchNormalization", "Clip", "Div", "Elu", "Exp", "LeakyRelu", "Mul", "Neg", "Relu", "Sigmoid")
_PRODUCTS = ("Conv", "ConvTranspose", "Gemm")
OWN_OPERATORS = frozenset((*_SHAPES, *_NUMBERS, *_PRODUCTS, "Cos", "Sin", "Softplus", "Sqrt", "Sub", "Tanh"))
"""Operators of the page's own runtime (``inference/runtime/graph.js``) that it computes for all inputs."""
OWN_ATTRIBUTES = {"alpha": 1.0, "beta": 1.0, "transA": 0, "auto_pad": b"NOTSET", "output_shape": None}
"""The values of attributes of products and convolutions that it computes."""


def is_own(decoder: Path) -> bool:
    """Return whether the page's own runtime decodes a graph, so that ONNX Runtime Web need not be carried."""
    for node in onnx.load(decoder).graph.node:
        if node.op_type not in OWN_OPERATORS:
            return False
        if node.op_type in _PRODUCTS:
            given = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
            if any(given.get(name, value) != value for name, value in OWN_ATTRIBUTES.items()):
                return False
    return True


def pack(folder: Path) -> str:
    """Return the files below a folder as text: an index, then the contents, compressed by gzip, as base64.

    ``pages/one-file.js`` reads it. The index is JSON, a list of name and size, with its length before it as uint32
    (little endian).
    """
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }
    index = json.dumps([[name, len(content)] for name, content in files.items()]).encode()
    archive = len(index).to_bytes(4, "little") + index + b"".join(files.values())
    return base64.b64encode(gzip.compress(archive, mtime=0)).decode()


def write_one_file(
    context: Context, model_ids: Sequence[str], out: Path, *, images: int, progress: Callable[[str], None]
) -> int:
    """Write the static copy of models as one HTML file, and return its size in bytes.

    The first page is the list of the models, or the page of the only one. Parameters and errors are those of
    ``write_site``.
    """
    page = f"explore/{model_ids[0]}/index.html" if len(model_ids) == 1 else "index.html"
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_site(context, model_ids, folder, images=images, progress=progress)
        html = render(folder, page, lazy=LAZY)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(out, html.encode())
    return out.stat().st_size


def render(folder: Path, page: str, *, lazy: Sequence[str]) -> str:
    """Return the static copy in ``folder`` as one HTML document.

    Parameters
    ----------
    folder : Path
        Folder of pages, each an ``index.html``; files that no page refers to are deleted.
    page : str
        Name of the page that is shown first, relative to ``folder``.
    lazy : sequence of str
        Files that the pages load when they need them, relative to ``static``.
    """
    _prune(folder, lazy)
    loader = LOADER.read_text(encoding="utf-8")
    return templates.get_template("one_file.html").render(page=page, loader=loader, archive=pack(folder))


def _prune(folder: Path, lazy: Sequence[str]) -> None:
    static = folder / "static"
    scripts, kept = set(), set(lazy)
    if not all(is_own(decoder) for decoder in folder.rglob(DECODER)):
        kept |= set(ONNX_RUNTIME)
    for page in folder.rglob("index.html"):
        named = {link.rpartition("static/")[2] for link in REFERENCE.findall(page.read_text(encoding="utf-8"))}
        scripts |= {name for name in named if name.endswith(".js")}
        kept |= named
    kept |= {path.relative_to(static).as_posix() for path in modules([static / name for name in sorted(scripts)])}
    for path in static.rglob("*"):
        if path.is_file() and path.relative_to(static).as_posix() not in kept:
            path.unlink()
