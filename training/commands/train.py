"""`axiscope train` and `axiscope export`: options here, work in training.trainer and training.export."""

from pathlib import Path
from typing import Annotated, Any

import typer

Assignments = Annotated[
    list[str] | None, typer.Option("--set", help="Setting of the objective, key=value; repeat for more.")
]


def train(
    out: Annotated[Path, typer.Option(help="Run folder: checkpoints, history, run.json.")],
    dataset: Annotated[str | None, typer.Option(help="Data set, see `axiscope data list`.")] = None,
    objective: Annotated[str | None, typer.Option(help="What to minimise, e.g. beta_vae.")] = None,
    architecture: Annotated[str | None, typer.Option(help="Networks, e.g. conv64.")] = None,
    latents: Annotated[int | None, typer.Option(help="Number of latents.")] = None,
    steps: Annotated[int | None, typer.Option(help="Optimiser steps.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Images of one step.")] = None,
    lr: Annotated[float | None, typer.Option(help="Adam's learning rate.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of weights, batches and noise.")] = None,
    likelihood: Annotated[str | None, typer.Option(help="bernoulli, mse or gaussian.")] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu or cuda.")] = None,
    threads: Annotated[int | None, typer.Option(help="CPU threads.")] = None,
    checkpoint_every: Annotated[int | None, typer.Option(help="Steps between checkpoints.")] = None,
    log_every: Annotated[int | None, typer.Option(help="Steps between history rows.")] = None,
    assignments: Assignments = None,
    data_assignments: Annotated[
        list[str] | None, typer.Option("--data-set", help="Setting of the data set, key=value; repeat for more.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Recipe in TOML; options given here win over it.")] = None,
    start_from: Annotated[Path | None, typer.Option(help="Run folder whose weights to begin with.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the newest checkpoint in --out.")] = False,
    json_output: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Train one model: progress bar, history, checkpoints; kill it and --resume equals an uninterrupted run."""
    from training.process import tune

    tune()
    from training.session import run_training

    options: dict[str, Any] = {
        "dataset": dataset,
        "objective": objective,
        "architecture": architecture,
        "latents": latents,
        "steps": steps,
        "batch_size": batch_size,
        "learning_rate": lr,
        "seed": seed,
        "likelihood": likelihood,
        "start_from": str(start_from) if start_from else None,
        "device": device,
        "threads": threads,
        "checkpoint_every": checkpoint_every,
        "log_every": log_every,
    }
    run_training(
        out,
        {name: value for name, value in options.items() if value is not None},
        objective_assignments=assignments or [],
        dataset_assignments=data_assignments or [],
        recipe=config,
        resume=resume,
        json_output=json_output,
    )


def export(
    run: Annotated[Path, typer.Argument(help="Run folder of `axiscope train`.")],
    zoo: Annotated[Path | None, typer.Option(help="Zoo that receives the model; yours by default.")] = None,
    model_id: Annotated[str | None, typer.Option("--id", help="Id of the entry; the run's name by default.")] = None,
    name: Annotated[str | None, typer.Option(help="Name for people.")] = None,
    json_output: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Turn the newest checkpoint of a run into a zoo entry: two ONNX graphs and a manifest."""
    import json

    from models_zoo.home import data_directory, zoo_directory
    from training.export import export_run
    from training.terminal import console, status

    with status("exporting") as say:
        folder = export_run(run, zoo or zoo_directory(), data_directory(), model_id=model_id, name=name, progress=say)
    if json_output:
        typer.echo(json.dumps({"id": folder.name, "folder": str(folder)}))
    else:
        console.print(f"exported [bold]{folder.name}[/bold] to {folder}")
