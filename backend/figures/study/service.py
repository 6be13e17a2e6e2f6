"""Service that makes the figures, tables and verdicts of a study."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from backend.figures.base import add_note, words
from backend.figures.service import FigureService
from backend.figures.study import boxes, correlation, curves, points, sweeps
from backend.figures.study.content import Content
from backend.figures.study.panels import in_order, measure_title, setting_text
from backend.figures.study.source import Source, open_source
from backend.figures.study.tables import tables
from models_zoo.errors import InvalidInput, NotFound
from models_zoo.json_types import JsonObject
from training.studies.claim import Claim
from training.studies.figure import StudyFigure
from training.studies.results import Result, select
from training.studies.study import Study

RUN, MEASURE = "run", "measure"
WITH_HISTORY = {"curves", "learned"}
OF_MODELS = {"model", "reconstructions"}
MAKERS: Mapping[str, Callable[[Content], JsonObject]] = {
    "curves": curves.curves,
    "learned": curves.learned,
    "sweep": sweeps.sweep,
    "bars": sweeps.bars,
    "points": points.points,
    "boxes": boxes.boxes,
    "correlations": correlation.correlations,
}


@dataclass(frozen=True)
class Shown:
    """What one figure shows after the choices of the reader.

    Parameters
    ----------
    figure : StudyFigure
    runs : list of Result
    published : list of Result
    choices : list of dict
        ``name``, ``title``, allowed ``values``, their ``texts``, and the ``chosen`` one of each choice.
    note : str
    """

    figure: StudyFigure
    runs: list[Result]
    published: list[Result]
    choices: list[JsonObject]
    note: str

    @property
    def title(self) -> str:
        """Title of the figure with what was chosen."""
        chosen = [each["texts"][each["values"].index(each["chosen"])] for each in self.choices if each["name"] != RUN]
        return ", ".join([self.figure.title, *chosen])

    def finished(self, figure: JsonObject) -> JsonObject:
        """Add choices and note to the ``meta`` of a figure."""
        figure["layout"]["meta"] |= {"choices": self.choices, "note": self.note}
        return figure


def figures_of(study: Study) -> list[StudyFigure]:
    """Return the figures that a study defines."""
    return [StudyFigure(**each) for each in study.figures]


def figure_of(study: Study, name: str) -> StudyFigure:
    """Return one figure of a study.

    Raises
    ------
    NotFound
        If it defines none of that name; the message lists them.
    """
    known = {each.name: each for each in figures_of(study)}
    if name not in known:
        names = ", ".join(known) or "none"
        raise NotFound(
            f"got figure {name[:60]!r} of study {study.name}; allowed: {names}; name one of these", allowed=list(known)
        )
    return known[name]


@dataclass(frozen=True)
class StudyService:
    """Figures, tables and verdicts over the results of a study, measured or imported."""

    figures: FigureService

    def source(
        self, study: Study, figure: StudyFigure | None, scale: float | None = None, imported: int | None = None
    ) -> Source:
        """Return the results that a figure needs; all of them for tables and claims.

        Raises
        ------
        NotFound, InvalidInput
        """
        parts = {name.partition(".")[0] for name in _measures(study, figure) if "." in name}
        histories = figure is None or figure.kind in WITH_HISTORY
        session = self.figures.session
        return open_source(session, study, scale=scale, imported=imported, details=parts, histories=histories)

    def show(self, source: Source, figure: StudyFigure, choice: Sequence[str] = ()) -> Shown:
        """Return what a figure shows for the choices of the reader, one text for each setting to choose.

        Raises
        ------
        InvalidInput
            For a value without runs.
        NotFound
            If no run belongs to the figure.
        """
        runs, published = select(source.results, figure.where), select(source.published(), figure.where)
        choices: list[JsonObject] = []
        for place, setting in enumerate(figure.choose):
            if setting == MEASURE:
                found = _choose(setting, figure.measures, list(map(measure_title, figure.measures)), choice, place)
                figure = replace(figure, measures=[found["chosen"]] if found else [])
            else:
                values = in_order(run.setting(setting) for run in runs)
                found = _choose(setting, values, list(map(setting_text, values)), choice, place)
                if found:
                    runs = [run for run in runs if run.setting(setting) == found["chosen"]]
                    published = [run for run in published if run.setting(setting) in {None, found["chosen"]}]
            choices += [found] if found else []
        if figure.kind == "model":
            needed = {"dci"} if figure.view == "hinton" else set()
            known = [run for run in runs if run.model and needed <= run.scores.keys()]
            names = [run.run for run in known]
            found = _choose(RUN, names, [words(name) for name in names], choice, len(figure.choose))
            choices += [found] if found else []
            runs = [run for run in known if found and run.run == found["chosen"]]
        if figure.kind == "reconstructions":
            runs = [run for run in runs if run.model]
        if not runs:
            of_models = " with a model here" if figure.kind in OF_MODELS else ""
            raise NotFound(
                f"got no finished run of {source.study.name}{of_models} for the figure {figure.name}; allowed: at "
                "least one; train or import it"
            )
        return Shown(figure, runs, published, choices, source.note(runs))

    def draw(self, shown: Shown) -> JsonObject:
        """Return a figure that needs no model to be run.

        Raises
        ------
        NotFound
            If the runs lack what it shows.
        """
        figure = shown.figure
        if figure.kind in MAKERS:
            made = MAKERS[figure.kind](Content(figure, shown.runs, shown.published, shown.note, shown.title))
            return shown.finished(made)
        model = shown.runs[0].model or ""
        made = {
            "pcc": self.figures.pcc,
            "hinton": self.figures.hinton,
            "tuning": self.figures.tuning,
            "scatter": self.figures.scatter,
        }[figure.view or "pcc"](model, **figure.options)
        add_note(made["layout"], shown.note)
        return shown.finished(made)

    @staticmethod
    def tables(source: Source) -> list[JsonObject]:
        """Return the tables: published beside measured."""
        return tables(source)

    @staticmethod
    def verdicts(source: Source) -> list[JsonObject]:
        """Return the verdicts on the claims, over the results and, where they suffice, over the published values."""
        from training.studies.claims import verdicts  # noqa: PLC0415 - it loads SciPy's statistics

        claims = [Claim(**each) for each in source.study.claims]
        judged = verdicts(claims, source.published())
        published = {(each["claim"], each["of"]): each["answer"] for each in judged if each["runs"]}
        return [
            each | {"published": published.get((each["claim"], each["of"]))}
            for each in verdicts(claims, source.results)
        ]


def _measures(study: Study, figure: StudyFigure | None) -> list[str]:
    if figure is not None:
        return [*figure.measures, figure.x]
    claimed = [name for claim in study.claims for name in (claim.get("measure", ""), claim.get("against", ""))]
    return [*claimed, *(name for row in study.published for name in (*row.values, row.selected_by))]


def _choose(
    name: str, values: Sequence[object], texts: Sequence[str], choice: Sequence[str], place: int
) -> JsonObject | None:
    """Return a choice with its chosen value, by default the first; None without values."""
    if not values:
        return None
    given = choice[place] if place < len(choice) and choice[place] else str(values[0])
    by_text = {str(value): value for value in values}
    if given not in by_text:
        some = ", ".join(list(by_text)[:20])
        raise InvalidInput(
            f"got {name} {given[:60]!r}; allowed: {some}", field="query/choice", allowed=list(by_text)[:200]
        )
    return {
        "name": name,
        "title": words(name),
        "values": list(values),
        "texts": list(texts),
        "chosen": by_text[given],
    }
