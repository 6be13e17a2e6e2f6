"""The pages of docs/metrics say what the code says; WRITE_DOCS=1 writes their generated parts.

A page is a hand-written introduction, a marker, and one section per metric made from its INFO and settings.
"""

import os
from pathlib import Path

import pytest

from training.registry import METRICS

DOCS = Path(__file__).parents[3] / "docs"
MARKER = "<!-- below: made from the code by tests/training/metrics/test_every_page.py -->"
FAMILIES = ("intervention", "information", "predictor", "correlation", "unsupervised", "image")


def ends(info: object) -> str:
    low, high = sorted((info.worst, info.best), key=lambda end: float("inf") if end is None else end)
    unit = f", {info.unit}" if info.unit else ""
    return f"{low:g} to {'any size' if high is None else f'{high:g}'}{unit}"


def section(name: str) -> str:
    info, config = METRICS.load(name).INFO, METRICS.load(name).Config
    rows = [
        ("Measures", info.definition),
        ("Formula", f"`{info.formula}`"),
        ("Source", info.citation),
        ("Range", ends(info)),
        ("Direction", "higher is better" if info.higher_is_better else "lower is better"),
        ("Chance", info.chance),
        ("Misses", info.misses),
        ("Modes", info.parity),
    ]
    lines = [f"## {info.title}: `{name}`", "", "| | |", "|---|---|"]
    lines += [f"| {label} | {text.replace('|', chr(92) + '|')} |" for label, text in rows]
    lines += ["", "| setting | default | meaning |", "|---|---|---|"]
    for key, field in config.model_fields.items():
        source = (field.json_schema_extra or {}).get("source", "")
        meaning = f"{field.description} ({source})" if source else field.description
        lines.append(f"| `{name}.{key}` | `{field.default!r}` | {meaning} |")
    return "\n".join(lines)


def members(family: str) -> list[str]:
    return [name for name in METRICS.names() if METRICS.load(name).INFO.family == family]


def test_every_metric_belongs_to_a_page():
    assert sorted(name for family in FAMILIES for name in members(family)) == list(METRICS.names())


@pytest.mark.parametrize("family", FAMILIES)
def test_the_page_of_a_family_says_what_the_code_says(family: str):
    path = DOCS / "metrics" / f"{family}.md"
    introduction, _, found = path.read_text().partition(MARKER)
    assert introduction.startswith("# ")
    expected = "\n\n" + "\n\n".join(section(name) for name in members(family)) + "\n"
    if os.environ.get("WRITE_DOCS") == "1":
        path.write_text(introduction + MARKER + expected)
        return
    assert found == expected, "run this test with WRITE_DOCS=1"
