"""The training side of the command line: thin commands that import what they need when they run."""

import typer

app = typer.Typer(no_args_is_help=True)
