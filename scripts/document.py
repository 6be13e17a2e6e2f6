"""Write from the code what repeats it.

That is parts of docs/cli.md, docs/configuration.md, docs/glossary.md and docs/metrics/*.md, training/plugins.json, and
frontend/types/openapi.d.ts.
Run by `make docs`; `python scripts/document.py --check` says whether the files are current.
Everything above the marker of a page is written by hand and stays.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

import typer

from backend.app import create_app
from backend.cli import app
from backend.settings import Settings
from models_zoo.json_types import JsonObject
from training.evaluation import stress
from training.evaluation.score import Family, MetricInfo
from training.registry import DESCRIPTIONS, KINDS, METRICS, OBJECTIVES
from training.runs.run_config import RunConfig

ROOT = Path(__file__).resolve().parent.parent
GLOSSARY = "frontend/static/glossary.json"
TYPES = "frontend/types/openapi.d.ts"
TYPES_TOOL = ROOT / "node_modules" / ".bin" / "openapi-typescript"
STRESS_SIGNS = {"right": "", "fooled": "**fooled**", "open": "(open)", "none": ""}
NOT_TYPES = ("title", "description", "examples", "properties")
MARKER = "<!-- Below this line: written by `make docs`. -->\n"


def cell(text: object) -> str:
    """Return text for a cell of a Markdown table."""
    return " ".join(str(text).split()).replace("|", "\\|")


def rows_of(command: Any) -> Iterator[str]:
    """Yield the table rows of a command's arguments and options."""
    for parameter in command.params:
        if parameter.name == "help" or getattr(parameter, "hidden", False):
            continue
        is_option = parameter.param_type_name == "option"
        names = [*parameter.opts, *parameter.secondary_opts] if is_option else [str(parameter.name).upper()]
        shown = ", ".join(f"`{name}`" for name in names)
        need = " **required**" if parameter.required else ""
        default = parameter.default
        is_plain = isinstance(default, str | int | float) and not isinstance(default, bool) and default != ""
        value = f" Default: `{default}`." if is_plain else ""
        yield f"| {shown} | {cell(parameter.help or '')}{value}{need} |"


def sections(path: str, command: Any) -> Iterator[str]:
    """Yield a section for each command below ``command``, in the order of the help page."""
    inner = getattr(command, "commands", None)
    if inner is not None:
        for name, child in inner.items():
            if not child.hidden:
                yield from sections(f"{path} {name}", child)
        return
    yield f"### `{path}`\n\n{(command.help or '').strip()}\n"
    rows = list(rows_of(command))
    if rows:
        yield "\n".join(["| option | meaning |", "|---|---|", *rows]) + "\n"


def command_reference() -> str:
    """Return every command with its options."""
    return "\n".join(sections("axiscope", typer.main.get_command(app)))


def settings_reference() -> str:
    """Return every setting of the service with its default."""
    prefix = str(Settings.model_config.get("env_prefix", ""))
    lines = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "~/.axiscope" if name == "home" else field.default
        shown = "" if default in (None, "", ()) or isinstance(default, Path) else f"`{default}`"
        lines.append(f"| `{prefix}{name.upper()}` | {shown} | {cell(field.description or '')} |")
    return "\n".join(lines) + "\n"


def range_of(info: MetricInfo) -> str:
    """Return the ends of a metric's range, with its unit."""
    low, high = sorted((info.worst, info.best), key=lambda end: float("inf") if end is None else end)
    unit = f", {info.unit}" if info.unit else ""
    return f"{low:g} to {'any size' if high is None else f'{high:g}'}{unit}"


def stress_summary(name: str) -> str:
    """Return by which structures the stress test says that a metric is fooled."""
    row = stress.read()["metrics"][name]
    fooled = [structure.replace("_", "-") for structure, cell in row["cells"].items() if cell["verdict"] == "fooled"]
    if not row["claims"]:
        return "no claim on the structure of a code, so no verdict"
    return f"fooled by {', '.join(fooled)} codes" if fooled else "fooled by none of the structures"


def metric_section(name: str) -> str:
    """Return the section of one metric: what it measures, and its settings."""
    plugin = METRICS.load(name)
    info: MetricInfo = plugin.INFO
    rows = {
        "Measures": info.definition,
        "Formula": f"`{info.formula}`",
        "Source": info.citation,
        "Range": range_of(info),
        "Direction": "higher is better" if info.higher_is_better else "lower is better",
        "Chance": info.chance,
        "Misses": info.misses,
        "Modes": info.parity,
    }
    if name in stress.read()["metrics"]:
        rows["Stress test"] = f"[its row: {stress_summary(name)}](stress.md#{name})"
    lines = [f"## {info.title}: `{name}`", "", "| | |", "|---|---|"]
    lines += [f"| {label} | {cell(text)} |" for label, text in rows.items()]
    lines += ["", "| setting | default | meaning |", "|---|---|---|"]
    for key, field in plugin.Config.model_fields.items():
        source = field.json_schema_extra["source"]
        meaning = f"{field.description} ({source})" if source else field.description
        lines.append(f"| `{name}.{key}` | `{field.default!r}` | {cell(meaning)} |")
    return "\n".join(lines) + "\n"


def metric_reference(family: str) -> str:
    """Return a section for each metric of ``family``."""
    return "\n".join(metric_section(name) for name in METRICS.names() if METRICS.load(name).INFO.family == family)


def stress_reference() -> str:
    """Return the table of the stress test: structures, and metrics by structures with the verdict of the rule."""
    document = stress.read()
    lines = ["## Structures", "", "| structure | construction | has |", "|---|---|---|"]
    for name, each in document["structures"].items():
        has = ", ".join(claim for claim, holds in each["holds"].items() if holds)
        lines.append(f"| {name} | {each['meaning']} | {has} |")
    names = list(document["structures"])
    lines += ["", "## Metrics", "", f"{document['rows']} rows, seeds {', '.join(map(str, document['seeds']))}.", ""]
    lines += [f"| metric | claims | {' | '.join(names)} |", "|" + "---|" * (len(names) + 2)]
    for name, each in document["metrics"].items():
        texts = [
            "–" if cell["score"] is None else f"{cell['score'][0]:.2f} {STRESS_SIGNS[cell['verdict']]}".strip()
            for cell in (each["cells"][structure] for structure in names)
        ]
        lines.append(f'| <a id="{name}"></a>`{name}` | {", ".join(each["claims"])} | {" | ".join(texts)} |')
    return "\n".join(lines) + "\n"


def glossary_reference() -> str:
    """Return the terms of the page's glossary by group."""
    terms: dict[str, JsonObject] = json.loads((ROOT / GLOSSARY).read_text("utf-8"))
    lines: list[str] = []
    for group in dict.fromkeys(term["group"] for term in terms.values()):
        lines += [f"## {group}", ""]
        for term in (term for term in terms.values() if term["group"] == group):
            also = f" ({', '.join(term['also'])})" if "also" in term else ""
            page = f" [Read more]({term['page']})" if "page" in term else ""
            lines += [f"**{term['title']}**{also}: {term['text']}{page}", ""]
    return "\n".join(lines)


def types_of(schema: Any) -> Any:
    """Return a JSON schema without what is no type: titles, descriptions and examples."""
    if isinstance(schema, list):
        return [types_of(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: types_of(value) for key, value in schema.items() if key not in NOT_TYPES}
    fields = {name: types_of(value) for name, value in schema.get("properties", {}).items()}
    return {**kept, "properties": fields} if fields else kept


def page_types() -> str:
    """Return TypeScript types of the HTTP interface's schemas, for the page.

    Raises
    ------
    SystemExit
        If the JavaScript tools are not installed.
    """
    if not TYPES_TOOL.is_file():
        sys.exit("openapi-typescript is not installed; run scripts/vendor test")
    with tempfile.TemporaryDirectory() as folder:
        described = create_app(Settings(home=Path(folder))).openapi()
        schemas = {name: types_of(schema) for name, schema in described["components"]["schemas"].items()}
        document = {"openapi": described["openapi"], "paths": {}, "components": {"schemas": schemas}}
        source, made = Path(folder, "openapi.json"), Path(folder, "openapi.d.ts")
        source.write_text(json.dumps(document), "utf-8")
        command = [TYPES_TOOL, source, "--output", made, "--default-non-nullable"]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - the tool of package.json
        text = made.read_text("utf-8")
    return f"/** Written by `make docs` from the service. */\n\n{text[text.index('export') :]}"


def plugin_descriptions() -> JsonObject:
    """Return what `training/plugins.json` holds; imports every plugin.

    ``run`` is the JSON schema of a training run; then one entry for each kind, with title, source and JSON schema by
    name, in alphabetical order. Settings stand in the order of their class, which is that of the form.
    """
    document: JsonObject = {"run": RunConfig.model_json_schema()}
    for registry in KINDS:
        plugins = {name: registry.load(name) for name in registry.names()}
        document[registry.folder] = {
            name: {
                "title": plugin.TITLE,
                "source": plugin.SOURCE,
                "schema": plugin.Config.model_json_schema(),
                **({"info": vars(plugin.INFO)} if registry is METRICS else {}),
                **({"likelihood": plugin.Objective.likelihood} if registry is OBJECTIVES else {}),
            }
            for name, plugin in plugins.items()
        }
    return document


def page_text(page: Path, reference: str) -> str:
    """Return the text of a page with a new reference part."""
    by_hand, marker, _ = page.read_text().partition(MARKER)
    if not marker:
        sys.exit(f"{page.name} has no line {MARKER.strip()!r}")
    return f"{by_hand}{MARKER}\n{reference}"


@cache
def generated() -> dict[str, str]:
    """Return the text of every generated file, by its path in the checkout."""
    references = {"docs/cli.md": command_reference(), "docs/configuration.md": settings_reference()}
    references |= {f"docs/metrics/{family}.md": metric_reference(family) for family in get_args(Family)}
    references["docs/metrics/stress.md"] = stress_reference()
    references["docs/glossary.md"] = glossary_reference()
    pages = {path: page_text(ROOT / path, reference) for path, reference in references.items()}
    plugins = json.dumps(plugin_descriptions(), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    return {**pages, DESCRIPTIONS.relative_to(ROOT).as_posix(): plugins, TYPES: page_types()}


def main() -> None:
    """Write the files, or with ``--check`` report those that are out of date."""
    stale = []
    for path, text in generated().items():
        file = ROOT / path
        if not file.is_file() or text != file.read_text("utf-8"):
            stale.append(path)
            if "--check" not in sys.argv:
                file.write_text(text, "utf-8")
    if stale and "--check" in sys.argv:
        sys.exit(f"out of date: {', '.join(stale)}; run `make docs`")


if __name__ == "__main__":
    main()
