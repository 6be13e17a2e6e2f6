"""Command `axiscope pack`: the folder of a model for a model hub."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer


def pack(
    model: Annotated[str, typer.Argument(help="Id of a model of the zoo.")],
    out: Annotated[
        Path | None, typer.Option(help="New folder to write; MODEL-pack by default.", show_default=False)
    ] = None,
    images: Annotated[int, typer.Option(min=1, max=2000, help="Images of the data set that the page contains.")] = 200,
    json_output: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Write a model as a folder for a model hub: card, graphs, weights, page, checksums."""
    from backend.commands.pack_files import write_pack
    from backend.context import open_context
    from backend.settings import read_settings
    from training.console import status

    context = open_context(read_settings())
    context.datasets.wait_seconds = None  # wait for every conversion
    try:
        context.database.migrate()
        with status("pack") as progress:
            folder = write_pack(context, model, out or Path(f"{model}-pack"), images=images, progress=progress)
    finally:
        context.close()
    files = {path.relative_to(folder).as_posix(): path.stat().st_size for path in folder.rglob("*") if path.is_file()}
    if json_output:
        sys.stdout.write(json.dumps({"id": model, "folder": str(folder), "files": files}) + "\n")
        return
    sys.stdout.write(f"wrote {folder}: {len(files)} files, {sum(files.values()) / 1e6:.1f} MB\n")
