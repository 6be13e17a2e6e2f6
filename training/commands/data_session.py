"""One call of `axiscope data`."""

import json
import sys
from dataclasses import asdict
from functools import partial
from typing import Any

from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from models_zoo.errors import AxiscopeError, DamagedFile, NotFound
from models_zoo.home import data_directory
from training.console import console, results
from training.data.download import fetch
from training.data.local import DatasetStatus, dataset_status
from training.data.sources import SourceFile, locate, verify_file
from training.registry import DATASETS

BAD_VERDICTS = {"differs", "incomplete"}
HINT = (
    "`axiscope data fetch NAME` downloads a set; `axiscope data check NAME` says how to get one by hand, and compares."
)


def _print_json(document: object) -> None:
    sys.stdout.write(json.dumps(document) + "\n")


def size_text(n_bytes: float) -> str:
    """Bytes for a person: ``"5.9 GB"``."""
    for unit in ("B", "kB", "MB"):
        if n_bytes < 1000:
            return f"{n_bytes:.3g} {unit}"
        n_bytes /= 1000
    return f"{n_bytes:,.1f} GB"


def _opened(name: str) -> dict[str, Any]:
    """What only opening tells: whether it works, and if so images, factors, provenance."""
    plugin = DATASETS.load(name)
    try:
        dataset = plugin.load(plugin.Config(), data_directory())
    except AxiscopeError as error:
        return {"available": False, "problem": str(error)}
    factors = [
        {"name": factor.name, "size": factor.size, "kind": factor.kind, "unit": factor.unit}
        for factor in dataset.factors.factors
    ]
    return {
        "available": True,
        "title": dataset.title,
        "n_images": len(dataset),
        "image_shape": list(dataset.image_shape),
        "factors": factors,
        "provenance": asdict(dataset.provenance),
    }


def _listed(facts: DatasetStatus) -> dict[str, Any]:
    """Facts; opened too where that reads no file: it is drawn at once or refused at once."""
    document = {**asdict(facts), "folder": str(facts.folder), "available": True}
    return document if facts.has_files else {**document, **_opened(facts.name)}


def _told(document: dict[str, Any]) -> str:
    """What is here of a data set, in a few words."""
    if "problem" in document:
        return "no: fetch" if any(file["urls"] for file in document["files"]) else "no: by hand"
    if "provenance" in document:
        return str(document["provenance"]["source"])
    there = [file for file in document["files"] if file["state"] == "there"]
    official = f", {len(there)} of {len(document['files'])} official files" if there else ""
    return size_text(document["bytes_on_disk"]) + official


def list_all(*, json_output: bool) -> None:
    """Print every data set."""
    documents = [_listed(dataset_status(name, data_directory())) for name in DATASETS.names()]
    if json_output:
        _print_json(documents)
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("name", no_wrap=True)
    table.add_column("images", justify="right")
    table.add_column("factors", no_wrap=True)
    table.add_column("here")
    for document in documents:
        factors = " x ".join(str(factor["size"]) for factor in document.get("factors", []))
        images = f"{document['n_images']:,}" if "n_images" in document else ""
        table.add_row(document["name"], images, factors, _told(document))
    results.print(table)
    results.print(f"\n{HINT}\nFolder: {data_directory()}", soft_wrap=True, highlight=False)


def _fetchable(name: str) -> list[SourceFile]:
    """Official files that a program can get; of those of which one is enough, the first.

    Raises
    ------
    NotFound
        If a person has to get them: with what to put where.
    """
    plugin = DATASETS.load(name)
    files = [source for source in plugin.FILES if source.urls]
    if not files:
        raise NotFound(f"{name} cannot be fetched by a program: {plugin.HOW} ({data_directory() / name})")
    return files[:1] if getattr(plugin, "ONE_FILE_IS_ENOUGH", False) else files


def _show(progress: Progress, task: TaskID, done: int, total: int | None) -> None:
    progress.update(task, completed=done, total=total)


def fetch_all(name: str, *, json_output: bool) -> None:
    """Download what is missing, with progress."""
    files, folder = _fetchable(name), data_directory() / name
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    fetched = []
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        for source in files:
            task = progress.add_task(source.name, total=source.size)
            path = fetch(source, folder, partial(_show, progress, task))
            size = path.stat().st_size
            progress.update(task, completed=size, total=size)
            fetched.append({"path": str(path), "bytes": size, "verdict": verify_file(path, source)})
    if json_output:
        _print_json({"name": name, "files": fetched})
    console.print(f"{name}: {len(fetched)} files in {folder}; axiscope data check {name} opens them")


def _verdict(name: str, source: SourceFile) -> str:
    path = locate(data_directory(), name, source.name)
    return "missing" if path is None else verify_file(path, source)


def check_all(name: str, *, json_output: bool) -> None:
    """Print a verdict on every official file and open the data set.

    Raises
    ------
    DamagedFile
        If a file is cut short or the set cannot be opened although files are there.
    """
    facts = dataset_status(name, data_directory())
    plugin = DATASETS.load(name)
    verdicts = {source.name: _verdict(name, source) for source in plugin.FILES}
    others = {source.name: _verdict(name, source) for source in getattr(plugin, "OTHER_FORMS", ())}
    verdicts |= {file: verdict for file, verdict in others.items() if verdict != "missing"}
    state = {**asdict(facts), "folder": str(facts.folder), **_opened(name), "verdicts": verdicts}
    if json_output:
        _print_json(state)
    for file, verdict in verdicts.items():
        if not json_output and (verdict != "missing" or not state["available"]):
            results.print(f"{verdict:10} {file}")
    mended = {source.name for source in plugin.FILES if source.earlier_edition}
    bad = [file for file, verdict in verdicts.items() if verdict in BAD_VERDICTS and file not in mended]
    if bad:
        raise DamagedFile(f"{', '.join(bad)}: not the published file; axiscope data fetch {name} gets it anew")
    if not state["available"]:
        raise NotFound(str(state["problem"]))
    if not json_output:
        results.print(f"{state['title']}: {state['n_images']:,} images, {state['provenance']['description']}")
