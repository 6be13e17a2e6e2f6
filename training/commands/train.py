"""`axiscope train` and `axiscope export`: options here, work in training.trainer and training.export."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from training.run_config import RunConfig

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
    held_out: Annotated[float | None, typer.Option(help="Share of the images never trained on, 0 to 0.9.")] = None,
    evaluate_every: Annotated[int | None, typer.Option(help="Steps between evaluations of the run.")] = None,
    evaluate: Annotated[str | None, typer.Option(help="Metrics of each evaluation, e.g. cbd,mig.")] = None,
    keep_best: Annotated[
        str | None, typer.Option(help="Keep the checkpoint best in this: a metric, or held_out.total.")
    ] = None,
    patience: Annotated[int | None, typer.Option(help="Stop after this many evaluations without a better one.")] = None,
    film_frames: Annotated[int | None, typer.Option(help="Snapshots of the traversals; 0 for none.")] = None,
    amp: Annotated[bool | None, typer.Option("--amp", help="Mixed precision; on CUDA only.")] = None,
    seeds: Annotated[str | None, typer.Option(help="Several runs, e.g. 0,1000,2000: one folder each in --out.")] = None,
    parallel: Annotated[
        int | None, typer.Option(help="Runs of --seeds at a time; a core each by default.", min=1)
    ] = None,
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Event files for TensorBoard too.")] = False,
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
    from training.session import gather

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
        "held_out": held_out,
        "evaluate_every": evaluate_every,
        "evaluate_metrics": evaluate.split(",") if evaluate else None,
        "keep_best": keep_best,
        "patience": patience,
        "film_frames": film_frames,
        "amp": amp,
    }
    given = {name: value for name, value in options.items() if value is not None}
    extra = ["--tensorboard"] if tensorboard else []
    source = _folder_of_seeds(out, seeds) if seeds else out
    run = gather(source, given, assignments or [], data_assignments or [], config, resume=resume)
    done = _several(run, out, seeds, parallel, extra) if seeds else _single(run, out, tensorboard)
    if json_output:
        typer.echo(json.dumps(done))
    if not all(one["finished"] for one in done.get("runs", [done])):
        raise SystemExit(130)


def _folder_of_seeds(out: Path, seeds: str) -> Path:
    from training.side_by_side import folder_of, parse_seeds

    return folder_of(out, parse_seeds(seeds)[0])


def _single(run: "RunConfig", out: Path, tensorboard: bool) -> dict[str, Any]:
    from training.session import train_in_terminal

    trainer, finished = train_in_terminal(run, out, tensorboard=tensorboard)
    return {"out": str(out), "step": trainer.step, "finished": finished}


def _several(run: "RunConfig", out: Path, seeds: str, parallel: int | None, extra: list[str]) -> dict[str, Any]:
    from training.side_by_side import Runs, parse_seeds, train_seeds

    return {"runs": train_seeds(Runs(run, out, parse_seeds(seeds), extra), parallel or os.cpu_count() or 1)}


def export(
    run: Annotated[Path, typer.Argument(help="Run folder of `axiscope train`.")],
    zoo: Annotated[Path | None, typer.Option(help="Zoo that receives the model; yours by default.")] = None,
    model_id: Annotated[str | None, typer.Option("--id", help="Id of the entry; the run's name by default.")] = None,
    name: Annotated[str | None, typer.Option(help="Name for people.")] = None,
    best: Annotated[bool, typer.Option("--best", help="The best checkpoint by keep_best, not the newest.")] = False,
    json_output: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Turn a checkpoint of a run, the newest by default, into a zoo entry: two ONNX graphs and a manifest."""
    from models_zoo.home import data_directory, zoo_directory
    from training.export import export_run
    from training.terminal import console, status

    with status("exporting") as say:
        folder = export_run(
            *(run, zoo or zoo_directory(), data_directory()),
            model_id=model_id,
            name=name,
            which="best" if best else "last",
            progress=say,
        )
    if json_output:
        typer.echo(json.dumps({"id": folder.name, "folder": str(folder)}))
    else:
        console.print(f"exported [bold]{folder.name}[/bold] to {folder}")
