"""Results of others as a table: one row a run, columns for group, settings, losses and scores.

Everything is checked before anything is kept; an error names line and column.
"""

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from models_zoo.errors import InvalidInput, TooLarge
from models_zoo.json_types import JsonObject
from training.registry import DATASETS, METRICS
from training.studies import reference_names as reference
from training.studies.reference_names import DATASET, GROUP, SEED, STEPS
from training.studies.results import Result
from training.studies.study import Study

MAX_ROWS = 200_000
MAX_COLUMNS = 500
LOSSES = ("reconstruction", "kl", "tc", "d_z", "d_z_perm", "total")
LEARNED = ("beta_hat",)


@dataclass(frozen=True)
class _Column:
    """One column of the file: its place, its heading, and the name that it has here."""

    place: int
    heading: str
    name: str


class _Reader:
    """Checked rows of one file.

    Parameters
    ----------
    study : Study
    name : str
        Name of the file, for messages.
    """

    def __init__(self, study: Study, name: str) -> None:
        self.study, self.file, self.line = study, name, 1
        self.metrics, self.datasets = set(METRICS.names()), set(DATASETS.names())
        self.settings: dict[str, set[str]] = {}
        for run in study.runs:
            self.settings.setdefault(run.group, set()).update(run.varied)
        self.groups = {name: name for name in study.groups}
        by_objective: dict[str, list[str]] = {}
        for run in study.runs:
            groups = by_objective.setdefault(run.config["objective"], [])
            groups += [] if run.group in groups else [run.group]
        for objective, groups in by_objective.items():
            if len(groups) == 1:
                self.groups.setdefault(objective, groups[0])

    def is_value(self, name: str) -> bool:
        """Return whether a column holds a loss, a learned weight, a metric or a part of one, or the steps."""
        return name in {*LOSSES, *LEARNED, STEPS} or name.partition(".")[0] in self.metrics

    def error(self, heading: str, message: str) -> InvalidInput:
        """Return the error of a cell."""
        return InvalidInput(f"{self.file}, line {self.line}, column {heading!r}: {message}", field="/file")

    def header(self, row: Sequence[str]) -> list[_Column]:
        """Return the columns that count.

        Raises
        ------
        InvalidInput
            For a heading that is unknown or stands twice, or where one that is needed is missing.
        """
        if len(row) > MAX_COLUMNS:
            raise TooLarge(f"{self.file}: got {len(row)} columns; allowed: up to {MAX_COLUMNS}", field="/file")
        settings = set().union(*self.settings.values())
        columns = []
        for place, heading in enumerate(each.strip() for each in row):
            if heading in row[:place]:
                raise self.error(heading, "got the heading twice; allowed: each once; remove one")
            name = reference.COLUMNS.get(heading, heading)
            special = heading in {reference.EVALUATION, reference.ACCURACY, reference.REPRESENTATION}
            if special or name in {GROUP, *settings} or self.is_value(name):
                columns.append(_Column(place, heading, name))
            elif not heading.startswith(reference.PREFIXES):
                raise self.error(
                    heading[:60],
                    f"got an unknown heading; allowed: {GROUP}, {', '.join(sorted(settings))}, {STEPS}, "
                    f"{', '.join(LOSSES)}, metrics and their parts, and the names of disentanglement_lib; rename the "
                    "column",
                )
        names = {each.name for each in columns}
        for needed in (GROUP, *(name for name in (DATASET, SEED) if name in settings)):
            if needed not in names:
                raise self.error(
                    needed,
                    f"got {', '.join(each.heading for each in columns[:12]) or 'no heading'}; allowed: this heading "
                    "among them; add the column",
                )
        if not any(self.is_value(each) for each in names - {STEPS}) and reference.ACCURACY not in names:
            raise self.error(
                "mig",
                "got no column of losses or scores; allowed: at least one, such as mig or reconstruction; add one",
            )
        return columns

    def number(self, heading: str, text: str) -> float:
        """Return a finite number.

        Raises
        ------
        InvalidInput
            For anything else; an empty cell stands for no value and is not passed here.
        """
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise self.error(
                heading, f"got {text[:40]!r}; allowed: a finite number, or nothing where there is no value"
            )
        return value

    def run(self, columns: Sequence[_Column], row: Sequence[str]) -> tuple[str, JsonObject, dict[str, float]] | None:
        """Return group, settings and values of a row; None for a row of sampled codes.

        Raises
        ------
        InvalidInput
        """
        cells = [(each, text) for each in columns if (text := row[each.place].strip().strip("'\"").strip())]
        texts = {each.heading: text for each, text in cells}
        if texts.get(reference.REPRESENTATION, reference.MEAN) != reference.MEAN:
            return None
        heading = next((each.heading for each in columns if each.name == GROUP), GROUP)
        given = next((text for each, text in cells if each.name == GROUP), "")
        group = self.groups.get(given) or self.groups.get(reference.OBJECTIVES.get(given, given))
        if group is None:
            raise self.error(heading, f"got {given[:60]!r}; allowed: {', '.join(self.groups)}")
        varied: JsonObject = {}
        values: dict[str, float] = {}
        for each, text in cells:
            if each.name in self.settings[group]:
                varied[each.name] = self._setting(each, text)
            elif each.heading == reference.ACCURACY:
                values[self._accuracy(texts)] = self.number(each.heading, text)
            elif self.is_value(each.name):
                values[each.name] = self.number(each.heading, text)
        for missing in sorted(self.settings[group] - varied.keys()):
            raise self.error(missing, f"got nothing; allowed: a value for each run of {group}")
        return group, varied, values

    def _setting(self, column: _Column, text: str) -> object:
        if column.name != DATASET:
            value = self.number(column.heading, text)
            return int(value) if value.is_integer() else value
        dataset = reference.DATASETS.get(text, text)
        if dataset not in self.datasets:
            raise self.error(column.heading, f"got {text[:60]!r}; allowed: {', '.join(sorted(self.datasets))}")
        return dataset

    def _accuracy(self, texts: Mapping[str, str]) -> str:
        evaluation = texts.get(reference.EVALUATION, "")
        if evaluation not in reference.ACCURACY_OF:
            raise self.error(
                reference.EVALUATION,
                f"got {evaluation[:60]!r} beside {reference.ACCURACY}; allowed: {', '.join(reference.ACCURACY_OF)}",
            )
        return reference.ACCURACY_OF[evaluation]


def _rows(reader: _Reader, text: str) -> Iterator[list[str]]:
    """Yield the rows, each as long as the header."""
    rows = csv.reader(io.StringIO(text), strict=True)
    width = 0
    try:
        for row in rows:
            reader.line = rows.line_num
            width = width or len(row)
            if row and len(row) != width:
                raise reader.error("1", f"got {len(row)} cells; allowed: {width}, as in the header")
            if row:
                yield row
    except csv.Error as error:
        reader.line = rows.line_num
        raise reader.error(
            "1",
            f"got a line that cannot be read ({error}); allowed: comma-separated values, cells with commas in quotes; "
            "correct it",
        ) from None


def read_table(study: Study, name: str, data: bytes) -> list[tuple[str, JsonObject, dict[str, float]]]:
    """Read and check a table of results.

    Parameters
    ----------
    study : Study
    name : str
        Name of the file, for messages.
    data : bytes
        UTF-8 text of comma-separated values. The rows of several evaluations of one run are joined.

    Returns
    -------
    list of (group, settings, values by name)
        In the order of the definition's groups and data sets; `make_result` makes a result of each.

    Raises
    ------
    InvalidInput
        For a wrong heading, a value that is not allowed, or a run that has the same value twice, with line and column.
    TooLarge
        If there are more than 200,000 rows.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"{name}, line {line}, column 1: got a byte that is not UTF-8; save the file as UTF-8"
        raise InvalidInput(message, field="/file") from None
    reader = _Reader(study, name)
    rows = _rows(reader, text)
    columns = reader.header(next(rows, []))
    runs: dict[tuple[object, ...], tuple[str, JsonObject, dict[str, float]]] = {}
    for count, row in enumerate(rows, 1):
        if count > MAX_ROWS:
            raise TooLarge(f"{name}: got more than {MAX_ROWS} rows; allowed: up to {MAX_ROWS}", field="/file")
        found = reader.run(columns, row)
        if found is None:
            continue
        group, varied, values = found
        known = runs.setdefault((group, *sorted(varied.items())), (group, varied, {}))[2]
        if not values.keys() - {STEPS}:
            continue
        joined = {*LOSSES, STEPS} if reference.EVALUATION in {each.heading for each in columns} else set()
        twice = next((each for each in values if each in known and each not in joined), None)
        if twice is not None:
            settings = ", ".join(f"{key} {value}" for key, value in varied.items())
            raise reader.error(
                twice, f"got a second value for {group}, {settings}; allowed: one row for each run; remove one"
            )
        known.update(values)
    if not runs:
        raise reader.error(GROUP, "got no run; allowed: at least one; add a row for each run")
    return _in_order(study, list(runs.values()))


def _in_order(
    study: Study, runs: list[tuple[str, JsonObject, dict[str, float]]]
) -> list[tuple[str, JsonObject, dict[str, float]]]:
    """Return the runs with groups and data sets in the order of the definition."""
    groups = list(study.groups)
    datasets = list(dict.fromkeys(run.config["dataset"] for run in study.runs))
    return sorted(runs, key=lambda run: (groups.index(run[0]), datasets.index(run[1].get(DATASET, datasets[0]))))


def make_result(group: str, varied: JsonObject, values: Mapping[str, float]) -> Result:
    """Return the result of one run from its group, settings and values by name."""
    steps = values.get(STEPS)
    return Result(
        run=" ".join([group, *(f"{key} {value}" for key, value in varied.items())]),
        group=group,
        varied=varied,
        scores={name: value for name, value in values.items() if name not in {*LOSSES, *LEARNED, STEPS}},
        losses={name: value for name, value in values.items() if name in LOSSES},
        learned={name: value for name, value in values.items() if name in LEARNED},
        data=str(varied.get(DATASET, "")),
        steps=None if steps is None else int(steps),
    )
