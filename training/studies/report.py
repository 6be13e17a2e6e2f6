"""Report of a study: published and measured figures, curves and boxes in one HTML file."""

import html
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import plotly.graph_objects as go
import plotly.io

from models_zoo.errors import NotFound
from models_zoo.files import write_atomic
from models_zoo.json_types import JsonObject
from training.studies.result_files import read_results
from training.studies.study import Study

STYLE = """
body{font:15px/1.5 ui-sans-serif,system-ui,sans-serif;max-width:1080px;margin:32px auto;padding:0 20px;color:#15181e}
table{border-collapse:collapse;margin:12px 0 28px}
th,td{padding:5px 12px;border-bottom:1px solid #dfe3ea;text-align:right}
th:first-child,td:first-child{text-align:left}th{color:#566072;font-weight:500}td{font-variant-numeric:tabular-nums}
.scale{background:#fff3e0;border:1px solid #ffcc80;border-radius:6px;padding:8px 12px}.soft{color:#566072}
"""


def mean_and_std(values: Sequence[float]) -> str:
    """Return ``mean ± std (n)`` as text, or the number alone where there is one."""
    if len(values) == 1:
        return f"{values[0]:.4g}"
    return f"{statistics.fmean(values):.4g} ± {statistics.stdev(values):.2g} ({len(values)})"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    cells = ["<tr>" + "".join(f"<th>{html.escape(cell)}</th>" for cell in header) + "</tr>"]
    cells += ["<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows]
    return "<table>" + "".join(cells) + "</table>"


def line_of(run: JsonObject) -> str:
    """Return the line of a run in tables: its group and all that varies but the seed."""
    varied = [f"{key} {value}" for key, value in run["varied"].items() if key != "seed"]
    return " · ".join([run["group"], *varied])


def _by_line(done: Mapping[str, JsonObject]) -> dict[str, list[JsonObject]]:
    lines: dict[str, list[JsonObject]] = defaultdict(list)
    for run in done.values():
        lines[line_of(run)].append(run)
    return lines


def measured_table(study: Study, lines: Mapping[str, Sequence[JsonObject]]) -> str:
    """Return a table of scores and last losses, one row per configuration: mean and deviation over seeds."""
    parts = sorted({name for runs in lines.values() for run in runs for name in run["last"]})
    rows = []
    for line, runs in lines.items():
        scores = [[run["scores"][m]["score"] for run in runs] for m in study.evaluation.metrics]
        losses = [[run["last"][part] for run in runs if part in run["last"]] for part in parts]
        known = [[value for value in column if value is not None] for column in [*scores, *losses]]
        rows.append([line, *(mean_and_std(column) if column else "–" for column in known)])
    return _table(["measured", *study.evaluation.metrics, *(f"{part} [nats]" for part in parts)], rows)


def published_table(study: Study) -> str:
    """Return a table of the published figures; empty text where there are none."""
    rows = [
        [
            row.table,
            " · ".join([row.group, *(f"{key} {value}" for key, value in row.where.items())]),
            name,
            f"{value:g}",
        ]
        for row in study.published
        for name, value in row.values.items()
    ]
    return _table(["table", "published", "figure", "value"], rows) if rows else ""


def history_figure(lines: Mapping[str, Sequence[JsonObject]], part: str) -> go.Figure:
    """Draw one part of the loss over steps: mean over seeds with a band of one standard deviation."""
    figure = go.Figure()
    for line, runs in lines.items():
        columns = [run["history"] for run in runs if part in run["history"]["parts"]]
        if not columns:
            continue
        steps = columns[0]["step"]
        series = list(zip(*(column["parts"][part] for column in columns), strict=False))
        mean = [statistics.fmean(values) for values in series]
        figure.add_scatter(x=steps, y=mean, name=line, mode="lines")
        if len(columns) > 1:
            spread = [statistics.stdev(values) for values in series]
            upper = [m + s for m, s in zip(mean, spread, strict=True)]
            lower = [m - s for m, s in zip(mean, spread, strict=True)]
            band = {"x": steps + steps[::-1], "y": upper + lower[::-1], "fill": "toself", "line": {"width": 0}}
            figure.add_scatter(**band, opacity=0.2, showlegend=False, hoverinfo="skip")
    figure.update_layout(title=f"{part} over training", xaxis_title="step", yaxis_title=f"{part} [nats per image]")
    return figure


def score_figure(lines: Mapping[str, Sequence[JsonObject]], metric: str) -> go.Figure:
    """Draw a box per configuration over seeds, with every seed as a point."""
    figure = go.Figure()
    for line, runs in lines.items():
        values = [run["scores"][metric]["score"] for run in runs if run["scores"][metric]["score"] is not None]
        if values:
            figure.add_box(y=values, name=line, boxpoints="all", pointpos=0)
    figure.update_layout(title=metric, yaxis_title=f"{metric} score", showlegend=False)
    return figure


def write_report(study: Study, folder: Path) -> Path:
    """Write `report.html` from `results.json`.

    Raises
    ------
    NotFound
        If no run has finished yet.
    """
    results = read_results(folder)
    done = {name: run for name, run in results["runs"].items() if "scores" in run}
    if not done:
        raise NotFound(f"{folder} holds no finished run of {study.name}: axiscope study run {study.name} first")
    lines = _by_line(done)
    scale = results["scale"]
    stamp = f"scale {scale:g} of the published steps" if scale != 1 else "published steps"
    parts = sorted({part for run in done.values() for part in run["history"]["parts"]})
    figures = [score_figure(lines, m) for m in study.evaluation.metrics] + [
        history_figure(lines, part) for part in parts
    ]
    for figure in figures:
        title = f"{figure.layout.title.text}<br><sup>{len(done)} of {len(study.runs)} runs · {stamp}</sup>"
        figure.update_layout(title=title, template="plotly_white")
    problems = [[name, run["problem"]] for name, run in results["runs"].items() if "problem" in run]
    titles = ", ".join(sorted({run["title"] for run in done.values()}))
    body = [
        f"<h1>{html.escape(study.title)}</h1><p>{html.escape(study.question)}</p>",
        f'<p class="soft">{html.escape(study.source)}. Data: {html.escape(titles)}.</p>',
        f'<p class="scale">{len(done)} of {len(study.runs)} runs, {stamp}.</p><p>{html.escape(study.notes)}</p>',
        published_table(study),
        measured_table(study, lines),
        _table(["not done", "reason"], problems) if problems else "",
        *(plotly.io.to_html(f, full_html=False, include_plotlyjs=i == 0) for i, f in enumerate(figures)),
    ]
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(study.title)}</title>'
    path = folder / "report.html"
    write_atomic(path, f"{head}<style>{STYLE}</style>{''.join(body)}</html>".encode())
    return path
