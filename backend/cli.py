"""Command `axiscope`; its import loads neither torch nor the web framework."""

import importlib.metadata
from typing import Annotated

import typer

import training.cli
from backend.commands import doctor, evaluate, import_model, pack, serve, site, study, token, verify, worker

app = typer.Typer(
    name="axiscope",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("up")(serve.up)
app.command("serve")(serve.serve)
app.command("evaluate")(evaluate.evaluate)
app.command("verify")(verify.verify)
app.command("doctor")(doctor.doctor)
app.command("import")(import_model.import_model)
app.command("site")(site.site)
app.command("pack")(pack.pack)
app.add_typer(study.app, name="study")
app.add_typer(token.app, name="token")
app.command("worker")(worker.worker)
app.registered_commands.extend(training.cli.app.registered_commands)
app.registered_groups.extend(training.cli.app.registered_groups)


def print_version(asked: bool) -> None:
    """Print the installed version and end, where the option is given."""
    if asked:
        typer.echo(f"axiscope {importlib.metadata.version('axiscope')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and end.", callback=print_version, is_eager=True)
    ] = False,
) -> None:
    """Train or import a disentangled VAE, drag its latents, measure it."""


def main() -> None:
    """Run the command line."""
    training.cli.run(app)
