"""Measured figures and their table."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One figure of a benchmark.

    Parameters
    ----------
    what : str
        Quantity and size of what was measured: ``"decode over HTTP, 64 clients, PNG"``.
    value : float
    unit : str
        ``"images/s"``, ``"ms (p95)"`` ...
    baseline : str
        Baseline of the same run; empty for the baseline itself.
    ratio : float, optional
        Factor by which it is better than the baseline, above 1 in any unit.
    reach : str
        Goal: ``">= 1.3"``.
    """

    what: str
    value: float
    unit: str
    baseline: str = ""
    ratio: float | None = None
    reach: str = ""


def number(value: float) -> str:
    """Return three significant digits, thousands grouped."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def markdown(rows: Iterable[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = ["| what | measured | against | ratio | reach |", "|---|---:|---|---:|---|"]
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f} x"
        lines.append(f"| {row.what} | {number(row.value)} {row.unit} | {row.baseline} | {ratio} | {row.reach} |")
    return "\n".join(lines)
