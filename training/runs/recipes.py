"""Retraining a bundled model: recipe -> run -> zoo entry -> scores."""

from pathlib import Path

from models_zoo.errors import InvalidInput
from models_zoo.home import data_directory
from models_zoo.manifest import read_manifest
from training.console import console, status
from training.data.local import open_dataset
from training.runs.pipeline import evaluate, export_and_evaluate
from training.runs.run_config import read_toml
from training.runs.session import gather, train_in_terminal


def train_recipe(recipe: Path, out: Path, zoo: Path) -> Path:
    """Train one recipe (going on where an earlier try stopped) and export it.

    Parameters
    ----------
    recipe : Path
        TOML with a ``[model]`` table (name; note; ``after``, the recipe whose weights it begins with) and a
        ``[run]`` table.
    out : Path
        Run folder.
    zoo : Path
        Zoo that receives the entry; its id is the recipe's file name.

    Returns
    -------
    Path
        The entry's folder.
    """
    model = read_toml(recipe)["model"]
    console.print(f"[bold]{recipe.stem}[/bold] {model['name']}")
    options = {}
    if "after" in model:
        earlier = recipe.with_name(f"{model['after']}.toml")
        train_recipe(earlier, out.with_name(earlier.stem), zoo)
        options["start_from"] = str(out.with_name(earlier.stem))
    trainer, finished = train_in_terminal(gather(out, options, [], [], recipe, resume=True), out)
    if not finished:
        raise SystemExit(130)
    with status("exporting and measuring") as say:
        folder, _ = export_and_evaluate(
            trainer,
            zoo,
            data_directory(),
            model_id=recipe.stem,
            name=model["name"],
            provenance={"note": model.get("note")},
            progress=say,
        )
    return folder


def measure(entry: Path) -> None:
    """Evaluate an entry by every metric and keep the results in its `evaluation.json`.

    Raises
    ------
    InvalidInput
        If the manifest names no data set.
    """
    manifest = read_manifest(entry)
    if manifest.dataset is None:
        raise InvalidInput(f"{entry.name} names no data set: nothing to measure it on", field="/dataset")
    dataset = open_dataset(manifest.dataset, manifest.dataset_settings, data_directory())
    with status(f"measuring {entry.name}") as say:
        evaluate(entry, dataset, progress=say)
