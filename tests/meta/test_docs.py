"""The documentation knows every setting, command and plugin, and its links lead somewhere."""

import json
import re
from pathlib import Path
from typing import get_args

import pytest

from models_zoo.manifest import LatentState
from tests.meta.tree import ROOT, sources
from training.evaluation.score import Family
from training.registry import ARCHITECTURES, DATASETS, METRICS, OBJECTIVES

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)


def anchors(markdown: str) -> set[str]:
    """Anchors of the headings, as GitHub makes them, and those that the text sets."""
    text = FENCE.sub("", markdown)
    named = {re.sub(r"[^\w\- ]", "", each.lower()).strip().replace(" ", "-") for each in HEADING.findall(text)}
    return named | set(re.findall(r'<a id="([^"]+)">', text))


@pytest.mark.parametrize("document", sources(".md"), ids=str)
def test_links_between_files_lead_somewhere(document: Path):
    text = FENCE.sub("", (ROOT / document).read_text())
    broken = []
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        goal = (ROOT / document.parent / name).resolve() if name else ROOT / document
        if not goal.exists() or (anchor and goal.suffix == ".md" and anchor not in anchors(goal.read_text())):
            broken.append(target)
    assert not broken


def test_every_page_of_the_documentation_is_reached_from_the_index():
    docs = ROOT / "docs"
    reached, waiting = set(), [docs / "index.md"]
    while waiting:
        document = waiting.pop()
        if document in reached or docs not in document.parents or not document.is_file():
            continue
        reached.add(document)
        targets = (target.partition("#")[0] for target in LINK.findall(document.read_text()))
        waiting += [(document.parent / target).resolve() for target in targets if target.endswith(".md")]
    pages = [path for path in sources(".md") if path.parts[0] == "docs"]
    assert not [str(path) for path in pages if ROOT / path not in reached]


@pytest.mark.parametrize(
    ("registry", "place"),
    [(OBJECTIVES, "objectives"), (ARCHITECTURES, "architectures"), (DATASETS, "datasets"), (METRICS, "metrics")],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_plugin_is_documented(registry, place: str):
    pages = [path for path in sources(".md") if path.as_posix().startswith(f"docs/{place}")]
    text = "\n".join((ROOT / path).read_text() for path in pages)
    assert not [name for name in registry.names() if f"`{name}`" not in text], f"name them in docs/{place}*.md"


GENERATED = ("docs/cli.md", "docs/configuration.md", "training/plugins.json", "frontend/types/openapi.d.ts")
REFERENCES = [
    *(f"docs/metrics/{family}.md" for family in get_args(Family)),
    "docs/metrics/stress.md",
    "docs/glossary.md",
]


def test_every_metric_belongs_to_a_page():
    assert {METRICS.load(name).INFO.family for name in METRICS.names()} == set(get_args(Family))


@pytest.mark.parametrize("path", [*GENERATED, *REFERENCES])
def test_what_is_written_from_the_code_is_current(path: str):
    """Commands, settings of the service, plugins, metrics, and schemas of the interface: written by `make docs`."""
    from scripts.document import generated

    assert (ROOT / path).read_text("utf-8") == generated()[path], f"{path} is out of date: run `make docs`"


@pytest.mark.parametrize("kind", ["command", "setting"])
def test_every_command_option_and_setting_has_a_description(kind: str):
    from scripts.document import command_reference, settings_reference

    reference = command_reference() if kind == "command" else settings_reference()
    rows = [line for line in reference.splitlines() if line.startswith("| `")]
    assert rows
    meanings = {row: re.sub(r"Default: `.*", "", row.rsplit("|", 2)[1]).strip() for row in rows}
    assert not [row for row, meaning in meanings.items() if not meaning], "give it a help text"


def test_every_variable_that_the_code_reads_is_documented():
    text = (ROOT / "docs/configuration.md").read_text()
    read = re.compile(r"""(?:environ(?:\.get)?[\[(]|getenv\()\s*["'](AXISCOPE_\w+)""")
    code = "\n".join((ROOT / path).read_text() for path in sources(".py") if path.parts[0] != "tests")
    assert not {name for name in read.findall(code) if f"`{name}`" not in text}


def test_every_word_that_the_pages_link_is_in_the_glossary():
    terms = json.loads((ROOT / "frontend/static/glossary.json").read_text())
    linked = re.compile(r"""/glossary#([\w-]+)|\bterm(?:Mark)?\("([\w-]+)"|\bterm: "([\w-]+)\"""")
    pages = [path for path in sources(".js") + sources(".html") if path.parts[0] == "frontend"]
    words = {"".join(found) for path in pages for found in linked.findall((ROOT / path).read_text())}
    words |= {other for term in terms.values() for other in term["see"]} | set(get_args(LatentState))
    assert len(words) > 30
    assert words <= terms.keys()
