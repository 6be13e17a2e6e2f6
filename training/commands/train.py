"""`axiscope train` and `axiscope export`."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from models_zoo.errors import InvalidInput
from models_zoo.json_types import JsonObject
from models_zoo.manifest import RUN_TOML, START
from training.commands.run_options import settings_of, with_run_options

if TYPE_CHECKING:
    from training.runs.run_config import RunConfig


@with_run_options
def train(
    out: Annotated[
        Path | None,
        typer.Option(help="Run folder: checkpoints, history, run.toml; runs/NAME by default with --config."),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="run.toml of a run or model, or a recipe; options given here override it.")
    ] = None,
    seeds: Annotated[str | None, typer.Option(help="Several runs, e.g. 0,1000,2000: one folder each in --out.")] = None,
    parallel: Annotated[
        int | None, typer.Option(help="Runs of --seeds at a time; a core each by default.", min=1)
    ] = None,
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Also write event files for TensorBoard.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Continue from the newest checkpoint in --out.")] = False,
    json_output: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
    **given: Any,
) -> None:
    """Train one model, with history and checkpoints; a run that was killed and resumed equals an uninterrupted one."""
    from training.runs.process import configure_process

    configure_process()
    from training.runs.run_config import merge_settings

    folder = out or default_folder(config)
    options = settings_of(given)
    if "start_from" in options:
        options["start_from"] = str(Path(options["start_from"]).expanduser().absolute())
    source = _folder_of_seeds(folder, seeds) if seeds else folder
    run = merge_settings(source, options, config, resume=resume)
    extra = ["--tensorboard"] if tensorboard else []
    done = _several(run, folder, seeds, parallel, extra) if seeds else _single(run, folder, tensorboard)
    if json_output:
        typer.echo(json.dumps(done))
    if not all(one["finished"] for one in done.get("runs", [done])):
        raise SystemExit(130)


def default_folder(config: Path | None) -> Path:
    """Return the run folder where --out is not given: ``runs/NAME``, named after the folder of a run.toml or a recipe.

    Raises
    ------
    InvalidInput
        If --config is not given either.
    """
    if config is None:
        raise InvalidInput(
            "got neither --out nor --config; allowed: one of them, or both; name the run folder with --out",
            field="/out",
        )
    return Path("runs") / (config.absolute().parent.name if config.name == RUN_TOML else config.stem)


def _folder_of_seeds(out: Path, seeds: str) -> Path:
    from training.runs.parallel import folder_of, parse_seeds

    return folder_of(out, parse_seeds(seeds)[0])


def _single(run: "RunConfig", out: Path, tensorboard: bool) -> JsonObject:
    from training.runs.terminal import train_in_terminal

    trainer, finished = train_in_terminal(run, out, tensorboard=tensorboard)
    return {"out": str(out), "step": trainer.step, "finished": finished}


def _several(run: "RunConfig", out: Path, seeds: str, parallel: int | None, extra: list[str]) -> JsonObject:
    from training.runs.parallel import Runs, folder_of, parse_seeds, train_seeds

    if run.start_from == START:  # a copy that only the folder of the first seed may have yet
        run = run.model_copy(update={"start_from": str(folder_of(out, parse_seeds(seeds)[0]) / START)})
    return {"runs": train_seeds(Runs(run, out, parse_seeds(seeds), extra), parallel or os.cpu_count() or 1)}


def export(
    run: Annotated[Path, typer.Argument(help="Run folder of `axiscope train`.")],
    zoo: Annotated[Path | None, typer.Option(help="Zoo that receives the model; yours by default.")] = None,
    model_id: Annotated[str | None, typer.Option("--id", help="Id of the model; the run's name by default.")] = None,
    name: Annotated[str | None, typer.Option(help="Display name.")] = None,
    best: Annotated[bool, typer.Option("--best", help="The best checkpoint by keep_best, not the newest.")] = False,
    json_output: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Export a checkpoint of a run, the newest by default, as a model: two ONNX graphs and a manifest."""
    from models_zoo.home import data_directory, zoo_directory
    from training.console import console, status
    from training.runs.export import export_run

    with status("exporting") as progress:
        folder = export_run(
            *(run, zoo or zoo_directory(), data_directory()),
            model_id=model_id,
            name=name,
            which="best" if best else "last",
            progress=progress,
        )
    if json_output:
        typer.echo(json.dumps({"id": folder.name, "folder": str(folder)}))
    else:
        console.print(f"exported [bold]{folder.name}[/bold] to {folder}")
