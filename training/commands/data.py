"""`axiscope data`: which data sets there are, where they come from, whether their files are whole."""

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Data sets: what is there, where it comes from, checksums.")
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Name = Annotated[str, typer.Argument(help="Data set, see `axiscope data list`.")]


@app.command("list")
def list_datasets(json_output: Json = False) -> None:
    """List all data sets: official, procedural, or what is missing."""
    from training.commands.data_session import list_all

    list_all(json_output=json_output)


@app.command("fetch")
def fetch(name: Name, json_output: Json = False) -> None:
    """Download the official files of a data set; goes on where an earlier try broke off."""
    from training.commands.data_session import fetch_all

    fetch_all(name, json_output=json_output)


@app.command("check")
def check(name: Name, json_output: Json = False) -> None:
    """Compare the files on this disk with the published checksums and open the data set."""
    from training.commands.data_session import check_all

    check_all(name, json_output=json_output)
