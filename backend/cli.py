"""The command `axiscope`. Importing this module imports neither torch nor the web framework."""

import typer

app = typer.Typer(name="axiscope", no_args_is_help=True)


def main() -> None:
    """Run the command line."""
    app()
