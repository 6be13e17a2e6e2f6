"""One training run in one frozen record: what `run.json` holds and what a resumed run must equal."""

import json
import tomllib
from pathlib import Path
from typing import Any, Literal

from models_zoo.errors import DamagedFile, InvalidInput, NotFound
from models_zoo.files import write_atomic
from training.config import Config, build, setting
from training.registry import ARCHITECTURES, DATASETS, OBJECTIVES

RUN_FILE = "run.json"


class RunConfig(Config):
    """Settings of a run. Published defaults: Adam (0.9, 0.999, 1e-8), lr 1e-4, batch 64 (Locatello 2019)."""

    dataset: str = setting(..., "data set to learn from")
    dataset_settings: dict[str, Any] = setting({}, "settings of the data set")
    objective: str = setting(..., "what to minimise")
    objective_settings: dict[str, Any] = setting({}, "settings of the objective")
    architecture: str = setting("conv64", "encoder and decoder networks")
    likelihood: Literal["bernoulli", "mse", "gaussian"] = setting("bernoulli", "reconstruction term of the loss")
    latents: int = setting(10, "number of latents D", ge=1, le=1024)
    steps: int = setting(300_000, "optimiser steps", unit="steps", ge=1, le=100_000_000)
    batch_size: int = setting(64, "images of one step", unit="images", ge=2, le=65_536)
    learning_rate: float = setting(1e-4, "Adam's learning rate", gt=0, le=1)
    final_learning_rate: float | None = setting(
        None, "learning rate that the last quarter of the steps decays to linearly; none keeps it constant", gt=0, le=1
    )
    seed: int = setting(0, "seed of weights, batches and noise", ge=0, lt=2**32)
    bias_from_data: bool = setting(False, "start the decoder's output bias at the log-odds of the mean image")
    start_from: str | None = setting(None, "run folder whose weights this run begins with; none starts at random")
    device: Literal["auto", "cpu", "cuda"] = setting("auto", "where to compute; auto takes CUDA where there is one")
    threads: int = setting(1, "CPU threads; one thread a run, several runs side by side is fastest", ge=1, le=256)
    log_every: int = setting(100, "steps between two rows of the history", unit="steps", ge=1)
    checkpoint_every: int = setting(2_000, "steps between two checkpoints", unit="steps", ge=1)


def resolve(values: dict[str, Any]) -> RunConfig:
    """Validate a run, its plugins' settings included, and write all defaults out.

    Raises
    ------
    InvalidInput, NotFound
        Naming the setting or plugin at fault and what is allowed.
    """
    config = build(RunConfig, values)
    if config.architecture not in ARCHITECTURES.names():
        ARCHITECTURES.load(config.architecture)
    plugins = {"objective": OBJECTIVES, "dataset": DATASETS}
    settings = {
        f"{kind}_settings": build(
            registry.load(getattr(config, kind)).Config, getattr(config, f"{kind}_settings")
        ).model_dump(mode="json")
        for kind, registry in plugins.items()
    }
    return build(RunConfig, {**config.model_dump(), **settings})


def read_toml(path: Path) -> dict[str, Any]:
    """Read a recipe or run file in TOML.

    Raises
    ------
    NotFound, DamagedFile
        If there is no such file, or it is not TOML (with the line).
    """
    try:
        return tomllib.loads(path.read_text())
    except FileNotFoundError:
        raise NotFound(f"there is no file {path}") from None
    except tomllib.TOMLDecodeError as error:
        raise DamagedFile(f"{path} is not TOML: {error}") from None


def write_run(folder: Path, config: RunConfig) -> None:
    """Write `run.json`."""
    write_atomic(folder / RUN_FILE, (config.model_dump_json(indent=1) + "\n").encode())


def read_run(folder: Path) -> RunConfig:
    """Read `run.json` of a run folder.

    Raises
    ------
    NotFound
        If the folder holds no run.
    DamagedFile
        If the file cannot be read as a run.
    """
    path = folder / RUN_FILE
    try:
        return build(RunConfig, json.loads(path.read_bytes()))
    except FileNotFoundError:
        raise NotFound(f"{folder} holds no run: there is no {RUN_FILE}") from None
    except (ValueError, InvalidInput) as error:
        raise DamagedFile(f"{path} cannot be read as a run: {error}") from None
