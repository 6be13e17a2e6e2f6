"""Command `axiscope`; its import loads neither torch nor the web framework."""

import typer

import training.cli
from backend.commands import doctor, evaluate, import_model, pack, serve, site, study, token, verify, worker

app = typer.Typer(
    name="axiscope",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Train or import a disentangled VAE, drag its latents, measure it.",
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


def main() -> None:
    """Run the command line."""
    training.cli.run(app)
