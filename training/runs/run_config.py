"""One training run in one frozen record: what `run.json` holds and what a resumed run must equal."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from models_zoo.errors import DamagedFile, InvalidInput, NotFound
from models_zoo.files import write_atomic
from models_zoo.manifest import RUN_TOML
from training.config import Config, build, setting
from training.registry import ARCHITECTURES, DATASETS, METRICS, OBJECTIVES
from training.runs.run_toml import run_text

RUN_FILE = "run.json"
Likelihood = Literal["bernoulli", "mse", "gaussian"]
DEFAULT_LIKELIHOOD: Likelihood = "bernoulli"
"""Of the objectives that were made for no likelihood in particular."""
JOB_FIELDS = ("model", "name", "evaluate", "gpus")
"""Fields of a training job that are not settings of its run."""


class RunConfig(Config):
    """Settings of a run. Published defaults: Adam (0.9, 0.999, 1e-8), lr 1e-4, batch 64 (Locatello 2019)."""

    dataset: str = setting(..., "data set to learn from")
    dataset_settings: dict[str, Any] = setting({}, "settings of the data set")
    objective: str = setting(..., "what to minimise")
    objective_settings: dict[str, Any] = setting({}, "settings of the objective")
    architecture: str = setting("conv64", "encoder and decoder networks")
    likelihood: Likelihood | None = setting(
        None, "reconstruction term of the loss; none takes the one that the objective was made for, else bernoulli"
    )
    latents: int = setting(10, "number of latents D", ge=1, le=1024)
    steps: int = setting(300_000, "optimiser steps", unit="steps", scales_with_steps=True, ge=1, le=100_000_000)
    batch_size: int = setting(64, "images of one step", unit="images", ge=2, le=65_536)
    learning_rate: float = setting(1e-4, "Adam's learning rate", gt=0, le=1)
    final_learning_rate: float | None = setting(
        None, "learning rate that the last quarter of the steps decays to linearly; none keeps it constant", gt=0, le=1
    )
    seed: int = setting(0, "seed of weights, batches and noise", ge=0, lt=2**32)
    bias_from_data: bool = setting(False, "start the decoder's output bias at the log-odds of the mean image")
    start_from: str | None = setting(
        None, "run folder, checkpoint or model folder whose weights this run begins with; none starts at random"
    )
    start_from_sha256: str | None = setting(
        None, "digest that the weights of start_from must have; none accepts any", pattern="^[0-9a-f]{64}$"
    )
    stop_at: int | None = setting(
        None,
        "step to end the run at although its schedules count to `steps`; none trains all",
        unit="steps",
        scales_with_steps=True,
        ge=1,
    )
    device: Literal["auto", "cpu", "cuda"] = setting("auto", "where to compute; auto takes CUDA where there is one")
    threads: int = setting(1, "CPU threads; one thread a run, several runs side by side is fastest", ge=1, le=256)
    log_every: int = setting(100, "steps between two rows of the history", unit="steps", scales_with_steps=False, ge=1)
    amp: bool = setting(default=False, meaning="compute in bfloat16 where that is safe; on CUDA only")
    held_out: float = setting(0.0, "share of the images that is never trained on, drawn by the seed", ge=0, le=0.9)
    evaluate_every: int | None = setting(
        None,
        "steps between two evaluations of the run; none for no evaluation",
        unit="steps",
        scales_with_steps=True,
        ge=1,
    )
    evaluate_metrics: list[str] = setting([], "metrics of each evaluation, e.g. cbd")
    evaluate_images: int = setting(5_000, "images of each evaluation, held-out ones where there are", ge=2)
    keep_best: str | None = setting(
        None, "what the best checkpoint is best in: a metric of the evaluation, or held_out.total and the like"
    )
    patience: int | None = setting(
        None, "evaluations in a row without a better one after which to stop early; none for never", ge=1
    )
    film_frames: int = setting(
        12, "snapshots of the traversals, at steps that grow like powers; 0 for none", unit="frames", ge=0, le=200
    )
    checkpoint_every: int = setting(2_000, "steps between two checkpoints", unit="steps", scales_with_steps=False, ge=1)

    @property
    def last_step(self) -> int:
        """Step that the run ends at: ``steps``, or ``stop_at`` before it."""
        return min(self.steps, self.stop_at or self.steps)


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
        f"{kind}_settings": build(registry.load(getattr(config, kind)).Config, getattr(config, f"{kind}_settings"))
        .for_run(config.steps)
        .model_dump(mode="json")
        for kind, registry in plugins.items()
    }
    check_evaluation(config)
    likelihood = config.likelihood or OBJECTIVES.load(config.objective).Objective.likelihood or DEFAULT_LIKELIHOOD
    return build(RunConfig, {**config.model_dump(), **settings, "likelihood": likelihood})


def run_settings(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of the run in the spec of a training job."""
    return {name: value for name, value in spec.items() if name not in JOB_FIELDS}


def likelihood_warning(config: RunConfig) -> str | None:
    """What to say where the objective was made for another likelihood than the run's; None where there is nothing."""
    made_for = OBJECTIVES.load(config.objective).Objective.likelihood
    if made_for in (None, config.likelihood):
        return None
    return (
        f"{config.objective} was made for the likelihood {made_for}; this run has {config.likelihood}: what it learns "
        f"and its published figures do not carry over. Leave --likelihood out, or say {made_for}"
    )


def with_later_settings(stored: dict[str, Any]) -> dict[str, Any]:
    """Settings of a checkpoint, with the defaults of those that did not exist yet when it was written."""
    values = {name: field.default for name, field in RunConfig.model_fields.items()} | stored
    for kind, registry in (("objective", OBJECTIVES), ("dataset", DATASETS)):
        key = f"{kind}_settings"
        values[key] = build(registry.load(values[kind]).Config, values[key]).model_dump(mode="json")
    return values


def path_settings(dataset: str) -> tuple[str, ...]:
    """Names of the settings of a data set that are paths.

    Raises
    ------
    NotFound
        If there is no such data set.
    """
    properties = DATASETS.load(dataset).Config.model_json_schema().get("properties", {})
    return tuple(name for name, schema in properties.items() if schema.get("format") == "path")


def check_evaluation(config: RunConfig) -> None:
    """Check that what is asked of the evaluations fits together.

    Raises
    ------
    InvalidInput, NotFound
    """
    for name in config.evaluate_metrics:
        if name not in METRICS.names():
            METRICS.load(name)
    if config.evaluate_every is None and (config.evaluate_metrics or config.keep_best):
        raise InvalidInput(
            "evaluate_metrics or keep_best came without evaluate_every: say every how many steps",
            field="/evaluate_every",
        )
    rules = [*config.evaluate_metrics, *(["held_out.total and other parts"] if config.held_out else [])]
    rule = config.keep_best
    if rule and rule not in config.evaluate_metrics and not (config.held_out and rule.startswith("held_out.")):
        listed = ", ".join(rules) or "none yet: add evaluate_metrics or held_out"
        raise InvalidInput(
            f"keep_best = {rule!r} is not among what this run evaluates: {listed}", field="/keep_best", allowed=rules
        )
    if config.patience and not rule:
        raise InvalidInput("patience came without keep_best: say what has to get better", field="/patience")


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
    """Write `run.json`, which a resumed run reads, and `run.toml`, which trains the run again."""
    write_atomic(folder / RUN_FILE, (config.model_dump_json(indent=1) + "\n").encode())
    write_atomic(folder / RUN_TOML, run_text(config.model_dump(mode="json")).encode())


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
