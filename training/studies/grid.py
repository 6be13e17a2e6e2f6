"""Grids of settings, of a sweep or a study: their size, and the values at a position."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from models_zoo.json_types import JsonObject

Grid = Mapping[str, Sequence[object]]
"""Values by setting; a dot in a name leads into nested settings."""


def size(grid: Grid) -> int:
    """Return the number of positions of a grid: the product of the lengths."""
    return math.prod(len(values) for values in grid.values())


def point(grid: Grid, position: int) -> JsonObject:
    """Return the values at a position, without making the whole product; the last name varies fastest."""
    values: JsonObject = {}
    for name, choices in reversed(list(grid.items())):
        position, index = divmod(position, len(choices))
        values[name] = choices[index]
    return dict(reversed(list(values.items())))


def place(base: Mapping[str, object], values: Mapping[str, object]) -> JsonObject:
    """Put ``values`` into a copy of ``base``; a dot leads into nested settings."""
    spec: JsonObject = json.loads(json.dumps(base))
    for name, value in values.items():
        *outer, last = name.split(".")
        inner = spec
        for part in outer:
            inner = inner.setdefault(part, {})
        inner[last] = value
    return spec


def axis_values(choice: Any, count: int | None = None) -> Sequence[Any]:
    """Return the values of an axis of a definition.

    Parameters
    ----------
    choice : object
        A value, a list of values, or ``{"first": integer, "count": number}``.
    count : int, optional
        Number of values to return; where the axis has fewer it continues with its last difference, by default 1.
    """
    if isinstance(choice, dict):
        values = list(range(choice["first"], choice["first"] + choice["count"]))
    else:
        values = choice if isinstance(choice, list) else [choice]
    if count is None or count <= len(values):
        return values[:count]
    step = values[-1] - values[-2] if len(values) > 1 else 1
    return [*values, *(values[-1] + step * k for k in range(1, count - len(values) + 1))]
