"""Finished runs of a study, as figures and claims read them: of the database, of an imported table, or published."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models_zoo.json_types import JsonObject

Floats = NDArray[np.float64]
SEED, NAN = "seed", float("nan")


@dataclass(frozen=True)
class Result:
    """One finished run.

    Parameters
    ----------
    run : str
        Name of the run.
    group : str
        Group of the study's definition.
    varied : dict
        Settings that differ within the group, with ``dataset`` and ``seed`` where they do.
    model : str, optional
        Id of its model; None for imported and published values.
    scores : mapping
        Score of each metric, and of its parts as ``metric.part``.
    losses : mapping
        Parts of the loss, nats per image: held-out ones where there are, else those of the last steps.
    learned : dict
        Learned weights of the final model.
    history : dict
        Columns of `history.json`; empty where it was not asked for or does not exist.
    data : str
        Title of the data set, which says whether it is the official one.
    steps : int, optional
        Optimiser steps done.
    """

    run: str
    group: str
    varied: JsonObject
    model: str | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
    losses: Mapping[str, float] = field(default_factory=dict)
    learned: JsonObject = field(default_factory=dict)
    history: JsonObject = field(default_factory=dict)
    data: str = ""
    steps: int | None = None

    def value(self, measure: str) -> float:
        """Return a loss, a score or a learned weight by its name; NaN where the run has none."""
        found = self.losses.get(measure)
        if found is None:
            found = self.scores.get(measure)
        if found is None:
            found = self.learned.get(measure)
        return float(found) if isinstance(found, int | float) else NAN

    def setting(self, name: str | Sequence[str]) -> object:
        """Return ``group``, or the first of the named settings that the run varies; None without."""
        if name == "group":
            return self.group
        if isinstance(name, str):
            return self.varied.get(name)
        return next((self.varied[each] for each in name if each in self.varied), None)

    @property
    def seed(self) -> object:
        """Seed of the run; None where the study varies none."""
        return self.varied.get(SEED)

    def without(self, *names: str) -> tuple[Hashable, ...]:
        """Return group and settings but ``names``, as a key: equal for runs that differ in ``names`` only."""
        return (self.group, *sorted((key, str(value)) for key, value in self.varied.items() if key not in names))


def column(results: Iterable[Result], measure: str) -> Floats:
    """Return one measure of all runs, NaN where a run has none: float64 (n,)."""
    return np.array([result.value(measure) for result in results])


def grouped(results: Iterable[Result], key: Callable[[Result], Hashable]) -> dict[Hashable, list[Result]]:
    """Return the runs by a key, both in the order in which they come."""
    groups: dict[Hashable, list[Result]] = {}
    for result in results:
        groups.setdefault(key(result), []).append(result)
    return groups


def select(results: Iterable[Result], where: Mapping[str, object]) -> list[Result]:
    """Return the runs whose settings, or group, have the given value or one of the given list."""

    def fits(result: Result) -> bool:
        return all(
            result.setting(name) in allowed if isinstance(allowed, list) else result.setting(name) == allowed
            for name, allowed in where.items()
        )

    return [result for result in results if fits(result)]
