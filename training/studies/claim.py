"""Definition of a claim of a source, and the verdict on it."""

from dataclasses import dataclass, field
from typing import Literal, get_args

from models_zoo.errors import InvalidInput
from models_zoo.json_types import JsonObject

Answer = Literal["supported", "not supported", "undecided"]
RuleName = Literal["rises", "falls", "approaches", "correlates", "ahead", "near", "spread"]


@dataclass(frozen=True)
class Claim:
    """One claim of a source, a section ``[[claim]]`` of the study's definition.

    Parameters
    ----------
    name, text : str
        Name in addresses, and the claim as a sentence.
    rule : str
        Function of `training.studies.claims` that decides.
    measure : str
        Loss, score or learned weight that the claim is about.
    over : str or list of str
        Setting along which it is compared, for the rules of trends and spread; of a list the first that a run varies.
    against : str
        Second measure of the rule ``correlates``.
    ahead, behind : list of str
        Groups of the rule ``ahead``.
    measures : list of str
        Of the rule ``ahead``: measures whose ranks are averaged.
    target, tolerance : float
        Of the rules ``near``, ``approaches`` and ``spread``.
    where : dict
        Runs that the claim is about.
    per : str, optional
        Setting for whose values the claim is tested apart, e.g. ``dataset``.
    source : str
        Place in the source.
    """

    name: str
    text: str
    rule: RuleName
    measure: str = ""
    over: str | list[str] = ""
    against: str = ""
    ahead: list[str] = field(default_factory=list)
    behind: list[str] = field(default_factory=list)
    measures: list[str] = field(default_factory=list)
    target: float = 0.0
    tolerance: float = 0.0
    where: JsonObject = field(default_factory=dict)
    per: str | None = None
    source: str = ""

    def __post_init__(self) -> None:
        """Check the name of the rule."""
        if self.rule not in get_args(RuleName):
            raise InvalidInput(f"claim {self.name}: got rule {self.rule!r}; allowed: {', '.join(get_args(RuleName))}")


@dataclass(frozen=True)
class Verdict:
    """Answer of a rule with its numbers.

    Parameters
    ----------
    answer : str
    statistic : str
        What ``value`` is.
    value : float, optional
        None where nothing could be computed.
    interval : (float, float), optional
        Over seeds; None for fewer than two seeds.
    method : str
        How the answer was found.
    runs, seeds : int
    p : float, optional
        One-sided p-value of the claim.
    """

    answer: Answer
    statistic: str
    value: float | None
    interval: tuple[float, float] | None
    method: str
    runs: int
    seeds: int
    p: float | None = None
