"""`axiscope zoo`: the recipes of the bundled models, retraining and evaluation."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Recipes of the bundled models.")


@app.command("list")
def list_recipes() -> None:
    """Print the recipes."""
    from models_zoo.catalog import recipes
    from training.runs.run_toml import read_toml

    for path in recipes():
        recipe = read_toml(path)
        typer.echo(f"{path.stem:28} {recipe['model']['name']}")


@app.command("train")
def train_recipes(
    names: Annotated[list[str] | None, typer.Argument(help="Recipes; all of them by default.")] = None,
    out: Annotated[Path, typer.Option(help="Folder of the run folders.")] = Path("runs"),
    zoo: Annotated[Path | None, typer.Option(help="Zoo that receives the models; yours by default.")] = None,
    steps: Annotated[
        int | None,
        typer.Option(help="Steps of each run, for a trial: all other lengths change in proportion.", min=1),
    ] = None,
    metrics: Annotated[
        str, typer.Option("--evaluate", help="Metrics to evaluate, e.g. cbd,mig; all of them by default.")
    ] = "",
) -> None:
    """Train and export recipes one after another; a stopped run is resumed."""
    from training.runs.process import configure_process

    configure_process()
    from models_zoo.catalog import recipes
    from models_zoo.errors import NotFound
    from models_zoo.home import zoo_directory

    files = {path.stem: path for path in recipes()}
    for name in names or list(files):
        if name not in files:
            raise NotFound(f"got recipe {name!r}; allowed: {', '.join(files)}", allowed=list(files))
        names_of_metrics = [metric.strip() for metric in metrics.split(",") if metric.strip()]
        train_recipe(files[name], out / name, zoo or zoo_directory(), steps=steps, metrics=names_of_metrics)


@app.command("measure")
def measure(
    names: Annotated[list[str] | None, typer.Argument(help="Models; all of the zoo by default.")] = None,
    zoo: Annotated[Path | None, typer.Option(help="Zoo whose models to measure; yours by default.")] = None,
) -> None:
    """Evaluate models by every metric and keep the results inside their folders."""
    from training.runs.process import configure_process

    configure_process()
    from models_zoo.catalog import find_zoo_model, list_zoo_models
    from models_zoo.home import zoo_directory

    place = zoo or zoo_directory()
    for name in names or [model.id for model in list_zoo_models(place) if model.manifest]:
        evaluate_model(find_zoo_model([place], name).folder)


@app.command("view")
def choose_view(
    name: Annotated[str, typer.Argument(help="Model.")],
    query: Annotated[
        str, typer.Argument(help="What follows the ? in the address of an Explore page; nothing for the usual view.")
    ] = "",
    zoo: Annotated[Path | None, typer.Option(help="Zoo of the model; yours by default.")] = None,
) -> None:
    """Choose the view that a model opens with: input, focus, tab, strips, pinned point."""
    from models_zoo.catalog import find_zoo_model
    from models_zoo.home import zoo_directory
    from models_zoo.manifest import set_view

    set_view(find_zoo_model([zoo or zoo_directory()], name).folder, query)


def train_recipe(
    recipe: Path,
    out: Path,
    zoo: Path,
    *,
    steps: int | None = None,
    metrics: Sequence[str] = (),
    again: bool = True,
) -> None:
    """Train, export and evaluate one recipe; a run that was stopped earlier is resumed.

    Parameters
    ----------
    recipe : Path
        TOML with a ``[model]`` table (name; note; ``after``, the recipe whose weights it begins with; the ``seeds``
        tried and the ``rule`` of choice; ``view``, the query of Explore that it opens with) and a ``[run]`` table.
    out : Path
        Run folder.
    zoo : Path
        Zoo that receives the model; its id is the recipe's file name.
    steps : int, optional
        Steps in place of those of the recipe, of earlier runs too.
    metrics : sequence of str
        Metrics to evaluate; all of them when empty.
    again : bool
        Whether a model that was exported from the whole run and evaluated is exported and evaluated again.
    """
    from models_zoo.home import data_directory
    from models_zoo.manifest import set_view
    from training.console import console, status
    from training.runs.pipeline import export_and_evaluate
    from training.runs.run_config import merge_settings, with_steps
    from training.runs.run_toml import read_toml
    from training.runs.terminal import train_in_terminal

    model = read_toml(recipe)["model"]
    console.print(f"[bold]{recipe.stem}[/bold] {model['name']}")
    options = {}
    if "after" in model:
        earlier = recipe.with_name(f"{model['after']}.toml")
        train_recipe(earlier, out.with_name(earlier.stem), zoo, steps=steps, metrics=metrics, again=False)
        options["start_from"] = str(out.with_name(earlier.stem))
    config = merge_settings(out, options, recipe, resume=True)
    trainer, finished = train_in_terminal(config if steps is None else with_steps(config, steps), out)
    if not finished:
        raise SystemExit(130)
    if not again and is_complete(out, zoo / recipe.stem):
        return
    with status("exporting and evaluating") as progress:
        exported, _ = export_and_evaluate(
            trainer,
            zoo,
            data_directory(),
            model_id=recipe.stem,
            name=model["name"],
            provenance={"note": model.get("note")},
            metrics=metrics,
            progress=progress,
        )
    if view := model.get("view"):
        set_view(exported, view)


def is_complete(run: Path, model: Path) -> bool:
    """Return whether the folder ``model`` holds the export of the whole ``run`` and its evaluation."""
    from models_zoo.manifest import EVALUATION, RUN_TOML

    settings = model / RUN_TOML
    return (
        (model / EVALUATION).exists() and settings.exists() and settings.read_bytes() == (run / RUN_TOML).read_bytes()
    )


def evaluate_model(folder: Path) -> None:
    """Evaluate the model in ``folder`` by every metric and write its `evaluation.json`."""
    from models_zoo.home import data_directory
    from models_zoo.manifest import read_manifest
    from training.console import status
    from training.data.local import open_dataset_of
    from training.runs.pipeline import evaluate

    dataset = open_dataset_of(read_manifest(folder), data_directory())
    with status(f"evaluating {folder.name}") as progress:
        evaluate(folder, dataset, progress=progress)
