"""`axiscope zoo`: the recipes of the bundled models, and retraining them."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Recipes of the bundled models.")


@app.command("list")
def list_recipes() -> None:
    """Print the recipes."""
    from models_zoo.catalog import recipes
    from training.runs.run_config import read_toml

    for path in recipes():
        recipe = read_toml(path)
        typer.echo(f"{path.stem:28} {recipe['model']['name']}")


@app.command("train")
def train_recipes(
    names: Annotated[list[str] | None, typer.Argument(help="Recipes; all of them by default.")] = None,
    out: Annotated[Path, typer.Option(help="Folder of the run folders.")] = Path("runs"),
    zoo: Annotated[Path | None, typer.Option(help="Zoo that receives the models; yours by default.")] = None,
) -> None:
    """Train and export recipes one after another; a stopped run goes on where it was."""
    from training.runs.process import tune

    tune()
    from models_zoo.catalog import recipes
    from models_zoo.errors import NotFound
    from models_zoo.home import zoo_directory
    from training.runs.recipes import train_recipe

    wanted = {path.stem: path for path in recipes()}
    for name in names or list(wanted):
        if name not in wanted:
            raise NotFound(f"there is no recipe {name!r}; there are: {', '.join(wanted)}")
        train_recipe(wanted[name], out / name, zoo or zoo_directory())


@app.command("measure")
def measure(
    names: Annotated[list[str] | None, typer.Argument(help="Models; all of the zoo by default.")] = None,
    zoo: Annotated[Path | None, typer.Option(help="Zoo whose models to measure; yours by default.")] = None,
) -> None:
    """Evaluate models by every metric and keep the results inside their folders."""
    from training.runs.process import tune

    tune()
    from models_zoo.catalog import find_entry, list_entries
    from models_zoo.home import zoo_directory
    from training.runs.recipes import measure as measure_entry

    place = zoo or zoo_directory()
    for name in names or [entry.id for entry in list_entries(place) if entry.manifest]:
        measure_entry(find_entry([place], name).folder)
