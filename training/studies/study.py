"""Definitions of studies: published experiments as TOML files, and their runs."""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Literal

from models_zoo.errors import InvalidInput, NotFound
from models_zoo.json_types import JsonObject
from training.runs.run_toml import read_toml
from training.studies.grid import axis_values, point, size

FOLDER = Path(__file__).parent
MAX_SEEDS = 1_000


@dataclass(frozen=True)
class StudyRun:
    """One training of a study.

    Parameters
    ----------
    name : str
        Group, data set, settings and seed.
    group : str
        Line of the study's tables that the run belongs to.
    varied : dict
        Settings that differ within the group.
    config : dict
        Values for `training.runs.run_config.resolve`.
    depends_on : str or None
        Name of the run whose learned weights this one takes.
    learned : dict of str to str
        Learned weight of that run by the setting of this one that takes it, e.g. ``beta: beta_hat``.
    """

    name: str
    group: str
    varied: JsonObject
    config: JsonObject
    depends_on: str | None = None
    learned: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Evaluation:
    """Evaluation of the models of a study.

    Parameters
    ----------
    metrics : tuple of str
    mode : {"parity", "corrected"}
    settings : dict
        Settings by metric.
    images : {"all", "held_out"}
        Images that the rows are drawn from: the whole data set, or those held out of training.
    train, test : int
        Number of rows to fit on and to score on.
    """

    metrics: tuple[str, ...]
    mode: Literal["parity", "corrected"] = "corrected"
    settings: dict[str, JsonObject] = field(default_factory=dict)
    images: Literal["all", "held_out"] = "all"
    train: int = 10_000
    test: int = 5_000


@dataclass(frozen=True)
class Published:
    """Figures of one row of a table of the source.

    Parameters
    ----------
    group : str
    where : dict
        Settings of the row, e.g. ``dataset`` and ``beta``.
    values : dict of str to float
        By metric (``mig``), part of a metric's details (``cbd.modularity``), part of the loss (``reconstruction`` in
        nats, or the squared error) or learned weight (``beta_hat``).
    table : str
        Table of the source.
    selected_by : str
        Measure by which the source chose the run out of a tuning grid; empty where it did not.
    """

    group: str
    where: JsonObject
    values: dict[str, float]
    table: str
    selected_by: str = ""


@dataclass(frozen=True)
class Selection:
    """Choice of the best run, or evaluation within a run, of a tuning grid.

    Parameters
    ----------
    over : tuple of str
        Settings of the grid; ``steps`` are the evaluations within a run.
    by : tuple of str
        Measures, each of which selects a run by its largest value.
    """

    over: tuple[str, ...]
    by: tuple[str, ...]


@dataclass(frozen=True)
class Study:
    """Sweep of a published experiment, with the published figures.

    Parameters
    ----------
    name, title, source, question, notes : str
    choices : tuple of str
        Sentences on what the source leaves open and was chosen here.
    groups : tuple of str
        Names of the groups, in the order of the tables.
    evaluation : Evaluation
    selection : Selection or None
        None where the source has no tuning grid.
    published : tuple of Published
    claims, figures : tuple of dict
        Rules over the results with their parameters, and figures to draw.
    runs : tuple of StudyRun
        At full length.
    """

    name: str
    title: str
    source: str
    question: str
    notes: str
    choices: tuple[str, ...]
    groups: tuple[str, ...]
    evaluation: Evaluation
    selection: Selection | None
    published: tuple[Published, ...]
    claims: tuple[JsonObject, ...]
    figures: tuple[JsonObject, ...]
    runs: tuple[StudyRun, ...] = field(repr=False)

    def published_for(self, group: str, varied: Mapping[str, object]) -> dict[str, float]:
        """Return the published figures of a configuration; the first table that has a figure counts."""
        values: dict[str, float] = {}
        for row in self.published:
            if row.group == group and all(varied.get(name) == value for name, value in row.where.items()):
                values = {**row.values, **values}
        return values


def names() -> tuple[str, ...]:
    """Return the names of the studies, alphabetical."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def _axes(choices: JsonObject, seeds: int | None = None) -> dict[str, Sequence[object]]:
    return {name: axis_values(choice, seeds if name == "seed" else None) for name, choice in choices.items()}


def _points_of(choices: JsonObject, seeds: int | None = None) -> list[JsonObject]:
    grid = _axes(choices, seeds)
    return [point(grid, position) for position in range(size(grid))]


def _steps(config: JsonObject) -> int:
    """Return the steps of ``epochs`` passes over the training images of a run that names the number of its images."""
    training = config["images"] - round(config["images"] * config.get("held_out", 0))
    steps: int = round(config["epochs"] * training / config["batch_size"])
    return steps


def _run_name(group: str, varied: Mapping[str, object]) -> str:
    label = "-".join([group, *(f"{key}-{value}" for key, value in varied.items())])
    return re.sub(r"[^a-z0-9.-]+", "-", label.lower()).strip("-")


def _combinations(document: JsonObject) -> Iterator[tuple[JsonObject, JsonObject]]:
    """Yield each group with each data set that it is trained on; one without data where the grid has the data sets."""
    for group, data in itertools.product(document["group"], document.get("data", [{}])):
        if data.get("dataset") in group.get("data", [data.get("dataset")]):
            yield group, data


def run_count(name: str, seeds: int | None = None) -> int:
    """Return the number of runs of a study, without making them; raises what `read_study` raises."""
    _check(name, seeds)
    document = read_toml(FOLDER / f"{name}.toml")
    settings = (size(_axes(group.get("settings", {}))) for group, _ in _combinations(document))
    return size(_axes(document["grid"], seeds)) * sum(settings)


def _expand(document: JsonObject, seeds: int | None) -> Iterator[StudyRun]:
    points = _points_of(document["grid"], seeds)
    for group, data in _combinations(document):
        settings = group.get("settings", {})
        source = group.get("learned_from")
        chosen_settings = _points_of(settings)
        for position, chosen in itertools.product(points, chosen_settings):
            common = {**{k: v for k, v in data.items() if k == "dataset"}, **position}
            swept = {key: value for key, value in chosen.items() if isinstance(settings[key], list | dict)}
            varied = {**common, **swept}
            config = {**document["run"], **data, **position}
            if "epochs" in config:
                config = {**{k: v for k, v in config.items() if k != "epochs"}, "steps": _steps(config)}
            yield StudyRun(
                name=_run_name(group["name"], varied),
                group=group["name"],
                varied=varied,
                config={**config, "objective": group["objective"], "objective_settings": chosen},
                depends_on=_run_name(source, common) if source else None,
                learned=group.get("learned", {}),
            )


def _check(name: str, seeds: int | None) -> None:
    if name not in names():
        raise NotFound(f"got study {name[:80]!r}; allowed: {', '.join(names())}", allowed=list(names()))
    if seeds is not None and not 1 <= seeds <= MAX_SEEDS:
        raise InvalidInput(f"seeds: got {seeds}; allowed: 1 to {MAX_SEEDS}", field="/seeds")


def read_study(name: str, seeds: int | None = None) -> Study:
    """Read the definition of a study.

    Parameters
    ----------
    name : str
    seeds : int, optional
        Number of seeds of each configuration; as many as the source has by default.

    Raises
    ------
    NotFound
        If there is no such study; the message lists them.
    InvalidInput
        If ``seeds`` is not in [1, 1000].
    """
    _check(name, seeds)
    return _as_published(name) if seeds is None else _read(name, seeds)


def _read(name: str, seeds: int | None = None) -> Study:
    document = read_toml(FOLDER / f"{name}.toml")
    selection = document.get("selection")
    return Study(
        name=name,
        title=document["title"],
        source=document["source"],
        question=document["question"],
        notes=" ".join(document.get("notes", "").split()),
        choices=tuple(document.get("choices", ())),
        groups=tuple(group["name"] for group in document["group"]),
        evaluation=Evaluation(
            metrics=tuple(document["metrics"]),
            mode=document.get("mode", "corrected"),
            settings=document.get("metric_settings", {}),
            **document.get("evaluation", {}),
        ),
        selection=Selection(tuple(selection["over"]), tuple(selection["by"])) if selection else None,
        published=tuple(Published(**row) for row in document.get("published", ())),
        claims=tuple(document.get("claim", ())),
        figures=tuple(document.get("figure", ())),
        runs=tuple(_expand(document, seeds)),
    )


_as_published = lru_cache(_read)
"""The definitions with the seeds of their sources, read once a process: the largest takes a second."""
