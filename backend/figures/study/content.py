"""What a figure of a study shows: its runs, the published values beside them, and the note that says what they are."""

from collections.abc import Sequence
from dataclasses import dataclass

from backend.figures.base import words
from backend.figures.study.panels import in_order, measure_title, setting_text
from training.studies.figure import StudyFigure
from training.studies.results import Result


@dataclass(frozen=True)
class Content:
    """Definition, runs and published values of one figure.

    Parameters
    ----------
    figure : StudyFigure
    runs : sequence of Result
        Measured or imported.
    published : sequence of Result
        Values of the source; their `run` names the table.
    note : str
        Scale, steps, seeds and data of the runs.
    title : str
        Title with the choice of the reader.
    """

    figure: StudyFigure
    runs: Sequence[Result]
    published: Sequence[Result]
    note: str
    title: str

    def panels(self) -> list[tuple[str, list[Result], list[Result]]]:
        """Return name, runs and published values of each value of the panels' setting; one without a name."""
        setting = self.figure.panel
        if not setting:
            return [("", list(self.runs), list(self.published))]
        values = in_order(result.setting(setting) for result in self.runs)
        return [
            (
                setting_text(value) if isinstance(value, str) else f"{words(setting)} {setting_text(value)}",
                [each for each in self.runs if each.setting(setting) == value],
                [each for each in self.published if each.setting(setting) in {None, value}],
            )
            for value in values
        ]

    def cells(self) -> list[tuple[str, str, list[Result], list[Result]]]:
        """Return title, measure, runs and published values of each chart: the panels, each with all measures."""
        return [
            (" · ".join(filter(None, [name, measure_title(measure)])), measure, runs, published)
            for name, runs, published in self.panels()
            for measure in self.figure.measures
        ]
