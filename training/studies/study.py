"""Definitions of studies: published experiments as TOML files, their runs, and the file of their results."""

import itertools
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from models_zoo.errors import InvalidInput, NotFound
from models_zoo.files import write_atomic
from models_zoo.home import home
from models_zoo.json_types import JsonObject
from training.config import build, shorten
from training.registry import OBJECTIVES
from training.runs.run_config import RunConfig, read_toml, resolve

FOLDER = Path(__file__).parent
RESULTS = "results.json"
MIN_STEPS = 10
Grid = Mapping[str, Sequence[object]]
"""Values by setting, of a sweep or a study; a dot in a name leads into nested settings."""


@dataclass(frozen=True)
class StudyRun:
    """One training of a study.

    Parameters
    ----------
    name : str
        Folder name: group, data set, settings and seed.
    group : str
        Line of the study's tables that the run belongs to.
    varied : dict
        Settings that differ within the group.
    config : dict
        Values for `training.runs.run_config.resolve`.
    """

    name: str
    group: str
    varied: JsonObject
    config: JsonObject


@dataclass(frozen=True)
class Study:
    """Sweep of a published experiment, with the published figures.

    Parameters
    ----------
    name, title, source, question, notes : str
    metrics : tuple of str
    metric_settings : dict
        Settings by metric.
    published : dict of str to dict
        Published figures by group.
    runs : tuple of StudyRun
        At full length.
    """

    name: str
    title: str
    source: str
    question: str
    notes: str
    metrics: tuple[str, ...]
    metric_settings: dict[str, JsonObject]
    published: dict[str, dict[str, float]]
    runs: tuple[StudyRun, ...] = field(repr=False)


def size(grid: Grid) -> int:
    """Return the number of positions of a grid: the product of the lengths."""
    return math.prod(len(values) for values in grid.values())


def point(grid: Grid, position: int) -> JsonObject:
    """Return the values at a position, without making the whole product; the last name varies fastest."""
    values: JsonObject = {}
    for name, choices in reversed(list(grid.items())):
        position, index = divmod(position, len(choices))
        values[name] = choices[index]
    return dict(reversed(list(values.items())))


def place(base: Mapping[str, object], values: Mapping[str, object]) -> JsonObject:
    """Put ``values`` into a copy of ``base``; a dot leads into nested settings."""
    spec: JsonObject = json.loads(json.dumps(base))
    for name, value in values.items():
        *outer, last = name.split(".")
        inner = spec
        for part in outer:
            inner = inner.setdefault(part, {})
        inner[last] = value
    return spec


def names() -> tuple[str, ...]:
    """Return the names of the studies, alphabetical."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def _values(choice: object) -> Sequence[object]:
    if isinstance(choice, dict):
        return range(choice["first"], choice["first"] + choice["count"])
    return choice if isinstance(choice, list) else [choice]


def _points_of(choices: JsonObject) -> list[JsonObject]:
    grid = {name: _values(choice) for name, choice in choices.items()}
    return [point(grid, position) for position in range(size(grid))]


def _expand(document: JsonObject) -> Iterator[StudyRun]:
    data = document.get("data", [{}])
    for group, point, where in itertools.product(document["group"], _points_of(document["grid"]), data):
        settings = group.get("settings", {})
        for chosen in _points_of(settings):
            swept = {key: value for key, value in chosen.items() if isinstance(settings[key], list | dict)}
            varied = {**{k: v for k, v in where.items() if k == "dataset"}, **point, **swept}
            label = "-".join([group["name"], *(f"{key}-{value}" for key, value in varied.items())])
            yield StudyRun(
                name=re.sub(r"[^a-z0-9.-]+", "-", label.lower()).strip("-"),
                group=group["name"],
                varied=varied,
                config={
                    **document["run"],
                    **where,
                    **point,
                    "objective": group["objective"],
                    "objective_settings": chosen,
                },
            )


def read_study(name: str) -> Study:
    """Read the definition of a study.

    Raises
    ------
    NotFound
        If there is no such study; the message lists them.
    """
    if name not in names():
        raise NotFound(f"there is no study {name!r}; there are: {', '.join(names())}", allowed=list(names()))
    document = read_toml(FOLDER / f"{name}.toml")
    return Study(
        name=name,
        title=document["title"],
        source=document["source"],
        question=document["question"],
        notes=" ".join(document.get("notes", "").split()),
        metrics=tuple(document["metrics"]),
        metric_settings=document.get("metric_settings", {}),
        published={group["name"]: group.get("published", {}) for group in document["group"]},
        runs=tuple(_expand(document)),
    )


def scaled(run: StudyRun, scale: float) -> RunConfig:
    """Resolve a run with its steps and all other lengths of training multiplied by ``scale``.

    Raises
    ------
    InvalidInput
        If ``scale`` is not in (0, 1].
    """
    if not 0 < scale <= 1:
        raise InvalidInput(f"scale: got {scale}; allowed: above 0 up to 1", field="/scale")
    config = resolve(run.config)
    objective = build(OBJECTIVES.load(config.objective).Config, config.objective_settings)
    shorter = shorten(config, scale)
    steps = max(MIN_STEPS, shorter.steps)
    return shorter.model_copy(
        update={
            "steps": steps,
            "objective_settings": shorten(objective, scale).model_dump(mode="json"),
            "log_every": max(1, min(config.log_every, steps // 50)),
        }
    )


def study_folder(name: str, scale: float) -> Path:
    """Return the default folder of the results of a study at a scale."""
    return home() / "studies" / f"{name}-scale-{scale:g}"


def read_results(folder: Path) -> JsonObject:
    """Read the results so far, ``{"scale": F, "runs": {name: {...}}}``; without runs for a new folder."""
    path = folder / RESULTS
    if not path.exists():
        return {"scale": None, "runs": {}}
    document: JsonObject = json.loads(path.read_bytes())
    return document


def write_results(folder: Path, document: Mapping[str, object]) -> None:
    """Write `results.json` atomically."""
    write_atomic(folder / RESULTS, (json.dumps(document, indent=1) + "\n").encode())
