"""What works on this machine, what does not, and the mend."""

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import onnxruntime
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from backend.catalog import plugins
from backend.catalog.opened_datasets import Datasets
from backend.db.engine import ALEMBIC_INI, Database
from backend.jobs.api import documents
from backend.jobs.queue import dispatchers, queries
from backend.settings import Settings
from models_zoo.catalog import list_zoo_models
from models_zoo.codec import Codec
from models_zoo.errors import AxiscopeError
from training.data.local import dataset_status
from training.registry import KINDS

State = Literal["ok", "note", "fault"]
PACKAGES = (
    "axiscope",
    "numpy",
    "onnxruntime",
    "onnxruntime-gpu",
    "torch",
    "fastapi",
    "sqlalchemy",
    "scikit-learn",
    "numba",
)
LEAST_FREE_BYTES = 2 * 1024**3
FRONTEND = Path(__file__).parents[2] / "frontend"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Parameters
    ----------
    area : str
        versions, devices, database, zoo, data, plugins, queue, page.
    state : {"ok", "note", "fault"}
        ``note`` is something that is missing but not needed.
    detail : str
    mend : str
        What to do; empty where nothing needs doing.
    """

    area: str
    state: State
    detail: str
    mend: str = ""


def versions(_settings: Settings) -> Iterator[Finding]:
    """Python and the packages that matter."""
    yield Finding("versions", "ok", f"Python {platform.python_version()} on {platform.system()} {platform.machine()}")
    found = {}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    yield Finding("versions", "ok", ", ".join(f"{name} {version}" for name, version in found.items()))
    if {"onnxruntime", "onnxruntime-gpu"} <= found.keys():
        mend = "pip uninstall onnxruntime onnxruntime-gpu, then install one of the extras [cpu] or [gpu]"
        yield Finding(
            "versions", "fault", "onnxruntime and onnxruntime-gpu share a folder, one has overwritten the other", mend
        )
    if "torch" not in found:
        yield Finding("versions", "note", "torch is not installed: training is not possible", "make run installs it")


def devices(_settings: Settings) -> Iterator[Finding]:
    """Cores, memory, GPUs, and the providers that really work."""
    pages = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    yield Finding("devices", "ok", f"{os.cpu_count()} cores, {pages / 1024**3:.1f} GiB of memory")
    yield Finding("devices", "ok", "ONNX Runtime providers: " + ", ".join(onnxruntime.get_available_providers()))
    smi = shutil.which("nvidia-smi")
    if smi is None:
        yield Finding("devices", "note", "no NVIDIA GPU was found: everything runs on the CPU")
        return
    done = subprocess.run([smi, "-L"], capture_output=True, text=True, timeout=20, check=False)  # noqa: S603 - nvidia-smi
    if done.returncode:
        yield Finding("devices", "fault", f"nvidia-smi fails: {done.stderr.strip()[:200]}", "mend or reload the driver")
        return
    yield Finding("devices", "ok", done.stdout.strip().replace("\n", "; ")[:300])
    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        mend = "install the extra [gpu] instead of [cpu]"
        yield Finding("devices", "note", "there is a GPU, but ONNX Runtime is the CPU build", mend)


def database(settings: Settings) -> Iterator[Finding]:
    """Connection and revision."""
    head = ScriptDirectory.from_config(Config(ALEMBIC_INI)).get_current_head()
    with Database(settings.database) as database, database.read() as connection:
        connection.execute(text("SELECT 1"))
        current = MigrationContext.configure(connection).get_current_revision()
    where = database.engine.url.render_as_string(hide_password=True)
    if current == head:
        yield Finding("database", "ok", f"{where}, revision {current}")
    else:
        mend = "`axiscope up` or `axiscope serve` migrates it"
        yield Finding("database", "note", f"{where}, revision {current}, the code is at {head}", mend)


def zoo(settings: Settings) -> Iterator[Finding]:
    """Every entry: whole, loadable, decoding."""
    for folder, name in zip(settings.zoos, ("own zoo", "bundled zoo"), strict=True):
        entries = list_zoo_models(folder)
        sound = 0
        for entry in entries:
            trouble = entry.problem
            if trouble is None and entry.manifest is not None:
                try:
                    Codec(entry.folder, device="cpu")
                    sound += 1
                except AxiscopeError as error:
                    trouble = error.message
            if trouble:
                yield Finding("zoo", "fault", f"{name}: {trouble}", f"export it again, or remove {entry.folder}")
        state: State = "ok" if entries or name == "own zoo" else "note"
        yield Finding("zoo", state, f"{name} at {folder}: {sound} of {len(entries)} models work")


def data(settings: Settings) -> Iterator[Finding]:
    """Data sets that can be opened, those whose files are not here, and room for more."""
    datasets, absent = Datasets(settings.home / "data"), []
    for name in datasets.names():
        try:
            opened = datasets.open(name)
            yield Finding("data", "ok", f"{name}: {opened.title}, {len(opened)} images, {opened.provenance.source}")
        except (AxiscopeError, OSError) as error:
            if dataset_status(name, settings.home / "data").has_files:
                yield Finding("data", "fault", f"{name}: {error}", f"axiscope data check {name}")
            else:
                absent.append(name)
    if absent:
        yield Finding("data", "note", "not here: " + ", ".join(absent), "axiscope data list says how to get them")
    settings.home.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.home).free
    state: State = "ok" if free >= LEAST_FREE_BYTES else "fault"
    yield Finding(
        "data", state, f"{free / 1024**3:.1f} GiB free at {settings.home}", "" if state == "ok" else "free some space"
    )


def described_plugins(_settings: Settings) -> Iterator[Finding]:
    """Plugins and their descriptions."""
    try:
        known = plugins.schemas()
    except AxiscopeError as error:
        yield Finding("plugins", "fault", error.message.removesuffix(": run `make docs`"), "make docs")
        return
    counts = (f"{len(known[kind.folder])} {kind.folder}" for kind in KINDS)
    yield Finding("plugins", "ok", ", ".join(counts))


def queue(settings: Settings) -> Iterator[Finding]:
    """Jobs by state, and whether somebody works on them."""
    with Database(settings.database) as database:
        if not inspect(database.engine).has_table("jobs"):
            yield Finding("queue", "note", "there is no queue yet", "`axiscope up` makes the tables")
            return
        found = queries.counts(database)
        workers = [documents.worker(row) for row in dispatchers.list_dispatchers(database)]
    yield Finding("queue", "ok", ", ".join(f"{count} {state}" for state, count in found.items()) or "empty")
    for each in workers:
        if not each.answers:
            yield Finding("queue", "note", f"{each.name} does not answer: its worker waits", "start its head again")
    if found.get("queued") and not workers:
        yield Finding("queue", "note", "no worker is there: what is queued waits", "`axiscope up` or `axiscope worker`")


def page(_settings: Settings) -> Iterator[Finding]:
    """Browser libraries."""
    vendor = FRONTEND / "static" / "vendor"
    for name, file, without in (
        ("Plotly", "plotly.min.js", "charts are not drawn"),
        ("ONNX Runtime Web", "ort/ort.wasm.min.mjs", "decoding happens on the server"),
        ("gifenc", "gifenc/gifenc.esm.js", "traversals cannot be saved as GIF"),
        ("smol-toml", "smol-toml/index.js", "runs are not shown as TOML"),
        ("lit-html", "lit-html/lit-html.js", "Models, Scores, Jobs, Studies and Data are not drawn"),
    ):
        if (vendor / file).is_file():
            yield Finding("page", "ok", f"{name} is installed")
        else:
            yield Finding("page", "note", f"{name} is missing: {without}", "run `make run` again, or scripts/vendor")


AREAS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    versions,
    devices,
    database,
    zoo,
    data,
    described_plugins,
    queue,
    page,
)


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything; what breaks while looking is a finding too."""
    for area in AREAS:
        try:
            yield from area(settings)
        except Exception as error:  # noqa: BLE001 - the doctor must see the next patient whatever this one has
            line = (str(error).splitlines() or [type(error).__name__])[0]
            yield Finding(area.__name__, "fault", line[:300], _mend(area.__name__))


def _mend(area: str) -> str:
    return {
        "database": "check AXISCOPE_DATABASE_URL and whether the server runs",
        "queue": "check AXISCOPE_DATABASE_URL and whether the server runs",
        "devices": f"reinstall ONNX Runtime for {sys.executable}",
    }.get(area, "")
