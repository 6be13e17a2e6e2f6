"""Definition of a figure of a study."""

from dataclasses import dataclass, field
from typing import Literal, get_args

from models_zoo.errors import InvalidInput
from models_zoo.json_types import JsonObject

Kind = Literal["curves", "learned", "sweep", "bars", "points", "boxes", "correlations", "model", "reconstructions"]
View = Literal["pcc", "hinton", "tuning", "scatter", "traversal"]


@dataclass(frozen=True)
class StudyFigure:
    """One figure, a section ``[[figure]]`` of the study's definition; `backend.figures.study` makes it.

    Parameters
    ----------
    name, title : str
        Name in addresses, and the title.
    kind : str
        ``curves``: measures over the steps, mean and band over seeds. ``learned``: learned weights and the first
        measure over the steps. ``sweep``: measures against a setting. ``bars``: measures by a setting. ``points``: one
        measure against another, one point a run. ``boxes``: measures by a setting, over all other runs.
        ``correlations``: measures against each other. ``model``: a figure of one model. ``reconstructions``: images
        of all models.
    measures : list of str
        Losses, scores (``metric`` or ``metric.part``) or learned weights. Of ``points`` the first is drawn upwards.
    x : str
        Measure across, of ``points``.
    over : str or list of str
        Setting across, or the colour of ``points``; of a list the first that a run varies; ``group`` is allowed.
    by : list of str
        Settings, or ``group``, whose values are lines, bars or symbols.
    panel : str
        Setting whose values are panels.
    choose : list of str
        Settings of which the reader chooses one value each; ``measure`` for one of the measures.
    where : dict
        Runs that are shown.
    view : str
        Figure of one model: pcc, hinton, tuning, scatter, traversal.
    options : dict
        Options of that figure.
    """

    name: str
    title: str
    kind: Kind
    measures: list[str] = field(default_factory=list)
    x: str = ""
    over: str | list[str] = ""
    by: list[str] = field(default_factory=lambda: ["group"])
    panel: str = ""
    choose: list[str] = field(default_factory=list)
    where: JsonObject = field(default_factory=dict)
    view: View | None = None
    options: JsonObject = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check kind and view."""
        if self.kind not in get_args(Kind) or (self.kind == "model") != (self.view in get_args(View)):
            raise InvalidInput(
                f"figure {self.name}: got kind {self.kind!r} with view {self.view!r}; allowed: "
                f"{', '.join(get_args(Kind))}; with model one of {', '.join(get_args(View))}"
            )
