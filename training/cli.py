"""The training side of the command line: thin commands that import what they need when they run."""

import typer

from training.commands import schemas, train

app = typer.Typer(no_args_is_help=True)
app.command("train")(train.train)
app.command("export")(train.export)
app.command("schemas", hidden=True)(schemas.schemas)
