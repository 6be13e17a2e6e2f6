"""Commands of the trainer. Each imports what it needs when it runs."""

import sys

import typer

from models_zoo.errors import AxiscopeError
from training.commands import data, metrics, step_time, stress, train, zoo

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
app.command("train")(train.train)
app.command("export")(train.export)
app.command("metrics")(metrics.metrics)
app.command("stress")(stress.stress)
app.command("pace", hidden=True)(step_time.pace)
app.add_typer(data.app, name="data")
app.add_typer(zoo.app, name="zoo")


EXTRAS = {
    "onnxruntime": "'axiscope[cpu]', or 'axiscope[gpu]' on a machine with CUDA",
    "psycopg": "'axiscope[postgres]'",
    "s3fs": "'axiscope[s3]'",
}
"""What installs a module that the distribution does not require, by module."""


def run(application: typer.Typer) -> None:
    """Run a command line; errors that a user can act on go to stderr as one sentence, with exit code 2."""
    try:
        application()
    except ModuleNotFoundError as error:
        if error.name not in EXTRAS:
            raise
        sys.stderr.write(f"error: {error.name} is not installed; pip install {EXTRAS[error.name]}\n")
        sys.exit(2)
    except (AxiscopeError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(2)
