"""Settings of one training run: validation, defaults, and the files that hold them, `run.json` and `run.toml`."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from models_zoo.errors import Conflict, DamagedFile, InvalidInput, NotFound
from models_zoo.files import write_atomic
from models_zoo.json_types import JsonObject
from models_zoo.manifest import RUN_TOML
from training.config import Config, build, scale_lengths, setting
from training.registry import ARCHITECTURES, DATASETS, METRICS, OBJECTIVES
from training.runs.run_toml import read_recipe, run_toml

RUN_FILE = "run.json"
PLUGINS = {"objective": OBJECTIVES, "dataset": DATASETS}
"""Registries of the settings that have settings of their own, `objective_settings` and `dataset_settings`."""
JOB_FIELDS = ("model", "name", "evaluate", "gpus", "study", "learned_from")
"""Fields of the specification of a training job beside those of `RunConfig`."""
Likelihood = Literal["bernoulli", "mse", "gaussian"]
DEFAULT_LIKELIHOOD: Likelihood = "bernoulli"
"""Likelihood of the objectives that prescribe none."""
MIN_ROWS = 50
"""Rows of the history that a shortened run has at least, one a step if it has fewer steps."""


class RunConfig(Config):
    """Settings of a run. Published defaults: Adam (0.9, 0.999, 1e-8), lr 1e-4, batch 64 (Locatello 2019)."""

    dataset: str = setting(..., "data set to train on")
    dataset_settings: JsonObject = setting({}, "settings of the data set")
    objective: str = setting(..., "loss to minimise")
    objective_settings: JsonObject = setting({}, "settings of the objective")
    architecture: str = setting("conv64", "encoder and decoder networks")
    likelihood: Likelihood | None = setting(
        None, "reconstruction term of the loss; none takes that of the objective, else bernoulli"
    )
    latents: int = setting(10, "number of latents D", ge=1, le=1024)
    steps: int = setting(300_000, "optimiser steps", unit="steps", scales_with_steps=True, ge=1, le=100_000_000)
    batch_size: int = setting(64, "images of one step", unit="images", ge=2, le=65_536)
    learning_rate: float = setting(1e-4, "Adam's learning rate", gt=0, le=1)
    final_learning_rate: float | None = setting(
        None, "learning rate of the end, to which it decays; none keeps it constant", gt=0, le=1
    )
    learning_rate_schedule: Literal["linear", "cosine"] = setting(
        "linear", "decay to final_learning_rate: linear over the last quarter of the steps, or half a cosine over all"
    )
    warmup_steps: int | None = setting(
        None,
        "steps over which the learning rate grows linearly from 0; none starts at learning_rate",
        unit="steps",
        scales_with_steps=True,
        ge=1,
    )
    ema_decay: float | None = setting(
        None,
        "decay of a moving average of the weights, which is evaluated and exported; none exports the last weights",
        gt=0,
        lt=1,
    )
    seed: int = setting(0, "seed of weights, batches and noise", ge=0, lt=2**32)
    bias_from_data: bool = setting(False, "start the decoder's output bias at the log-odds of the mean image")
    start_from: str | None = setting(
        None, "run folder, checkpoint or model folder whose weights this run starts from; none starts at random"
    )
    start_from_sha256: str | None = setting(
        None, "digest that the weights of start_from must have; none accepts any", pattern="^[0-9a-f]{64}$"
    )
    stop_at: int | None = setting(
        None,
        "step to end the run at, while its schedules extend to `steps`; none trains all",
        unit="steps",
        scales_with_steps=True,
        ge=1,
    )
    device: Literal["auto", "cpu", "cuda"] = setting("auto", "device to compute on; auto takes CUDA where there is one")
    threads: int = setting(1, "CPU threads; several runs of one thread at a time are fastest", ge=1, le=256)
    log_every: int = setting(100, "steps between two rows of the history", unit="steps", scales_with_steps=False, ge=1)
    amp: bool = setting(default=False, meaning="compute in bfloat16, the loss in float32; on CUDA only")
    tf32: bool = setting(
        default=True, meaning="multiply in TF32, which has 10 bits after the binary point, where the GPU can"
    )
    cuda_graphs: bool = setting(default=True, meaning="launch each step as one CUDA graph; on CUDA only")
    images: int | None = setting(
        None, "images of the data set that the run uses, drawn by the seed; none for all", unit="images", ge=2
    )
    held_out: float = setting(0.0, "share of the images held out of training, drawn by the seed", ge=0, le=0.9)
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
        None,
        "figure by which the best checkpoint is chosen: a metric of the evaluation, or held_out.total and the like",
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


def resolve(values: Mapping[str, object]) -> RunConfig:
    """Validate the settings of a run and of its plugins, and fill in all defaults.

    Raises
    ------
    InvalidInput, NotFound
        Naming the setting or plugin at fault and what is allowed.
    """
    config = build(RunConfig, values)
    ARCHITECTURES.place(config.architecture)
    settings = {
        f"{kind}_settings": build(registry.load(getattr(config, kind)).Config, getattr(config, f"{kind}_settings"))
        .for_run(config.steps)
        .model_dump(mode="json")
        for kind, registry in PLUGINS.items()
    }
    check_schedule(config)
    check_evaluation(config)
    likelihood = config.likelihood or OBJECTIVES.load(config.objective).Objective.likelihood or DEFAULT_LIKELIHOOD
    return build(RunConfig, {**config.model_dump(), **settings, "likelihood": likelihood})


def with_steps(config: RunConfig, steps: int) -> RunConfig:
    """Return a resolved run of ``steps`` steps, with all other lengths of training changed in proportion."""
    objective = OBJECTIVES.load(config.objective).Config.model_json_schema()
    run = scale_run(config.model_dump(), RunConfig.model_json_schema(), objective, steps / config.steps)
    return build(RunConfig, run)


def scale_run(run: JsonObject, schema: JsonObject, objective: JsonObject | None, scale: float) -> JsonObject:
    """Return settings of a run with all lengths of training multiplied by ``scale``, and at least `MIN_ROWS` rows.

    Parameters
    ----------
    run : dict
        All settings, those of the objective included.
    schema, objective : dict or None
        JSON schemas of the settings of runs and of the objective.
    scale : float
        Above 0.
    """
    settings = scale_lengths(run["objective_settings"], objective, scale)
    scaled = {**scale_lengths(run, schema, scale), "objective_settings": settings}
    return {**scaled, "log_every": max(1, min(run["log_every"], scaled["steps"] // MIN_ROWS))}


def run_settings(spec: Mapping[str, object]) -> JsonObject:
    """Return the settings of the run in the specification of a training job."""
    return {name: value for name, value in spec.items() if name not in JOB_FIELDS}


def merge_settings(out: Path, options: JsonObject, recipe: Path | None, *, resume: bool) -> RunConfig:
    """Merge, weakest first, the run being resumed, the recipe and the options.

    Parameters
    ----------
    out : Path
        Run folder.
    options : dict
        Fields of `RunConfig`. Single values of ``objective_settings`` and ``dataset_settings`` replace those of the
        same objective and data set.
    recipe : Path or None
        File that `read_recipe` reads.
    resume : bool
        Whether ``out`` may hold a run.

    Raises
    ------
    Conflict
        If ``out`` holds a run and ``resume`` is False.
    InvalidInput
        If data set or objective are missing, or a setting is wrong.
    """
    started = (out / RUN_FILE).exists()
    if started and not resume:
        raise Conflict(
            f"got {out}, which holds a run; allowed: a new folder, or --resume; add --resume to continue it, or "
            "choose another --out"
        )
    values: JsonObject = read_run(out).model_dump(mode="json") if started else {}
    if recipe is not None:
        values.update(read_recipe(recipe))
    if "start_from" in options:
        values.pop("start_from_sha256", None)
    merged = dict(options)
    for kind in PLUGINS:
        key = f"{kind}_settings"
        unchanged = values.get(kind) == options.get(kind, values.get(kind))
        merged[key] = {**(values.get(key, {}) if unchanged else {}), **options.get(key, {})}
    values.update(merged)
    for required in ("dataset", "objective"):
        if required not in values:
            raise InvalidInput(
                f"got no {required}; allowed: --{required} NAME or --config FILE; add one of them", field=f"/{required}"
            )
    return resolve(values)


def likelihood_warning(config: RunConfig) -> str | None:
    """Return a warning where the objective prescribes another likelihood than the run has, else None."""
    prescribed = OBJECTIVES.load(config.objective).Objective.likelihood
    if prescribed in (None, config.likelihood):
        return None
    return (
        f"{config.objective} was made for the likelihood {prescribed}; this run has {config.likelihood}: its published "
        f"figures do not carry over. Leave --likelihood out, or set it to {prescribed}"
    )


def with_later_settings(stored: JsonObject) -> JsonObject:
    """Return the settings of a checkpoint with the defaults of those that did not exist when it was written."""
    values = {name: field.default for name, field in RunConfig.model_fields.items()} | stored
    for kind, registry in PLUGINS.items():
        key = f"{kind}_settings"
        values[key] = build(registry.load(values[kind]).Config, values[key]).model_dump(mode="json")
    return values


def check_schedule(config: RunConfig) -> None:
    """Check the settings of the learning rate against each other.

    Raises
    ------
    InvalidInput
    """
    if config.learning_rate_schedule == "cosine" and config.final_learning_rate is None:
        raise InvalidInput(
            "learning_rate_schedule: got 'cosine' without final_learning_rate; allowed: both; set that too",
            field="/final_learning_rate",
        )
    if config.warmup_steps is not None and config.warmup_steps >= config.steps:
        raise InvalidInput(
            f"warmup_steps: got {config.warmup_steps:,}; allowed: less than steps, {config.steps:,}",
            field="/warmup_steps",
        )


def check_evaluation(config: RunConfig) -> None:
    """Check the settings of the evaluations against each other."""
    for name in config.evaluate_metrics:
        METRICS.place(name)
    if config.evaluate_every is None and (config.evaluate_metrics or config.keep_best):
        raise InvalidInput(
            "got evaluate_metrics or keep_best without evaluate_every; allowed: both; set it too",
            field="/evaluate_every",
        )
    rules = [*config.evaluate_metrics, *(["held_out.total and other parts"] if config.held_out else [])]
    rule = config.keep_best
    if rule and rule not in config.evaluate_metrics and not (config.held_out and rule.startswith("held_out.")):
        allowed = ", ".join(rules) or "nothing yet: set evaluate_metrics or held_out"
        raise InvalidInput(f"keep_best: got {rule!r}; allowed: {allowed}", field="/keep_best", allowed=rules)
    if config.patience and not rule:
        raise InvalidInput("got patience without keep_best; allowed: both; set keep_best too", field="/patience")


def write_run(folder: Path, config: RunConfig) -> None:
    """Write `run.json`, which a resumed run reads, and `run.toml`, which trains the run again."""
    write_atomic(folder / RUN_FILE, (config.model_dump_json(indent=1) + "\n").encode())
    write_atomic(folder / RUN_TOML, run_toml(config.model_dump(mode="json")).encode())


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
        raise NotFound(f"got {folder}, which has no {RUN_FILE}; allowed: folders of runs; name one") from None
    except (ValueError, InvalidInput) as error:
        raise DamagedFile(
            f"got {path}, which is no run: {error}; allowed: files that `axiscope train` wrote; restore it"
        ) from None
