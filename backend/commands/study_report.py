"""Report of a study in one HTML file, and as Markdown with SVG figures: what its page shows."""

import asyncio
import html
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from plotly.offline import get_plotlyjs

from backend.context import Context
from backend.figures.drawing import draw
from backend.figures.service import FigureService
from backend.figures.study.service import StudyService, figures_of
from backend.routes.study_pictures import make_figure
from models_zoo.errors import AxiscopeError
from models_zoo.files import write_atomic
from models_zoo.json_types import JsonObject
from training.studies.figure import StudyFigure
from training.studies.study import Study

MAX_CHOICES = 24
"""Most figures of one kind of choice: of more runs or settings the first ones."""
STYLE = """
body{font:15px/1.5 ui-sans-serif,system-ui,sans-serif;max-width:1080px;margin:32px auto;padding:0 20px;color:#15181e}
table{border-collapse:collapse;margin:12px 0 28px;display:block;overflow-x:auto}
th,td{padding:5px 12px;border-bottom:1px solid #dfe3ea;text-align:left;vertical-align:top}
th{color:#4c5667;font-weight:500}td{font-variant-numeric:tabular-nums}
.note{background:#fff3e0;border:1px solid #ffcc80;border-radius:6px;padding:8px 12px}.soft{color:#4c5667}
"""
Row = Sequence[str]


@dataclass(frozen=True)
class Report:
    """Content of a report.

    Parameters
    ----------
    study : Study
    note : str
        Origin, scale, steps, seeds and data of the values.
    tables, verdicts : list of dict
    figures : dict of str to list of tuple
        Title and Plotly document of each choice of each figure, the one that the page shows first at the front.
    missing : list
        Title and reason of each figure that cannot be drawn.
    """

    study: Study
    note: str
    tables: list[JsonObject]
    verdicts: list[JsonObject]
    figures: dict[str, list[tuple[str, JsonObject]]] = field(default_factory=dict)
    missing: list[Row] = field(default_factory=list)


def write_report(
    context: Context,
    study: Study,
    path: Path,
    *,
    scale: float | None,
    imported: int | None,
    markdown: Path | None,
    progress: Callable[[str], None],
) -> int:
    """Write the report, and return the number of its figures.

    Parameters
    ----------
    context : Context
    study : Study
    path : Path
        HTML file.
    scale : float, optional
        Measured scale, by default the largest.
    imported : int, optional
        Import to report instead.
    markdown : Path, optional
        Folder that receives `NAME.md` and, as SVG, each figure at the first of its choices.
    progress : callable
        Called with the name of each figure.

    Raises
    ------
    NotFound, InvalidInput
        If there are no such results.
    """
    with context.database.read_session() as session:
        service = StudyService(FigureService(context.registry, context.datasets, session))
        source = service.source(study, None, scale, imported)
        made = Report(study, source.note(source.results), service.tables(source), service.verdicts(source))
    for figure in figures_of(study):
        progress(figure.title)
        try:
            made.figures[figure.name] = asyncio.run(_with_choices(context, study, figure, scale, imported))
        except AxiscopeError as error:
            made.missing.append([figure.title, error.message])
    write_atomic(path, _html(made).encode())
    if markdown is not None:
        _write_markdown(markdown, made)
    return sum(map(len, made.figures.values()))


async def _with_choices(
    context: Context, study: Study, figure: StudyFigure, scale: float | None, imported: int | None
) -> list[tuple[str, JsonObject]]:
    """Make a figure for each value of its last choice, the others at their first value."""

    async def make(choice: Sequence[str]) -> JsonObject:
        return await make_figure(context, study, figure.name, scale=scale, imported=imported, choice=choice)

    first = await make(())
    choices = first["layout"]["meta"]["choices"]
    if not choices:
        return [(figure.title, first)]
    *others, last = choices
    found = []
    for value, text in list(zip(last["values"], last["texts"], strict=True))[:MAX_CHOICES]:
        chosen = [*(str(each["chosen"]) for each in others), str(value)]
        found.append((f"{figure.title}: {text}", first if value == last["chosen"] else await make(chosen)))
    return found


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


def _cell(cell: JsonObject) -> str:
    measured = _number(cell["mean"]) + ("" if cell["std"] is None else f" ± {_number(cell['std'])} ({cell['n']})")
    return measured if cell["published"] is None else f"{_number(cell['published'])} → {measured}"


def _table_rows(table: JsonObject) -> tuple[Row, list[Row]]:
    names = [column["name"] for column in table["columns"]]
    head = ["published → measured", *(column["title"] for column in table["columns"])]
    return head, [[row["label"], *(_cell(row["cells"][name]) for name in names)] for row in table["rows"]]


def _claim_rows(verdicts: Sequence[JsonObject]) -> tuple[Row, list[Row]]:
    head = [
        "claim",
        "here",
        "by the published values",
        "number",
        "95 % interval over seeds",
        "p",
        "runs, seeds",
        "method",
    ]
    return head, [
        [
            each["text"] + (f" ({each['of']})" if each["of"] else ""),
            each["answer"],
            each["published"] or "–",
            f"{each['statistic']}: {_number(each['value'])}",
            "–" if each["interval"] is None else " to ".join(_number(end) for end in each["interval"]),
            _number(each["p"]),
            f"{each['runs']}, {each['seeds']}",
            each["method"],
        ]
        for each in verdicts
    ]


def _html_table(head: Row, rows: Sequence[Row]) -> str:
    cells = "".join(f"<th>{html.escape(cell)}</th>" for cell in head)
    lines = ["".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in rows]
    return f"<table><tr>{cells}</tr>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def _html(report: Report) -> str:
    study = report.study
    figures = [document for choices in report.figures.values() for _, document in choices]
    documents = json.dumps(figures).replace("</", "<\\/")
    draws = (
        f"{documents}.forEach((figure, at) => Plotly.newPlot(`figure-${{at}}`, figure.data, figure.layout, "
        "{displaylogo: false, responsive: true}))"
    )
    body = [
        f"<h1>{html.escape(study.title)}</h1><p>{html.escape(study.question)}</p>",
        f'<p class="soft">{html.escape(study.source)}. {html.escape(study.notes)}</p>',
        f'<p class="note">{html.escape(report.note)}</p>',
        *(f'<p class="soft">Ours: {html.escape(choice)}</p>' for choice in study.choices),
        f"<h2>Claims</h2>{_html_table(*_claim_rows(report.verdicts))}" if report.verdicts else "",
        "<h2>Figures</h2>",
        *(f'<div id="figure-{at}"></div>' for at in range(len(figures))),
        _html_table(["not drawn", "reason"], report.missing) if report.missing else "",
        "<h2>Tables</h2>",
        *(f"<h3>{html.escape(each['title'])}</h3>{_html_table(*_table_rows(each))}" for each in report.tables),
        f"<script>{get_plotlyjs()}</script><script>{draws}</script>",
    ]
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(study.title)}</title>'
    return f"{head}<style>{STYLE}</style>{''.join(body)}</html>\n"


def _markdown_table(head: Row, rows: Sequence[Row]) -> Iterator[str]:
    for row in (head, ["---"] * len(head), *rows):
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
    yield ""


def _write_markdown(folder: Path, report: Report) -> None:
    study = report.study
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"# {study.title}", "", study.question, "", f"{study.source}. {study.notes}", "", f"**{report.note}**", ""]
    lines += [f"- Ours: {choice}" for choice in study.choices]
    lines += ["", "## Claims", "", *_markdown_table(*_claim_rows(report.verdicts)), "## Figures", ""]
    for name, [(title, document), *_] in report.figures.items():
        file = f"{study.name}-{name}.svg"
        write_atomic(folder / file, draw(document, "svg"))
        lines += [f"![{title}]({file})", ""]
    if report.missing:
        lines += _markdown_table(["not drawn", "reason"], report.missing)
    for table in report.tables:
        lines += [f"## {table['title']}", "", *_markdown_table(*_table_rows(table))]
    write_atomic(folder / f"{study.name}.md", ("\n".join(lines).rstrip() + "\n").encode())
