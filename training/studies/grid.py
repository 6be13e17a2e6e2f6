"""Grids of settings, of sweeps and of studies: lists of values, position by position, never the whole product."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Grid = Mapping[str, Sequence[Any]]
"""Values by setting; a dot in a name leads into nested settings."""


def size(grid: Grid) -> int:
    """Number of positions: the product of the lengths."""
    return math.prod(len(values) for values in grid.values())


def point(grid: Grid, position: int) -> dict[str, Any]:
    """Values at a position; the last name varies fastest."""
    values: dict[str, Any] = {}
    for name, choices in reversed(list(grid.items())):
        position, index = divmod(position, len(choices))
        values[name] = choices[index]
    return dict(reversed(list(values.items())))


def points(grid: Grid) -> Iterator[dict[str, Any]]:
    """Values at every position, one after the other."""
    return (point(grid, position) for position in range(size(grid)))


def place(base: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Put ``values`` into a copy of ``base``; a dot leads into nested settings."""
    spec: dict[str, Any] = json.loads(json.dumps(base))
    for name, value in values.items():
        *outer, last = name.split(".")
        inner = spec
        for part in outer:
            inner = inner.setdefault(part, {})
        inner[last] = value
    return spec
