"""Retraining a bundled model: recipe -> run -> zoo entry."""

from pathlib import Path

from models_zoo.home import data_directory
from training.export import export_run
from training.run_config import read_toml
from training.session import gather, run_training
from training.terminal import console, status


def train_recipe(recipe: Path, out: Path, zoo: Path) -> Path:
    """Train one recipe (going on where an earlier try stopped) and export it.

    Parameters
    ----------
    recipe : Path
        TOML with a ``[model]`` (name, note) and a ``[run]`` table.
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
    if not run_training(gather(out, {}, [], [], recipe, resume=True), out, resume=True)["finished"]:
        raise SystemExit(130)
    with status("exporting") as say:
        return export_run(
            out,
            zoo,
            data_directory(),
            model_id=recipe.stem,
            name=model["name"],
            said={"note": model.get("note"), "command": f"axiscope zoo train {recipe.stem}"},
            progress=say,
        )
