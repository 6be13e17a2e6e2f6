"""Command `axiscope site`: explorer pages without a server."""

from pathlib import Path
from typing import Annotated

import typer


def site(
    models: Annotated[list[str], typer.Argument(help="Ids of models of the zoo.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder to write; files of the same name are replaced.", show_default=False)
    ] = None,
    one_file: Annotated[
        Path | None,
        typer.Option(
            help="HTML file to write instead of a folder: it opens from disk, without a network.", show_default=False
        ),
    ] = None,
    images: Annotated[
        int, typer.Option(min=1, max=2000, help="Images of the data set that are copied with each model.")
    ] = 200,
) -> None:
    """Write explorer pages for any file host; the browser decodes."""
    from backend.commands.one_file import write_one_file
    from backend.commands.site_files import write_site
    from backend.context import open_context
    from backend.settings import read_settings
    from training.console import status

    if (out is None) == (one_file is None):
        raise typer.BadParameter("got both or neither; allowed: --out FOLDER or --one-file FILE")
    context = open_context(read_settings())
    context.datasets.wait_seconds = None  # wait for every conversion
    try:
        context.database.migrate()
        with status("site") as progress:
            if one_file is not None:
                size = write_one_file(context, models, one_file, images=images, progress=progress)
            elif out is not None:
                size = write_site(context, models, out, images=images, progress=progress)
    finally:
        context.close()
    typer.echo(f"wrote {one_file or out}: {len(models)} models, {size / 1e6:.1f} MB")
    if out is not None:
        typer.echo(f"look at it with: python -m http.server --directory {out} 8080")
