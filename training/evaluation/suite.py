"""Evaluation of one table by named metrics, without database and files.

Every metric draws from its own generator, seeded by the seed and its name, so that its score does not
depend on the other metrics, their order, or the number of threads.
"""

import math
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import numpy as np
from threadpoolctl import threadpool_limits

from models_zoo.errors import InvalidInput
from models_zoo.json_types import JsonObject
from training.config import Config, build
from training.evaluation.score import MODES, EvaluationOptions, Metric, Mode, Score
from training.evaluation.table import CodeTable
from training.registry import METRICS

Settings = Mapping[str, Mapping[str, object]]


@dataclass(frozen=True)
class Result:
    """One measurement with all that is needed to repeat it; every field is plain and fits strict JSON.

    ``images`` is the choice of `training.evaluation.images` that the rows were drawn from, and ``split`` the numbers of
    rows to fit on and to score on where they were given; both are None of arrays.
    """

    metric: str
    mode: Mode
    score: float | None
    interval: tuple[float, float] | None
    chance: float | None
    reason: str | None
    details: JsonObject
    settings: JsonObject
    seed: int
    n: int
    version: int
    seconds: float
    computed_at: str
    images: str | None = None
    split: tuple[int, int] | None = None

    def as_dict(self) -> JsonObject:
        """Return the record as `evaluation.json` and the database hold it."""
        return dict(vars(self))


def plain(value: object) -> Any:
    """Return numbers, arrays and containers as strict JSON holds them; what is not finite becomes None."""
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return value


def metric(name: str) -> Metric:
    """Return the metric ``name``.

    Raises
    ------
    NotFound
        If there is none; the message lists them.
    """
    return cast(Metric, METRICS.load(name))


def generator(seed: int, name: str) -> np.random.Generator:
    """Return the generator of one metric."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def check_request(names: Sequence[str], settings: Settings) -> None:
    """Check names and settings; only metrics with settings are imported, since scikit-learn alone takes a second.

    Raises
    ------
    InvalidInput, NotFound
        For an unknown metric or setting, or a value out of bounds, or settings of a metric that does not run.
    """
    for name in (*names, *settings):
        METRICS.place(name)
    for stray in settings.keys() - set(names):
        raise InvalidInput(f"got settings of {stray}; allowed: those of the metrics to run: {', '.join(names)}")
    for name, values in settings.items():
        build(metric(name).Config, values)


def check_settings(names: Sequence[str], settings: Settings) -> dict[str, Config]:
    """Validate the settings of all ``names``: config per metric, defaults filled in.

    Raises
    ------
    InvalidInput, NotFound
        See `check_request`.
    """
    check_request(names, settings)
    return {name: build(metric(name).Config, settings.get(name, {})) for name in names}


def measure(table: CodeTable, name: str, config: Config, seed: int, options: EvaluationOptions) -> Result:
    """Run one metric on the table."""
    plugin = metric(name)
    started = time.perf_counter()
    with threadpool_limits(limits=options.jobs):
        answer = plugin.score(table, generator(seed, name), config, options)
    value = plain(answer.value)
    reason = answer.reason
    if value is None and reason is None:
        reason = "the score is not a finite number on these arrays"
    settings = plain(config.model_dump(mode="json"))
    return Result(
        metric=name,
        mode=options.mode,
        score=None if value is None else float(value),
        interval=_interval(answer),
        chance=None if answer.chance is None else plain(float(answer.chance)),
        reason=reason,
        details={**plain(answer.details), "settings": settings},
        settings=settings,
        seed=seed,
        n=table.n,
        version=plugin.INFO.version,
        seconds=round(time.perf_counter() - started, 4),
        computed_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _interval(answer: Score) -> tuple[float, float] | None:
    if answer.value is None or answer.interval is None:
        return None
    low, high = plain(answer.interval)
    return None if low is None or high is None else (low, high)


def evaluate(
    table: CodeTable,
    names: Sequence[str] = (),
    *,
    seed: int = 0,
    options: EvaluationOptions | None = None,
    settings: Settings | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Iterator[Result]:
    """Measure a table by each named metric, one result after the other.

    Parameters
    ----------
    table : CodeTable
    names : sequence of str
        Metrics in the order of the results; all there are when empty.
    seed : int
        Non-negative.
    options : EvaluationOptions, optional
        Mode and threads; corrected mode on one thread by default.
    settings : mapping, optional
        Settings by metric: ``{"dci": {"n_estimators": 10}}``.
    progress : callable, optional
        Called ``(name, done, total)`` before each metric and once after the last.

    Raises
    ------
    InvalidInput, NotFound
        Before anything is computed, if a name or setting is wrong.
    """
    chosen = tuple(dict.fromkeys(names)) or METRICS.names()
    options = options or EvaluationOptions()
    if seed < 0:
        raise InvalidInput(f"got seed {seed}; allowed: 0 and up", field="/seed")
    if options.mode not in MODES:
        raise InvalidInput(f"got mode {options.mode!r}; allowed: {' or '.join(MODES)}", field="/mode")
    check_request(chosen, settings or {})
    return _run(table, chosen, settings or {}, seed, options, progress)


def _run(
    table: CodeTable,
    names: Sequence[str],
    settings: Settings,
    seed: int,
    options: EvaluationOptions,
    progress: Callable[[str, int, int], None] | None,
) -> Iterator[Result]:
    for done, name in enumerate(names):
        if progress:
            progress(name, done, len(names))
        yield measure(table, name, build(metric(name).Config, settings.get(name, {})), seed, options)
    if progress:
        progress("", len(names), len(names))
