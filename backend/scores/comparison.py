"""Comparison of stored figures with the same figures computed again."""

import math
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from backend.schemas.verification import Figure, FigureState, Group

TOLERANCE = 1e-6
"""Of a number x that is computed again from the same codes: a difference of at most TOLERANCE max(1, |x|)."""
MISSING = "missing"
NEEDS_IMAGES = "needs the images of the model"
LISTS = (list, tuple)
Leaf = tuple[str, object, object]


def is_number(value: object) -> bool:
    """Return whether ``value`` is a number; a truth value is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def leaves(stored: object, recomputed: object, path: str = "") -> Iterator[Leaf]:
    """Yield path, stored and recomputed value of every part of two JSON values."""
    if isinstance(stored, Mapping) and isinstance(recomputed, Mapping):
        for key in [*stored, *(key for key in recomputed if key not in stored)]:
            yield from leaves(stored.get(key, MISSING), recomputed.get(key, MISSING), f"{path}/{key}")
    elif isinstance(stored, LISTS) and isinstance(recomputed, LISTS) and len(stored) == len(recomputed):
        for index, (left, right) in enumerate(zip(stored, recomputed, strict=True)):
            yield from leaves(left, right, f"{path}/{index}")
    else:
        yield path, stored, recomputed


def compare(
    group: Group,
    name: str,
    stored: object,
    recomputed: object,
    *,
    tolerance: float = TOLERANCE,
    note: str | None = None,
) -> Figure:
    """Return the figure of a stored JSON value and the value computed again.

    Parameters
    ----------
    group, name : str
    stored, recomputed : JSON value
        Of containers, every part is compared, and the figure shows the part that differs most.
    tolerance : float
        A number ``x`` may differ by at most ``tolerance * max(1, |x|)``; 0 demands equality.
    note : str, optional
    """
    parts = list(leaves(stored, recomputed))
    if not parts:
        return Figure(group=group, name=name, stored=stored, recomputed=recomputed, state="equal", numbers=0, note=note)
    states = [_compare_leaf(leaf, tolerance) for leaf in parts]
    worst = max(range(len(parts)), key=lambda index: states[index][1])
    path, left, right = parts[worst]
    state = states[worst][0]
    is_pair = is_number(left) and is_number(right) and math.isfinite(left - right)  # type: ignore[operator]
    return Figure(
        group=group,
        name=name,
        stored=_short(left),
        recomputed=_short(right),
        state=state,
        numbers=len(parts),
        difference=abs(left - right) if is_pair else None,  # type: ignore[operator]
        tolerance=tolerance * max(1.0, abs(left)) if is_pair else None,  # type: ignore[arg-type]
        note=" at ".join(part for part in (note, path.lstrip("/")) if part) or None if state != "equal" else note,
    )


def _compare_leaf(leaf: Leaf, tolerance: float) -> tuple[FigureState, float]:
    """Return the state of one part, and its difference in units of the tolerance."""
    _, stored, recomputed = leaf
    if is_number(stored) and is_number(recomputed):
        difference = abs(stored - recomputed)  # type: ignore[operator]
        if not difference:
            return "equal", 0.0
        if not math.isfinite(difference):
            return "different", math.inf
        allowed = tolerance * max(1.0, abs(stored))  # type: ignore[arg-type]
        return ("within" if difference <= allowed else "different"), difference / allowed if allowed else math.inf
    return ("equal", 0.0) if stored == recomputed else ("different", math.inf)


def _short(value: object) -> object:
    """Return a value as a report shows it: of a long list or text the beginning."""
    if isinstance(value, str):
        return value[:200]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return f"{len(value)} fields"
    return f"{len(value)} values" if isinstance(value, LISTS) else value


def unchecked(group: Group, name: str, note: str, stored: object = None) -> Figure:
    """Return the figure of a stored value that cannot be computed again; `note` gives the reason."""
    return Figure(group=group, name=name, stored=stored, recomputed=None, state="unchecked", note=note)


def compare_arrays(
    group: Group, name: str, stored: NDArray[np.generic], recomputed: NDArray[np.generic], tolerance: float
) -> Figure:
    """Return the figure of two arrays; another shape or type is different."""
    if stored.shape != recomputed.shape or stored.dtype != recomputed.dtype:
        shapes = [f"{each.dtype} {each.shape}" for each in (stored, recomputed)]
        return compare(group, name, *shapes)
    if not stored.size:
        return compare(group, name, 0, 0, tolerance=0)
    left, right = (np.asarray(each, np.float64).ravel() for each in (stored, recomputed))
    excess = np.abs(left - right) / np.maximum(1, np.abs(left))
    worst = int(np.nan_to_num(excess, nan=np.inf).argmax())
    index = np.unravel_index(worst, stored.shape)
    found = compare(group, name, stored[index].item(), recomputed[index].item(), tolerance=tolerance)
    place = None if found.state == "equal" else f"at {', '.join(map(str, map(int, index)))}"
    return found.model_copy(update={"numbers": stored.size, "note": place})
