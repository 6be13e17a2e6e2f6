"""One call of `axiscope data`."""

import json
import sys
from typing import Any

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.table import Table

from models_zoo.errors import AxiscopeError, NotFound
from models_zoo.home import data_directory
from training.download import fetch
from training.registry import DATASETS
from training.sources import SourceFile, locate, verdict_on
from training.terminal import console


def state_of(name: str) -> dict[str, Any]:
    """What a person wants to know of a data set: title, availability, source, factors, how to get it."""
    plugin = DATASETS.load(name)
    facts: dict[str, Any] = {"name": name, "title": plugin.TITLE, "source": plugin.SOURCE, "how": plugin.HOW}
    try:
        dataset = plugin.load(plugin.Config(), data_directory())
    except AxiscopeError as error:
        return {**facts, "available": False, "problem": str(error)}
    return {
        **facts,
        "available": True,
        "title": dataset.title,
        "images": len(dataset),
        "image_shape": list(dataset.image_shape),
        "factors": dict(zip(dataset.factors.names, dataset.factors.sizes, strict=True)),
        "provenance": dataset.provenance.source,
        "description": dataset.provenance.description,
        "licence": dataset.provenance.licence,
    }


def list_all(*, json_output: bool) -> None:
    """Print every data set."""
    states = [state_of(name) for name in DATASETS.names()]
    if json_output:
        sys.stdout.write(json.dumps(states) + "\n")
        return
    table = Table("name", "title", "images", "factors", "what there is, or how to get it")
    for state in states:
        factors = " x ".join(str(size) for size in list(state.get("factors", {}).values())[:9])
        images = f"{state['images']:,}" if state["available"] else "–"
        told = state["description"] if state["available"] else state["problem"]
        table.add_row(state["name"], state["title"], images, factors, told)
    console.print(table)


def _files(name: str) -> tuple[SourceFile, ...]:
    plugin = DATASETS.load(name)
    if not plugin.FILES:
        raise NotFound(f"{name} has no official files that a program could compare or fetch: {plugin.HOW}")
    files: tuple[SourceFile, ...] = plugin.FILES
    return files


def fetch_all(name: str, *, json_output: bool) -> None:
    """Download what is missing, with progress."""
    plugin, files = DATASETS.load(name), _files(name)
    folder = data_directory() / name
    by_hand = [source.name for source in files if not source.urls]
    if len(by_hand) == len(files):
        raise NotFound(f"{name} cannot be fetched by a program. {plugin.HOW} ({folder})")
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    fetched = []
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        for source in (files[:1] if name == "dsprites" else files):
            task = progress.add_task(source.name, total=source.size)
            path = fetch(source, folder, lambda done, total, t=task: progress.update(t, completed=done, total=total))
            fetched.append(str(path))
    if json_output:
        sys.stdout.write(json.dumps({"name": name, "files": fetched}) + "\n")
    console.print(f"{name}: {len(fetched)} files in {folder}")


def check_all(name: str, *, json_output: bool) -> None:
    """Print a verdict per file and open the data set; exit code 1 where a file differs or is cut short."""
    plugin = DATASETS.load(name)
    verdicts = {}
    for source in plugin.FILES:
        path = locate(data_directory(), name, source.name) or data_directory() / name / source.name
        verdicts[source.name] = verdict_on(path, source)
    state = state_of(name)
    if json_output:
        sys.stdout.write(json.dumps({**state, "files": verdicts}) + "\n")
    else:
        for file, verdict in verdicts.items():
            console.print(f"{verdict:10} {file}")
        told = f"{state['title']}: {state['images']:,} images" if state["available"] else state["problem"]
        console.print(told)
    if {"differs", "incomplete"} & set(verdicts.values()):
        raise SystemExit(1)
