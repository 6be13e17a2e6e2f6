"""Checks of `axiscope doctor`: state of this machine, with remedies."""

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import onnxruntime
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from backend.catalog import plugins
from backend.catalog.opened_datasets import Datasets
from backend.db.engine import Database, migrations
from backend.jobs.api import documents
from backend.jobs.queue import dispatchers, queries
from backend.routes.templates import FRONTEND
from backend.settings import Settings
from models_zoo.catalog import list_zoo_models
from models_zoo.codec import CUDA, Codec, cuda_problem
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
MIN_FREE_BYTES = 2 * 1024**3
LIBRARIES = (
    ("Plotly", "plotly.min.js", "charts are not drawn"),
    ("ONNX Runtime Web", "ort/ort.wasm.min.mjs", "the server decodes"),
    ("gifenc", "gifenc/gifenc.esm.js", "traversals cannot be saved as GIF"),
    ("smol-toml", "smol-toml/index.js", "runs are not shown as TOML"),
    ("lit-html", "lit-html/lit-html.js", "Models, Scores, Jobs, Studies and Data are not drawn"),
)


@dataclass(frozen=True)
class Finding:
    """Result of one check.

    Parameters
    ----------
    area : str
        versions, devices, database, zoo, data, plugins, queue, page.
    state : {"ok", "note", "fault"}
        ``note``: missing, but not required.
    detail : str
    mend : str
        Remedy; empty if none is needed.
    """

    area: str
    state: State
    detail: str
    mend: str = ""


def versions(_settings: Settings) -> Iterator[Finding]:
    """Check Python and the main packages."""
    yield Finding("versions", "ok", f"Python {platform.python_version()} on {platform.system()} {platform.machine()}")
    found = {}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    yield Finding("versions", "ok", ", ".join(f"{name} {version}" for name, version in found.items()))
    if {"onnxruntime", "onnxruntime-gpu"} <= found.keys():
        remedy = "pip uninstall onnxruntime onnxruntime-gpu, then install one of the extras [cpu] or [gpu]"
        yield Finding(
            "versions", "fault", "onnxruntime and onnxruntime-gpu are both installed, and share a folder", remedy
        )
    if "torch" not in found:
        yield Finding("versions", "note", "torch is not installed: training is not possible", "make run installs it")


def devices(_settings: Settings) -> Iterator[Finding]:
    """Check cores, memory, GPUs and the providers of ONNX Runtime."""
    pages = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    yield Finding("devices", "ok", f"{os.cpu_count()} cores, {pages / 1024**3:.1f} GiB of memory")
    yield Finding("devices", "ok", "ONNX Runtime providers: " + ", ".join(onnxruntime.get_available_providers()))
    smi = shutil.which("nvidia-smi")
    if smi is None:
        yield Finding("devices", "note", "no NVIDIA GPU: everything runs on the CPU")
        return
    done = subprocess.run([smi, "-L"], capture_output=True, text=True, timeout=20, check=False)  # noqa: S603 - nvidia-smi
    if done.returncode:
        yield Finding(
            "devices", "fault", f"nvidia-smi fails: {done.stderr.strip()[:200]}", "repair or reload the driver"
        )
        return
    yield Finding("devices", "ok", done.stdout.strip().replace("\n", "; ")[:300])
    if CUDA not in onnxruntime.get_available_providers():
        remedy = "install the extra [gpu] instead of [cpu]"
        yield Finding("devices", "note", "there is a GPU, but ONNX Runtime is the CPU build", remedy)
        return
    problem = cuda_problem()
    if problem:
        remedy = (
            "pip install 'onnxruntime-gpu[cuda,cudnn]', or torch for CUDA of the same version, brings the libraries"
        )
        yield Finding("devices", "fault", f"ONNX Runtime cannot use the GPU: {problem}", remedy)


def database(settings: Settings) -> Iterator[Finding]:
    """Check connection and revision."""
    head = ScriptDirectory.from_config(migrations()).get_current_head()
    with Database(settings.database) as database, database.read() as connection:
        connection.execute(text("SELECT 1"))
        current = MigrationContext.configure(connection).get_current_revision()
    where = database.engine.url.render_as_string(hide_password=True)
    if current == head:
        yield Finding("database", "ok", f"{where}, revision {current}")
    else:
        remedy = "`axiscope up` or `axiscope serve` migrates it"
        yield Finding("database", "note", f"{where}, revision {current}, the code is at {head}", remedy)


def zoo(settings: Settings) -> Iterator[Finding]:
    """Check that every model is complete and can be loaded."""
    for folder, name in zip(settings.zoos, ("own zoo", "bundled zoo"), strict=True):
        entries = list_zoo_models(folder)
        usable = 0
        for entry in entries:
            problem = entry.problem
            if problem is None and entry.manifest is not None:
                try:
                    Codec(entry.folder, device="cpu")
                    usable += 1
                except AxiscopeError as error:
                    problem = error.message
            if problem:
                yield Finding("zoo", "fault", f"{name}: {problem}", f"export it again, or remove {entry.folder}")
        state: State = "ok" if entries or name == "own zoo" else "note"
        yield Finding("zoo", state, f"{name} at {folder}: {usable} of {len(entries)} models work")


def data(settings: Settings) -> Iterator[Finding]:
    """Check the data sets, and the free space."""
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
        yield Finding("data", "note", "absent: " + ", ".join(absent), "axiscope data list shows how to get them")
    settings.home.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.home).free
    state: State = "ok" if free >= MIN_FREE_BYTES else "fault"
    yield Finding(
        "data",
        state,
        f"{free / 1024**3:.1f} GiB free at {settings.home}",
        "" if state == "ok" else "free some disk space",
    )


def described_plugins(_settings: Settings) -> Iterator[Finding]:
    """Check the descriptions of plugins."""
    try:
        known = plugins.schemas()
    except AxiscopeError as error:
        yield Finding("plugins", "fault", error.message.removesuffix(": run `make docs`"), "make docs")
        return
    counts = (f"{len(known[kind.folder])} {kind.folder}" for kind in KINDS)
    yield Finding("plugins", "ok", ", ".join(counts))


def queue(settings: Settings) -> Iterator[Finding]:
    """Check jobs by state, and their workers."""
    with Database(settings.database) as database:
        if not inspect(database.engine).has_table("jobs"):
            yield Finding("queue", "note", "no queue yet", "`axiscope up` creates the tables")
            return
        found = queries.counts(database)
        workers = [documents.worker(row) for row in dispatchers.list_dispatchers(database)]
    yield Finding("queue", "ok", ", ".join(f"{count} {state}" for state, count in found.items()) or "empty")
    for each in workers:
        if not each.answers:
            yield Finding(
                "queue",
                "note",
                f"the cluster {each.name} does not respond: its worker starts nothing",
                "start its head again",
            )
    if found.get("queued") and not workers:
        yield Finding("queue", "note", "no worker: queued jobs do not start", "`axiscope up` or `axiscope worker`")


def page(_settings: Settings) -> Iterator[Finding]:
    """Check the browser libraries."""
    for name, file, consequence in LIBRARIES:
        if (FRONTEND / "static" / "vendor" / file).is_file():
            yield Finding("page", "ok", f"{name} is installed")
        else:
            yield Finding(
                "page", "note", f"{name} is missing: {consequence}", "run `make run` again, or scripts/vendor"
            )


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


def run_checks(settings: Settings) -> Iterator[Finding]:
    """Run all checks; a check that raises an exception is a fault."""
    for area in AREAS:
        try:
            yield from area(settings)
        except Exception as error:  # noqa: BLE001 - the next check runs in any case
            line = (str(error).splitlines() or [type(error).__name__])[0]
            yield Finding(area.__name__, "fault", line[:300], _remedy(area.__name__))


def _remedy(area: str) -> str:
    return {
        "database": "check AXISCOPE_DATABASE_URL, and that the server runs",
        "queue": "check AXISCOPE_DATABASE_URL, and that the server runs",
        "devices": f"reinstall ONNX Runtime for {sys.executable}",
    }.get(area, "")
