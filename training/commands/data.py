"""`axiscope data`: data sets, the official files they are read from, and whether these are complete."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from models_zoo.errors import AxiscopeError, DamagedFile, NotFound
from models_zoo.home import data_directory
from models_zoo.json_types import JsonObject
from training.registry import DATASETS

if TYPE_CHECKING:
    from rich.progress import TaskID

    from training.data.sources import SourceFile

app = typer.Typer(no_args_is_help=True, help="Data sets: files, origin, checksums.")
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Name = Annotated[str, typer.Argument(help="Data set, see `axiscope data list`.")]
BAD_VERDICTS = {"differs", "incomplete"}
HINT = "`axiscope data fetch NAME` downloads a set; `axiscope data check NAME` compares it, or explains how to get it."


@app.command("list")
def list_datasets(json_output: Json = False) -> None:
    """List all data sets: official, procedural, or missing."""
    from rich.table import Table

    from training.console import results

    documents = [list_entry(name) for name in DATASETS.names()]
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
        table.add_row(document["name"], images, factors, status_text(document))
    results.print(table)
    results.print(f"\n{HINT}\nFolder: {data_directory()}", soft_wrap=True, highlight=False)


@app.command("fetch")
def fetch(name: Name, json_output: Json = False) -> None:
    """Download the official files of a data set; an interrupted download is resumed."""
    from functools import partial

    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    from training.console import console
    from training.data.download import fetch as fetch_file
    from training.data.sources import verify_file

    files, folder = _files_to_fetch(name), data_directory() / name
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    fetched = []
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:

        def show(task: "TaskID", done: int, total: int | None) -> None:
            progress.update(task, completed=done, total=total)

        for source in files:
            task = progress.add_task(source.name, total=source.size)
            path = fetch_file(source, folder, partial(show, task))
            size = path.stat().st_size
            show(task, size, size)
            fetched.append({"path": str(path), "bytes": size, "verdict": verify_file(path, source)})
    if json_output:
        _print_json({"name": name, "files": fetched})
    console.print(f"{name}: {len(fetched)} files in {folder}; axiscope data check {name} opens them")


@app.command("check")
def check(name: Name, json_output: Json = False) -> None:
    """Compare the files on this disk with the published checksums and open the data set."""
    from training.console import results
    from training.data.local import dataset_status

    found = dataset_status(name, data_directory())
    plugin = DATASETS.load(name)
    verdicts = {source.name: _verdict(name, source) for source in plugin.FILES}
    others = {source.name: _verdict(name, source) for source in getattr(plugin, "OTHER_FORMS", ())}
    verdicts |= {file: verdict for file, verdict in others.items() if verdict != "missing"}
    state = {**asdict(found), "folder": str(found.folder), **open_summary(name), "verdicts": verdicts}
    if json_output:
        _print_json(state)
    for file, verdict in verdicts.items():
        if not json_output and (verdict != "missing" or not state["available"]):
            results.print(f"{verdict:10} {file}")
    corrected = {source.name for source in plugin.FILES if source.earlier_edition}
    bad = [file for file, verdict in verdicts.items() if verdict in BAD_VERDICTS and file not in corrected]
    if bad:
        raise DamagedFile(
            f"got {', '.join(bad)}; allowed: the published files; `axiscope data fetch {name}` downloads them again"
        )
    if not state["available"]:
        raise NotFound(str(state["problem"]))
    if not json_output:
        results.print(f"{state['title']}: {state['n_images']:,} images, {state['provenance']['description']}")


def _print_json(document: object) -> None:
    import json

    typer.echo(json.dumps(document))


def size_text(n_bytes: float) -> str:
    """Return a number of bytes as text: ``"5.9 GB"``."""
    for unit in ("B", "kB", "MB"):
        if n_bytes < 1000:
            return f"{n_bytes:.3g} {unit}"
        n_bytes /= 1000
    return f"{n_bytes:,.1f} GB"


def open_summary(name: str) -> JsonObject:
    """Open a data set and return its images, factors and provenance, or the reason why it cannot be opened."""
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


def list_entry(name: str) -> JsonObject:
    """Return the status of a data set, and its summary where opening it reads no file."""
    from training.data.local import dataset_status

    found = dataset_status(name, data_directory())
    document = {**asdict(found), "folder": str(found.folder), "available": True}
    return document if found.has_files else {**document, **open_summary(name)}


def status_text(document: JsonObject) -> str:
    """Return in a few words what there is of a data set."""
    if "problem" in document:
        return "no: fetch" if any(file["urls"] for file in document["files"]) else "no: by hand"
    if "provenance" in document:
        return str(document["provenance"]["source"])
    complete = [file for file in document["files"] if file["state"] == "there"]
    official = f", {len(complete)} of {len(document['files'])} official files" if complete else ""
    return size_text(document["bytes_on_disk"]) + official


def _files_to_fetch(name: str) -> "list[SourceFile]":
    """Return the official files that have an address; the first alone where one is enough.

    Raises
    ------
    NotFound
        If no file has an address; the message explains how to get the files by hand.
    """
    plugin = DATASETS.load(name)
    files = [source for source in plugin.FILES if source.urls]
    if not files:
        raise NotFound(
            f"got {name}, which no program can fetch; allowed: data sets with an address; {plugin.HOW} "
            f"({data_directory() / name})"
        )
    return files[:1] if getattr(plugin, "ONE_FILE_IS_ENOUGH", False) else files


def _verdict(name: str, source: "SourceFile") -> str:
    from training.data.sources import locate, verify_file

    path = locate(data_directory(), name, source.name)
    return "missing" if path is None else verify_file(path, source)
