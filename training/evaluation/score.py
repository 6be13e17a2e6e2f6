"""Result and description of a metric. numpy only: the service reads it too."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np

from training.config import Config, setting
from training.evaluation.table import CodeTable

Mode = Literal["parity", "corrected"]
MODES: tuple[Mode, ...] = ("parity", "corrected")
Family = Literal["intervention", "information", "predictor", "correlation", "unsupervised", "image"]


@dataclass(frozen=True)
class MetricInfo:
    """Description of a metric.

    Parameters
    ----------
    title : str
        Name in tables.
    family : str
        Group of metrics and of documentation pages it belongs to.
    definition : str
        What is measured, in one or two sentences.
    formula : str
        The score in plain mathematical text.
    citation : str
        Paper and equation.
    chance : str
        Score of codes without information on the factors, and how it is computed.
    misses : str
        What the number does not show.
    parity : str
        Which published code ``parity`` mode equals, and what ``corrected`` mode does otherwise.
    best, worst : float or None
        Ends of the range; None for an open end.
    higher_is_better : bool
        Direction.
    unit : str
        Unit of the score; empty for a pure number.
    claims : tuple of str
        Properties that the score is about, by which the stress test judges it: modular (a latent has one factor),
        compact (a factor has one latent), explicit (the factors can be read off); empty for another subject.
    tolerance : float
        Largest difference, relative to max(1, |x|), of a repetition on another machine: rounding alone, or, where a
        predictor is grown greedily or a network is trained, what rounding becomes in it. Interval and chance, which
        come from few resamples, may differ by ten times as much.
    version : int
        Rises when the same input would get another number: stored results are then stale.
    """

    title: str
    family: Family
    definition: str
    formula: str
    citation: str
    chance: str
    misses: str
    parity: str
    best: float | None = 1.0
    worst: float | None = 0.0
    higher_is_better: bool = True
    unit: str = ""
    claims: tuple[Literal["modular", "compact", "explicit"], ...] = ()
    tolerance: float = 1e-6
    version: int = 1


@dataclass(frozen=True)
class EvaluationOptions:
    """How to compute, apart from the metric's own settings.

    Parameters
    ----------
    mode : {"parity", "corrected"}
        What published code computes, or what the definition means.
    jobs : int
        Threads that a metric may use.
    """

    mode: Mode = "corrected"
    jobs: int = 1

    @property
    def corrected(self) -> bool:
        """Whether the definition decides where published code differs from it."""
        return self.mode == "corrected"


@dataclass(frozen=True)
class Score:
    """One measurement.

    Parameters
    ----------
    value : float or None
        The score; None when the metric is not applicable, with the ``reason``.
    interval : (float, float) or None
        95 % interval from resampled rows, repeated draws or standard errors, with known bounds of the bias.
    chance : float or None
        Score of codes without information on the factors at these sizes.
    details : mapping
        Matrices and parts: arrays, numbers, lists; keys as the interface names them.
    reason : str or None
        Why there is no score.
    """

    value: float | None
    interval: tuple[float, float] | None = None
    chance: float | None = None
    details: Mapping[str, object] = field(default_factory=dict)
    reason: str | None = None


def not_applicable(reason: str, **details: object) -> Score:
    """Return the score of a metric that does not apply to these arrays."""
    return Score(None, reason=reason, details=details)


class ResampledConfig(Config):
    """Settings shared by the metrics whose interval comes from resampled rows."""

    resamples: int = setting(
        50, "bootstrap resamples of the rows behind the 95 % interval; 0 for no interval", ge=0, le=10_000
    )


class Metric(Protocol):
    """Attributes of a plugin module of `training/metrics`."""

    TITLE: str
    SOURCE: str
    INFO: MetricInfo
    Config: type[Config]

    def score(self, table: CodeTable, rng: np.random.Generator, config: Any, options: EvaluationOptions) -> Score:
        """Measure the table; `training/metrics/NAME.py` has this as a function."""
        ...
