"""Distribution of the images that a run trains on: correlated factors and held-out combinations of classes.

Of a set whose combinations have one image each, two correlated factors have the joint distribution

    p(a, b) proportional to exp(-(a / a_max - b / b_max)^2 / (2 sigma^2))

over their classes a and b, after Träuble et al. 2021; that sigma is a share of the range is our reading, by the
values .2 to .7 that their code sweeps. All other factors stay uniform and independent. Of any other set every image
has this weight.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, SerializerFunctionWrapHandler, model_serializer

from models_zoo.errors import InvalidInput
from training.config import Config
from training.data.dataset import Dataset
from training.data.factors import FactorSpace, Indices

SETTINGS = ("correlations", "held_out_combinations")
"""Settings of every data set that choose among its images and change none of them."""
MAX_RULES = 32
MIN_SIGMA, MAX_SIGMA = 0.01, 10.0
CORRELATION = re.compile(r"(?P<first>[^~:]+)~(?P<sign>-?)(?P<second>[^~:]+):(?P<sigma>[0-9.]+(e-?[0-9]+)?)")
CORRELATION_FORM = "FIRST~SECOND:SIGMA, or FIRST~-SECOND:SIGMA for an inverse correlation"
CLASSES = re.compile(r"[0-9]+(-[0-9]+)?(\|[0-9]+(-[0-9]+)?)*")
COMBINATION_FORM = "FACTOR=CLASSES joined by &, with classes from 0 such as 2, 5-9 or 0|3-4"


def _parts(value: object) -> object:
    """Return the list of a text with commas, as it stands on a command line."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Rules = Annotated[list[str], BeforeValidator(_parts, json_schema_input_type=list[str])]


class DatasetConfig(Config):
    """Settings of every data set."""

    correlations: Rules = Field(
        default_factory=list,
        max_length=MAX_RULES,
        description=f"pairs of factors that are correlated in training: {CORRELATION_FORM}",
        json_schema_extra={"unit": "", "source": "Träuble et al. 2021"},
    )
    held_out_combinations: Rules = Field(
        default_factory=list,
        max_length=MAX_RULES,
        description=f"combinations of classes that training never shows: {COMBINATION_FORM}",
        json_schema_extra={"unit": "", "source": "Montero et al. 2021"},
    )

    @model_serializer(mode="wrap")
    def _leave_out_empty(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out empty rules, so that the settings of a run without them are those of earlier versions."""
        values: dict[str, Any] = serialize(self)
        return {name: value for name, value in values.items() if name not in SETTINGS or value}


def image_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that decide which images there are, without those of the distribution."""
    return {name: value for name, value in settings.items() if name not in SETTINGS}


@dataclass(frozen=True)
class Correlation:
    """Two correlated factors by their columns; ``inverse`` where one falls while the other rises."""

    first: int
    second: int
    sigma: float
    inverse: bool


def _refuse(setting: str, row: int, got: str, allowed: str) -> InvalidInput:
    return InvalidInput(
        f"{setting} {row}: got {got[:80]!r}; allowed: {allowed}; correct it", field=f"/dataset_settings/{setting}/{row}"
    )


def _column(factors: FactorSpace, name: str, setting: str, row: int) -> int:
    if name not in factors.names:
        raise _refuse(setting, row, name, f"factors of the data set: {', '.join(factors.names) or 'it has none'}")
    return factors.names.index(name)


def read_correlations(texts: Sequence[str], factors: FactorSpace) -> list[Correlation]:
    """Read ``["scale~orientation:0.2"]``.

    Raises
    ------
    InvalidInput
        Naming the row, what it holds and what is allowed.
    """
    found = []
    for row, text in enumerate(texts):
        parts = CORRELATION.fullmatch(text)
        if parts is None:
            raise _refuse("correlations", row, text, CORRELATION_FORM)
        first, second = (_column(factors, parts[side], "correlations", row) for side in ("first", "second"))
        if first == second:
            raise _refuse("correlations", row, text, "two different factors")
        if min(factors.sizes[first], factors.sizes[second]) < 2:
            raise _refuse("correlations", row, text, "factors of at least two classes")
        try:
            sigma = float(parts["sigma"])
        except ValueError:
            raise _refuse("correlations", row, parts["sigma"], "a number as sigma") from None
        if not MIN_SIGMA <= sigma <= MAX_SIGMA:
            raise _refuse("correlations", row, parts["sigma"], f"a sigma of {MIN_SIGMA:g} to {MAX_SIGMA:g}")
        found.append(Correlation(first, second, sigma, bool(parts["sign"])))
    return found


def read_combinations(texts: Sequence[str], factors: FactorSpace) -> list[dict[int, set[int]]]:
    """Read ``["shape=2&scale=5-7"]``: the classes of each named factor, by its column.

    Raises
    ------
    InvalidInput
        Naming the row, what it holds and what is allowed.
    """
    found = []
    for row, text in enumerate(texts):
        rule: dict[int, set[int]] = {}
        for term in text.split("&"):
            name, _, classes = term.strip().rpartition("=")
            if not name or CLASSES.fullmatch(classes) is None:
                raise _refuse("held_out_combinations", row, text, COMBINATION_FORM)
            column = _column(factors, name, "held_out_combinations", row)
            if column in rule:
                raise _refuse("held_out_combinations", row, text, f"each factor once; {name} stands twice")
            bounds = [[int(end[:9]) for end in part.split("-")] for part in classes.split("|")]
            top = factors.sizes[column] - 1
            if any(ends[0] > ends[-1] or ends[-1] > top for ends in bounds):
                raise _refuse("held_out_combinations", row, term, f"ascending classes of {name} from 0 to {top}")
            rule[column] = {each for ends in bounds for each in range(ends[0], ends[-1] + 1)}
        found.append(rule)
    return found


@dataclass(frozen=True)
class Distribution:
    """Distribution over the images of a data set.

    Parameters
    ----------
    allowed : bool array of shape (n_images,)
        False for the images of held-out combinations.
    weights : float64 array of shape (n_images,), optional
        Relative probability, 0 for held-out combinations; None where all allowed images are equally probable.
    """

    allowed: NDArray[np.bool_]
    weights: NDArray[np.float64] | None = None

    @property
    def uniform(self) -> bool:
        """Whether every image of the data set is equally probable."""
        return self.weights is None and bool(self.allowed.all())

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """Probability of every image, float64 (n_images,)."""
        weights = self.allowed.astype(np.float64) if self.weights is None else self.weights
        return np.asarray(weights / weights.sum())

    @property
    def held_out(self) -> Indices:
        """Images of held-out combinations, ascending."""
        return np.flatnonzero(~self.allowed)


class WeightedDraw:
    """Independent draws of rows by weight: ``draw(n, rng)``, by inversion of the cumulated weights.

    Parameters
    ----------
    rows : int64 array of shape (n,)
    weights : float64 array of shape (n,)
        Relative probabilities of the rows.
    """

    def __init__(self, rows: Indices, weights: NDArray[np.float64]) -> None:
        positive = weights > 0
        self._rows = rows[positive]
        cumulated = np.cumsum(weights[positive])
        self._edges = cumulated[:-1] / cumulated[-1]

    def draw(self, n: int, rng: np.random.Generator) -> Indices:
        """Return ``n`` of the rows, int64 (n,)."""
        return self._rows[np.searchsorted(self._edges, rng.random(n), side="right")]


def distribution_of(dataset: Dataset, settings: Mapping[str, Any]) -> Distribution:
    """Return the distribution that ``settings``, those of a data set, give the images of training.

    Raises
    ------
    InvalidInput
        Naming the rule that cannot be read, names no factor or class of the data set, or leaves no image.
    """
    correlations = read_correlations(settings.get("correlations", ()), dataset.factors)
    combinations = read_combinations(settings.get("held_out_combinations", ()), dataset.factors)
    if not correlations and not combinations:
        return Distribution(np.ones(len(dataset), dtype=bool))
    columns = class_columns(dataset)
    allowed = np.ones(np.broadcast_shapes(*(column.shape for column in columns)), dtype=bool)
    _check_labels(dataset, columns, {each for rule in combinations for each in rule}, "held_out_combinations")
    _check_labels(dataset, columns, {side for one in correlations for side in (one.first, one.second)}, "correlations")
    for rule in combinations:
        matches = [np.isin(columns[column], list(classes)) for column, classes in rule.items()]
        allowed &= ~reduce(np.logical_and, matches)
    if not allowed.any():
        raise InvalidInput(
            "held_out_combinations: got rules that leave no image to train on; allowed: rules that leave some",
            field="/dataset_settings/held_out_combinations",
        )
    if not correlations:
        return Distribution(allowed.ravel())
    exponent = np.zeros(allowed.shape)
    for each in correlations:
        first, second = (columns[side] / (dataset.factors.sizes[side] - 1) for side in (each.first, each.second))
        apart = first - (1 - second if each.inverse else second)
        exponent -= apart**2 / (2 * each.sigma**2)
    exponent -= exponent[allowed].max()  # the most probable allowed image has weight 1, however small sigma is
    return Distribution(allowed.ravel(), np.where(allowed, np.exp(np.minimum(exponent, 0)), 0).ravel())


def class_columns(dataset: Dataset) -> list[Indices]:
    """Return the classes of each factor in arrays that broadcast to one value an image, in the order of the images.

    Of a complete grid they are the open mesh of its axes, else the columns of the labels.
    """
    if dataset.factors.complete and dataset.factors.factors:
        return list(np.ogrid[tuple(slice(size) for size in dataset.factors.sizes)])
    return list(dataset.labels(np.arange(len(dataset))).T)


def _check_labels(dataset: Dataset, columns: Sequence[Indices], named: set[int], setting: str) -> None:
    for column in sorted(named):
        missing = int((columns[column] < 0).sum())
        if missing:
            raise InvalidInput(
                f"{setting}: got factor {dataset.factors.names[column]}, of which {missing:,} images lack the label; "
                "allowed: factors known of every image",
                field=f"/dataset_settings/{setting}",
            )
