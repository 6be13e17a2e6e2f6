"""Scores of a model, computed again by their stored settings, mode and seed, for `evaluation.json` and the database."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from backend.db import metric_results
from backend.schemas.verification import Figure, Group
from backend.scores.comparison import MISSING, NEEDS_IMAGES, compare, unchecked
from models_zoo.errors import AxiscopeError, InvalidInput
from models_zoo.json_types import JsonObject
from models_zoo.manifest import EVALUATION, Manifest, read_manifest
from training.data.dataset import Dataset
from training.evaluation.codes import content_key
from training.evaluation.images import CHOICES, ImageChoice, pool_of
from training.evaluation.score import MODES, EvaluationOptions, Mode
from training.evaluation.suite import check_settings, metric
from training.evaluation.zoo_model import ROWS, LoadNetwork, evaluate_zoo_model

Progress = Callable[[str, int, int], None]
COMPARED = ("score", "interval", "chance", "n", "reason", "details")
"""Fields of a result that follow from the weights; seconds and time of the computation do not."""

SAMPLED, SAMPLED_FACTOR = ("interval", "chance"), 10
"""Fields that come from few resamples, and by how much more than the score they may differ."""


@dataclass(frozen=True)
class StoredScore:
    """One stored result, and what identifies its computation.

    Parameters
    ----------
    group : {"evaluation.json", "database"}
    record : dict
        Result record of training.evaluation.suite.
    model_version : str
    codes : str
        Key of the codes that it was computed from; empty where it is not stored.
    settings_hash : str
        As stored; empty where it is not.
    """

    group: Group
    record: JsonObject
    model_version: str
    codes: str = ""
    settings_hash: str = ""

    @property
    def name(self) -> str:
        """Name of the cell: metric, mode, seed, and the images where they are not those of the whole data set."""
        name = f"{self.record['metric']}, {self.record.get('mode')}, seed {self.record.get('seed')}"
        return name if self.images == "all" else f"{name}, images {self.images}"

    @property
    def images(self) -> ImageChoice:
        """Choice of the images that the rows were drawn from."""
        return self.record.get("images") or "all"

    @property
    def split(self) -> tuple[int, int] | None:
        """Number of rows to fit on and to score on, where they were given."""
        train_test = self.record.get("split")
        return None if train_test is None else (int(train_test[0]), int(train_test[1]))

    @cached_property
    def key(self) -> str:
        """JSON text of all that decides the result; equal for equal computations."""
        fields = {name: self.record.get(name) for name in ("metric", "mode", "seed", "settings")}
        fields |= {"images": self.images, "split": self.split}
        return json.dumps(fields, sort_keys=True)


def results_of_file(folder: Path, manifest: Manifest) -> list[StoredScore]:
    """Return the results of `evaluation.json`; none where there is no file, or it cannot be read."""
    try:
        records = json.loads((folder / EVALUATION).read_bytes())["results"]
        return [StoredScore("evaluation.json", dict(each), manifest.version) for each in records]
    except (OSError, ValueError, KeyError, TypeError):
        return []  # a damaged file differs from its checksum


@dataclass(frozen=True)
class Selection:
    """Rows of a computation, and its mode: equal for results that are computed together."""

    images: ImageChoice
    limit: int | None
    seed: int
    mode: Mode
    split: tuple[int, int] | None


class Recomputation:
    """Results of one model, computed again; equal computations are run once.

    Parameters
    ----------
    folder : Path
        Model folder.
    dataset : Dataset
    cache : Path
        Empty folder: neither codes nor networks of the cache of the home are used.
    networks : callable
        `training.evaluation.networks.loading.load_network`.
    jobs : int
        Threads.
    """

    def __init__(self, folder: Path, dataset: Dataset, *, cache: Path, networks: LoadNetwork, jobs: int = 1) -> None:
        self._folder, self._dataset, self._cache, self._networks, self._jobs = folder, dataset, cache, networks, jobs
        self._manifest = read_manifest(folder)
        self._keys: dict[tuple[str, int | None, int], str] = {}
        self._results: dict[tuple[str, int | None], JsonObject] = {}

    def _selections(self, score: StoredScore) -> Iterator[int | None]:
        """Yield the numbers of images of which a selection gives the codes of the result; None is all."""
        n = score.record.get("n")
        for limit in (ROWS, None, n if isinstance(n, int) and n > 0 else ROWS):
            if self._codes_key(score.images, limit, int(score.record["seed"])) == score.codes:
                yield limit

    def _codes_key(self, images: ImageChoice, limit: int | None, seed: int) -> str:
        if (images, limit, seed) not in self._keys:
            pool = pool_of(self._manifest, self._dataset, images)
            self._keys[images, limit, seed] = content_key(self._folder, self._dataset, pool.choose(limit, seed))
        return self._keys[images, limit, seed]

    def has_codes(self, score: StoredScore) -> bool:
        """Return whether the key of the codes, where one is stored, is that of a selection of images."""
        return not score.codes or any(True for _ in self._selections(score))

    def limit(self, score: StoredScore) -> int | None:
        """Return the number of images of a result, None for all: that of its codes, else the default."""
        return next(self._selections(score), ROWS) if score.codes else ROWS

    def run(self, scores: Iterable[StoredScore], progress: Progress | None = None) -> None:
        """Compute all results that are not known yet, metrics of one selection of images together."""
        batches: dict[Selection, list[dict[str, StoredScore]]] = {}
        for score in scores:
            selection = Selection(
                score.images, self.limit(score), int(score.record["seed"]), score.record["mode"], score.split
            )
            group = batches.setdefault(selection, [])
            name = score.record["metric"]
            if any(batch.get(name) is not None and batch[name].key == score.key for batch in group):
                continue
            free = next((batch for batch in group if name not in batch), None)
            if free is None:
                group.append(free := {})
            free[name] = score
        for selection, group in batches.items():
            for batch in group:
                found = evaluate_zoo_model(
                    self._folder,
                    self._dataset,
                    list(batch),
                    networks=self._networks,
                    seed=selection.seed,
                    options=EvaluationOptions(mode=selection.mode, jobs=self._jobs),
                    settings={name: score.record.get("settings") or {} for name, score in batch.items()},
                    rows=selection.limit,
                    images=selection.images,
                    split=selection.split,
                    progress=progress,
                    cache=self._cache,
                )
                for result in found:
                    self._results[batch[result.metric].key, selection.limit] = json.loads(json.dumps(result.as_dict()))

    def result(self, score: StoredScore) -> JsonObject:
        """Return the record of the same computation."""
        return self._results[score.key, self.limit(score)]


def problem_of(score: StoredScore) -> str | None:
    """Return why a stored result cannot be computed again, None where it can."""
    record = score.record
    try:
        if record.get("mode") not in MODES:
            raise InvalidInput(f"got mode {record.get('mode')!r}; allowed: {' or '.join(MODES)}")
        if not isinstance(record.get("seed"), int) or record["seed"] < 0:
            raise InvalidInput(f"got seed {record.get('seed')!r}; allowed: 0 and up")
        if record.get("images", "all") not in (None, *CHOICES):
            raise InvalidInput(f"got images {record['images']!r}; allowed: {', '.join(CHOICES)}")
        check_settings([record["metric"]], {record["metric"]: record.get("settings") or {}})
    except AxiscopeError as error:
        return error.message
    return None


def outdated(score: StoredScore, manifest: Manifest) -> str | None:
    """Return why the weights of today cannot give the stored result, None where they can."""
    if score.model_version != manifest.version:
        return (
            f"of version {score.model_version} of the model; the present one is {manifest.version}: evaluate it again"
        )
    present = str(metric(score.record["metric"]).INFO.version)
    if str(score.record.get("version")) != present:
        return (
            f"of version {score.record.get('version')} of the metric; the present one is {present}: evaluate it again"
        )
    return None


def score_figures(
    scores: Sequence[StoredScore],
    manifest: Manifest,
    recomputation: Recomputation | None,
    progress: Progress | None = None,
) -> Iterator[Figure]:
    """Compare every stored result with the same computation from the weights of today; without one it is unchecked."""
    usable = []
    for score in scores:
        problem = problem_of(score)
        if problem is not None:
            yield compare(score.group, score.name, score.record.get("score"), MISSING, note=problem)
        elif (reason := outdated(score, manifest)) is not None:
            yield Figure(
                group=score.group,
                name=score.name,
                stored=score.record.get("score"),
                recomputed=None,
                state="outdated",
                note=reason,
            )
        else:
            usable.append(score)
    if recomputation is None:
        yield from (unchecked(each.group, each.name, NEEDS_IMAGES, each.record.get("score")) for each in usable)
        return
    recomputation.run(usable, progress)
    for score in usable:
        if not recomputation.has_codes(score):
            yield compare(score.group, f"{score.name}: codes", score.codes, MISSING, note="of other images or pixels")
        yield from _compare_score(score, recomputation.result(score))


def _compare_score(score: StoredScore, fresh: Mapping[str, object]) -> Iterator[Figure]:
    record = {**score.record, "details": _without_settings(score.record.get("details"))}
    again = {**fresh, "details": _without_settings(fresh["details"])}
    tolerance = metric(score.record["metric"]).INFO.tolerance
    for field in COMPARED:
        allowed = SAMPLED_FACTOR * tolerance if field in SAMPLED else tolerance
        yield compare(score.group, f"{score.name}: {field}", record.get(field), again[field], tolerance=allowed)
    yield compare(score.group, f"{score.name}: settings", score.record.get("settings") or {}, fresh["settings"])
    if score.settings_hash:
        digest = metric_results.settings_hash(score.record.get("settings") or {})
        yield compare(score.group, f"{score.name}: hash of the settings", score.settings_hash, digest)


def _without_settings(details: object) -> JsonObject:
    """Return the details without the copy of the settings, which earlier versions did not store."""
    return {key: value for key, value in dict(details or {}).items() if key != "settings"}  # type: ignore[call-overload]


def row_figures(
    database: Sequence[StoredScore], file: Sequence[StoredScore], headlines: Mapping[str, int]
) -> Iterator[Figure]:
    """Compare which results are in the database: those of `evaluation.json`, and one headline for each metric."""
    keys = {score.key for score in database}
    for score in file:
        if score.key not in keys:
            yield compare(
                "database", score.name, MISSING, score.record.get("score"), note=f"row of a result of {EVALUATION}"
            )
    for name, count in sorted(headlines.items()):
        if count != 1:
            yield compare("database", f"{name}: results that tables show", count, 1)
